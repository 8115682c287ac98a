// Command meadow runs the shop: all of it, or the roles named by -roles.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"meadow/services/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := app.Main(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "meadow:", err)
		os.Exit(1)
	}
}
