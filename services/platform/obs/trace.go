package obs

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"meadow/services/kernel/errs"
)

// TraceConfig says where traces go.
type TraceConfig struct {
	// URL of a collector that takes OTLP over HTTP, such as
	// http://collector:4318; none turns tracing off. Without a path it is
	// /v1/traces.
	URL string
	// Process is what this process is called in a trace, "meadow" if empty.
	Process string
	// Percent of the traces that begin here are kept, 100 if 0. A trace that
	// began elsewhere is kept if it was kept there.
	Percent float64
}

// Tracing begins spans and carries them between processes. A nil Tracing is
// off.
type Tracing struct {
	tracer   trace.Tracer
	carry    propagation.TraceContext
	shutdown func(context.Context) error
}

// NewTracing returns tracing as configured. The collector need not answer now;
// spans it does not take are dropped. Call Shutdown.
func NewTracing(ctx context.Context, c TraceConfig) (*Tracing, error) {
	if c.URL == "" {
		return &Tracing{tracer: noop.NewTracerProvider().Tracer("")}, nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("obs: the trace URL is not of the form http://collector:4318")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, fmt.Errorf("obs: traces: %w", err)
	}
	if c.Process == "" {
		c.Process = "meadow"
	}
	if c.Percent == 0 {
		c.Percent = 100
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", c.Process))),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(c.Percent/100))),
	)
	return &Tracing{tracer: provider.Tracer("meadow"), shutdown: provider.Shutdown}, nil
}

// Start begins a span. end ends it, with the error of what it spans. A name is
// an operation, never an id.
func (t *Tracing) Start(ctx context.Context, name string) (_ context.Context, end func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			// The reason only: an error's text may hold what a trace must not.
			span.SetStatus(codes.Error, errs.Public(err).Reason)
		}
		span.End()
	}
}

// Inject writes the span of ctx into the headers of a call.
func (t *Tracing) Inject(ctx context.Context, h http.Header) {
	if t != nil {
		t.carry.Inject(ctx, propagation.HeaderCarrier(h))
	}
}

// Extract returns ctx with the span that the headers of a call carry. Use it
// only for callers that are processes of ours.
func (t *Tracing) Extract(ctx context.Context, h http.Header) context.Context {
	if t == nil {
		return ctx
	}
	return t.carry.Extract(ctx, propagation.HeaderCarrier(h))
}

// Shutdown sends what is left and ends tracing.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if t == nil || t.shutdown == nil {
		return nil
	}
	if err := t.shutdown(ctx); err != nil {
		return fmt.Errorf("obs: traces: %w", err)
	}
	return nil
}
