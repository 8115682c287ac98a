package obs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Go runs f in a goroutine. A panic in it is logged and ends f only; so is an
// error, unless ctx has ended. The caller waits for done.
func Go(ctx context.Context, log *slog.Logger, name string, f func(context.Context) error) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil {
				log.ErrorContext(ctx, "goroutine panicked", "name", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		if err := f(ctx); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "goroutine ended", "name", name, "err", err)
		}
	}()
	return ended
}
