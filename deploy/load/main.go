// Command load sends bounded load to a shop on this machine and prints what
// came of it as one line of JSON, last.
//
//	go run ./deploy/load rush -stock 10 -buyers 200
//	go run ./deploy/load checkout -orders 400 -buyers 64
//	go run ./deploy/load hot -stock 300
//	go run ./deploy/load promo
//	go run ./deploy/load feed -users 100000 -posts 1000000 -events 20000000 -rate 800
//	go run ./deploy/load following -rate 2000
//
// Feed and following fill a feed in memory with what is made up, in a process of
// its own, and ask it over HTTP. The others need a shop: unless -url names a running
// one, they build bin/meadow and start it on a temporary folder; checkout, hot and
// promo audit its store in the end.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"meadow/deploy/shopper"
	"meadow/deploy/stores"
)

func main() {
	stores.Serve()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{""}
	}
	switch args[0] {
	case "rush":
		return runRush(ctx, args[1:])
	case "checkout":
		return runLoad(ctx, args[0], args[1:], checkoutLoad)
	case "hot":
		return runLoad(ctx, args[0], args[1:], hotLoad)
	case "promo":
		return runLoad(ctx, args[0], args[1:], promoLoad)
	case "feed", "following":
		return feedLoad(ctx, args[0], args[1:])
	case "serve-feed":
		return serveFeed(ctx, args[1:])
	}
	return errors.New("usage: load rush|checkout|hot|promo [-stock N] [-buyers N] [-orders N] [-url URL] [-data DIR] [-roles all|split], or load feed|following [-users N] [-posts N] [-events N] [-rate N] [-seconds N]")
}

func runRush(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("load rush", flag.ContinueOnError)
	stock, buyers := fs.Int("stock", 10, "units on sale"), fs.Int("buyers", 200, "people who want one each")
	at, data := fs.String("url", "", "a running shop on this machine; one is started if empty"), fs.String("data", "", "folder to keep; a temporary one if empty")
	roles := fs.String("roles", "all", "all in one process, or split: each role its own")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *buyers < 1 || *buyers > 5000 || *stock < 1 || *stock > 100_000 {
		return errors.New("rush: 1 to 5000 buyers and 1 to 100000 units")
	}
	shop, err := open(ctx, *at, *data, *roles)
	if shop != nil {
		defer shop.close()
	}
	if err != nil {
		return err
	}
	out, err := rush(ctx, shop, *stock, *buyers)
	if err != nil {
		return err
	}
	line, err := json.Marshal(out)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	return nil
}

// shop is where the load goes.
type shop struct {
	url       string
	processes []*shopper.Process
	clean     []func()
	// bin is what was started, on data or on the database at db; all are "" if
	// nothing was.
	bin, data, db string
}

func (s *shop) close() {
	for _, p := range s.processes {
		if err := p.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "load: stopping:", err)
		}
	}
	for i := len(s.clean) - 1; i >= 0; i-- {
		s.clean[i]()
	}
}

// open finds the shop at an address of this machine, or starts one.
func open(ctx context.Context, at, data, roles string) (*shop, error) {
	return openWith(ctx, at, data, roles, "")
}

// openWith is open with a program that is built already.
func openWith(ctx context.Context, at, data, roles, bin string) (*shop, error) {
	if at != "" {
		u, err := url.Parse(at)
		if err != nil || u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" && u.Hostname() != "::1" {
			return nil, errors.New("-url must be an address of this machine")
		}
		return &shop{url: at}, nil
	}
	s := &shop{}
	if data == "" {
		dir, err := os.MkdirTemp("", "meadow-load-*")
		if err != nil {
			return nil, err
		}
		data = dir
		s.clean = append(s.clean, func() { _ = os.RemoveAll(dir) })
	}
	if bin == "" {
		var err error
		if bin, err = build(ctx); err != nil {
			return s, err
		}
	}
	s.bin, s.data = bin, data
	settings := []string{"-rate-limits=false", "-max-conns-per-ip", "0", "-trusted-proxies", "127.0.0.0/8", "-log-level", "warn"}
	switch roles {
	case "all":
		p, err := shopper.Start(ctx, bin, os.Stderr, append(settings, "-data", data)...)
		if p != nil {
			s.processes, s.url = append(s.processes, p), p.URL
		}
		return s, err
	case "split":
		return s, s.split(ctx, bin, data, settings)
	}
	return nil, fmt.Errorf("-roles %q is not all or split", roles)
}

// build makes bin/meadow from the sources around.
func build(ctx context.Context) (string, error) {
	bin, err := filepath.Abs("bin/meadow")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, ".")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return bin, cmd.Run()
}
