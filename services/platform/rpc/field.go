package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"meadow/services/kernel/errs"
)

// place is where a field of an input travels.
type place string

const (
	inBody   place = "body"
	inPath   place = "path"
	inQuery  place = "query"
	inHeader place = "header"
)

// field is one field of an input struct.
type field struct {
	name  string // on the wire
	place place
	index []int // for reflect.Value.FieldByIndex
	typ   reflect.Type
	limit limit
}

// limit bounds a value: a string's characters, a slice's items, an integer.
type limit struct {
	min, max       int64
	hasMin, hasMax bool
	enum           []string
}

type fields []field

func (fs fields) hasBody() bool {
	return slices.ContainsFunc(fs, func(f field) bool { return f.place == inBody })
}

// fieldsOf lists the fields of an input, those of embedded structs included.
// An input that cannot travel is a bug in its contract, and panics at start.
func fieldsOf(t reflect.Type) fields {
	var fs fields
	for _, sf := range reflect.VisibleFields(t) {
		if !sf.IsExported() || sf.Anonymous && sf.Type.Kind() == reflect.Struct {
			continue
		}
		f := field{index: sf.Index, typ: sf.Type, limit: limitOf(sf)}
		for _, p := range []place{inPath, inQuery, inHeader} {
			if name := sf.Tag.Get(string(p)); name != "" {
				f.name, f.place = name, p
			}
		}
		if f.place == "" {
			name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			if name == "" {
				panic(fmt.Sprintf("rpc: %s.%s says nowhere how it travels", t, sf.Name))
			}
			f.name, f.place = name, inBody
		} else if k := sf.Type.Kind(); k != reflect.String && k != reflect.Int && k != reflect.Int64 && k != reflect.Bool {
			panic(fmt.Sprintf("rpc: %s.%s cannot travel in a %s", t, sf.Name, f.place))
		}
		fs = append(fs, f)
	}
	return fs
}

func limitOf(sf reflect.StructField) limit {
	var l limit
	l.min, l.hasMin = bound(sf, "min")
	l.max, l.hasMax = bound(sf, "max")
	if e := sf.Tag.Get("enum"); e != "" {
		l.enum = strings.Split(e, ",")
	}
	return l
}

func bound(sf reflect.StructField, tag string) (int64, bool) {
	s, ok := sf.Tag.Lookup(tag)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("rpc: %s has a bad %s: %v", sf.Name, tag, err))
	}
	return n, true
}

// decode fills in from x.
func (fs fields) decode(x Exchange, r Route, in reflect.Value) error {
	if fs.hasBody() {
		if err := decodeBody(x, in); err != nil {
			return err
		}
	}
	for _, f := range fs {
		if f.place == inBody {
			continue
		}
		in.FieldByIndex(f.index).SetZero() // a body has no say in it
		var text string
		switch f.place {
		case inPath:
			text = x.Param(f.name)
		case inQuery:
			text, _ = x.Query(f.name)
		case inHeader:
			text = x.Header(f.name)
			if r.Idempotent && f.name == IdempotencyHeader && !goodKey(text) {
				return ErrNoKey
			}
		}
		if text == "" {
			continue
		}
		if err := setText(in.FieldByIndex(f.index), text); err != nil {
			return errs.ErrInvalid.With(f.name, err.Error())
		}
	}
	return check(in, "")
}

func decodeBody(x Exchange, in reflect.Value) error {
	body, err := x.Body()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil // limits say what is missing
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(in.Addr().Interface()); err != nil {
		return badJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errs.ErrInvalid.With("body", "must hold one JSON value")
	}
	return nil
}

// badJSON says where a body is wrong, in words that do not repeat it.
func badJSON(err error) error {
	if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		name := te.Field
		if name == "" {
			name = "body"
		}
		return errs.ErrInvalid.With(name, "must be "+kindName(te.Type)).Because(err)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return errs.ErrInvalid.With(strings.Trim(name, `"`), "is not a field of this request").Because(err)
	}
	return errs.ErrInvalid.With("body", "must be valid JSON").Because(err)
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	}
	return "an object"
}

