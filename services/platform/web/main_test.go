package web

import (
	"testing"

	"go.uber.org/goleak"
)

// Whoever starts a goroutine ends it. fasthttp keeps a clock for its Date
// header and workers for compressing, and the sweeper of a stopped worker pool
// sleeps once more.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}
