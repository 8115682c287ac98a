// Package obs lets whoever runs the shop see what it does: a log that keeps
// secrets, metrics in a registry of their own, and traces if a collector is
// named.
package obs

import (
	"context"
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"go.opentelemetry.io/otel/trace"

	"meadow/services/kernel/actor"
)

// NewLogger returns a logger that writes to w in format "text" or "json", from
// level "debug", "info", "warn" or "error" on. It adds the request, who is
// asking and the trace from the context, and writes neither an attribute whose
// key names something secret or personal, nor the inside of a record.
func NewLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("obs: log level %q is none of debug, info, warn, error", level)
	}
	o := &slog.HandlerOptions{Level: l, ReplaceAttr: discreet}
	switch format {
	case "text":
		return slog.New(contextual{slog.NewTextHandler(w, o)}), nil
	case "json":
		return slog.New(contextual{slog.NewJSONHandler(w, o)}), nil
	}
	return nil, fmt.Errorf("obs: log format %q is neither text nor json", format)
}

// contextual adds what the context knows.
type contextual struct{ slog.Handler }

func (c contextual) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	if request := actor.Request(ctx); request != "" {
		r.AddAttrs(slog.String("request", request))
	}
	switch a := actor.From(ctx); {
	case a.System != "":
		r.AddAttrs(slog.String("actor", "system"), slog.String("system", a.System))
	case a.User != "":
		r.AddAttrs(slog.String("actor", "user"))
	}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		r.AddAttrs(slog.String("trace", span.TraceID().String()))
	}
	return c.Handler.Handle(ctx, r)
}

func (c contextual) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextual{c.Handler.WithAttrs(attrs)}
}

func (c contextual) WithGroup(name string) slog.Handler {
	return contextual{c.Handler.WithGroup(name)}
}

// secret reports whether a word of a key names what a log must not hold. An
// "addr" is a network address and may be logged; an "address" is where somebody
// lives.
func secret(word string) bool {
	switch word {
	case "password", "passwd", "passphrase", "pwd", "secret", "token", "otp",
		"authorization", "bearer", "cookie", "credential", "apikey", "signature",
		"phone", "mobile", "telephone", "email", "mail", "address", "street", "postcode",
		"birthday", "idcard", "passport", "iban", "cvv":
		return true
	}
	return false
}

// secretOf is secret for a word in singular or plural.
func secretOf(word string) bool {
	return secret(word) || secret(strings.TrimSuffix(word, "s")) || secret(strings.TrimSuffix(word, "es"))
}

// discreet masks attributes by their key, and records by their kind.
func discreet(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		switch a.Key {
		case slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey:
			return a
		}
	}
	parts := words(a.Key)
	if slices.ContainsFunc(parts, secretOf) || secretOf(strings.Join(parts, "")) { // also api_key
		return slog.String(a.Key, "[masked]")
	}
	if a.Value.Kind() == slog.KindAny {
		a.Value = shallow(a.Value)
	}
	return a
}

// words splits a key at anything that is no letter or digit, and where camel
// case rises.
func words(key string) []string {
	var b strings.Builder
	lower := false
	for _, c := range key {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			c = ' '
		case unicode.IsUpper(c) && lower:
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(c)
		b.WriteRune(unicode.ToLower(c))
	}
	return strings.Fields(b.String())
}

// shallow keeps values that say for themselves how they are written, and plain
// ones; of others it gives the type only, because a record may hold anything.
func shallow(v slog.Value) slog.Value {
	switch x := v.Any().(type) {
	case nil, error, fmt.Stringer, encoding.TextMarshaler:
		return v
	case []byte:
		return slog.StringValue(fmt.Sprintf("[%d bytes]", len(x)))
	}
	t := reflect.TypeOf(v.Any())
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return slog.StringValue(fmt.Sprintf("[%T]", v.Any()))
	}
	return v
}