func setText(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("must be true or false")
		}
		v.SetBool(b)
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v.OverflowInt(n) {
			return errors.New("must be a whole number")
		}
		v.SetInt(n)
	}
	return nil
}

// check enforces the limits of v's fields, nested ones included, and that all
// text is printable UTF-8.
func check(v reflect.Value, at string) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return check(v.Elem(), at)
		}
	case reflect.Slice:
		if flat(v.Type().Elem().Kind()) {
			return nil
		}
		for i := range v.Len() {
			if err := check(v.Index(i), fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := checkText(it.Key().String(), at); err != nil {
				return err
			}
			if err := check(it.Value(), at); err != nil {
				return err
			}
		}
	case reflect.String:
		return checkText(v.String(), at)
	case reflect.Struct:
		return checkStruct(v, at)
	}
	return nil
}

// flat reports whether values of a kind hold no text and no limits.
func flat(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Complex128
}

func checkStruct(v reflect.Value, at string) error {
	t := v.Type()
	for i := range t.NumField() {
		sf := t.Field(i)
		if !sf.IsExported() {
			continue
		}
		name := wireName(sf)
		if at != "" && name != "" {
			name = at + "." + name
		} else if name == "" {
			name = at
		}
		if err := limitOf(sf).check(v.Field(i), name); err != nil {
			return err
		}
		if err := check(v.Field(i), name); err != nil {
			return err
		}
	}
	return nil
}

func wireName(sf reflect.StructField) string {
	for _, tag := range []string{"path", "query", "header"} {
		if n := sf.Tag.Get(tag); n != "" {
			return n
		}
	}
	n, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	return n
}

func checkText(s, at string) error {
	if !utf8.ValidString(s) {
		return errs.ErrInvalid.With(at, "must be valid UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return errs.ErrInvalid.With(at, "must not hold control characters")
		}
	}
	return nil
}

func (l limit) check(v reflect.Value, name string) error {
	var n int64
	unit := ""
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		n, unit = int64(utf8.RuneCountInString(v.String())), " characters"
		if n > 0 && len(l.enum) > 0 && !slices.Contains(l.enum, v.String()) {
			return errs.ErrInvalid.With(name, "must be one of "+strings.Join(l.enum, ", "))
		}
	case reflect.Slice, reflect.Map:
		n, unit = int64(v.Len()), " items"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n = v.Int()
	default:
		return nil
	}
	switch {
	case l.hasMin && n < l.min && n == 0 && l.min == 1 && unit != "":
		return errs.ErrInvalid.With(name, "is required")
	case l.hasMin && n < l.min:
		return errs.ErrInvalid.With(name, fmt.Sprintf("must be at least %d%s", l.min, unit))
	case l.hasMax && n > l.max:
		return errs.ErrInvalid.With(name, fmt.Sprintf("must be at most %d%s", l.max, unit))
	}
	return nil
}

// goodKey reports whether s can name a request.
func goodKey(s string) bool {
	if len(s) < 8 || len(s) > 128 {
		return false
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// encode turns an input into the parts of a request.
func (fs fields) encode(r Route, in reflect.Value) (path string, header http.Header, body []byte, err error) {
	parts, query, header := strings.Split(r.Path, "/"), url.Values{}, http.Header{}
	for _, f := range fs {
		if f.place == inBody {
			continue
		}
		text := fmt.Sprint(in.FieldByIndex(f.index).Interface())
		switch f.place {
		case inPath:
			if text == "" || text == "." || text == ".." {
				return "", nil, nil, errs.ErrInvalid.With(f.name, "is required")
			}
			if i := slices.Index(parts, ":"+f.name); i >= 0 {
				parts[i] = url.PathEscape(text)
			}
		case inQuery:
			if !in.FieldByIndex(f.index).IsZero() {
				query.Set(f.name, text)
			}
		case inHeader:
			if text != "" {
				header.Set(f.name, text)
			}
		}
	}
	path = strings.Join(parts, "/")
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if fs.hasBody() {
		if body, err = json.Marshal(in.Interface()); err != nil {
			return "", nil, nil, fmt.Errorf("rpc: encode %s: %w", in.Type(), err)
		}
	}
	return path, header, body, nil
}
