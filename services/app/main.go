package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"syscall"
	"time"

	"meadow/frontend"
	"meadow/media"
	"meadow/media/mediavideo"
	"meadow/media/mediaworker"
	"meadow/services/app/demo"
	"meadow/services/fulfil/carrier"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/obs"
)

// Main is the command, with everything it touches passed in. A first argument
// that is not a flag names what to do instead of serving.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	command := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	err := errors.New("unknown command " + command + "; there are version, move, backup, restore and audit, and none at all to serve")
	switch command {
	case "":
		err = serve(ctx, args, stdout, stderr)
	case "version":
		_, err = fmt.Fprintln(stdout, "meadow", Version)
	case "move":
		err = move(ctx, args, stdout, stderr)
	case "backup":
		err = backup(ctx, args, stdout, stderr)
	case "restore":
		err = restore(ctx, args, stdout, stderr)
	case "audit":
		err = auditStore(ctx, args, stdout, stderr)
	case mediaworker.Command:
		os.Exit(mediaworker.Main(os.Stdin, stdout))
	case mediavideo.Command:
		os.Exit(mediavideo.Main(args))
	}
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return explained(err)
}

// serve runs the shop until ctx ends.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	cfg, show, rest, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%q is not a flag; -h lists them all", rest[0])
	}
	if show {
		return printConfig(stdout, cfg)
	}
	log, err := obs.NewLogger(stderr, cfg.LogFormat, cfg.LogLevel)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	defer ln.Close()
	tracing, err := obs.NewTracing(ctx, obs.TraceConfig{URL: cfg.Trace, Process: "meadow " + cfg.Roles})
	if err != nil {
		return err
	}
	defer func() { _ = tracing.Shutdown(context.WithoutCancel(ctx)) }()
	clk := &clock.Shifted{}
	clk.Advance(cfg.ahead())
	stores, err := openStores(ctx, cfg, clk.Now, log)
	if err != nil {
		return err
	}
	deps := Deps{Stores: stores, Now: clk.Now, Log: log, Metrics: obs.NewMetrics(), Tracing: tracing, Dist: frontend.Dist(), Develop: worker()}
	deps.Film, deps.NoFilm = mediavideo.Find(ctx, self(), mediavideo.Command)
	if deps.Film == nil {
		log.InfoContext(ctx, "no videos are taken", "missing", deps.NoFilm)
	}
	s, err := New(ctx, cfg, deps)
	if err != nil {
		return errors.Join(err, stores.Close())
	}
	if s.here(Creator) {
		if link, err := s.AccountCore.OneTimeLink(actor.AsSystem(ctx, "console")); err == nil {
			fmt.Fprintf(stdout, "operator: %s/enter?token=%s (good for 30 minutes, once)\n", cfg.PublicURL, link)
		} else {
			log.WarnContext(ctx, "no one-time link", "err", err)
		}
	}
	if cfg.Demo {
		if !s.here(Gateway) || s.MediaCore == nil || s.Sandbox == nil || s.SandboxCarrier == nil {
			return errors.Join(errors.New("-demo needs all roles in one process, -payments sandbox and -carriers sandbox"), stores.Close())
		}
		world := s.demonstration(clk)
		empty, err := demo.Empty(ctx, world)
		if err != nil {
			return errors.Join(err, stores.Close())
		}
		if empty { // nothing runs yet that a clock could confuse by going back
			clk.Advance(-demo.Past)
		}
		s.runs("demonstration", func(ctx context.Context) error { return demo.Fill(ctx, world, log) })
	}
	control, err := s.serveControl(ctx)
	if err != nil {
		return errors.Join(err, stores.Close())
	}
	fmt.Fprintf(stdout, "meadow: %s\n", cfg.PublicURL)
	log.InfoContext(ctx, "serving", "listen", ln.Addr().String(), "roles", cfg.Roles)
	err = s.Serve(ctx, ln)
	log.InfoContext(ctx, "stopped")
	return errors.Join(err, control(), stores.Close())
}

// demonstration is the shop as invented people use it, while it already serves.
func (s *System) demonstration(clk *clock.Shifted) demo.Shop {
	p := s.Promotions
	return demo.Shop{
		Account: s.Account, Creator: s.Creator, Talk: s.Talk, Catalog: s.Catalog, Checkout: s.Checkout, Sandbox: s.Sandbox,
		Fulfil: s.Fulfil, AfterSale: s.AfterSale, Ledger: s.Ledger,
		Coupons: p.Coupon, Reductions: p.FullReduction, Flashes: p.FlashSale, Teams: p.GroupBuy, Bargains: p.Bargain,
		Packets: p.RedPacket, Cashback: p.Cashback, Invite: p.Invite,
		Picture: func(ctx context.Context, owner id.User, purpose media.Purpose, r io.Reader) (id.Media, error) {
			p, err := s.MediaCore.Ingest(actor.AsSystem(ctx, "demonstration"), owner, purpose, r)
			return p.ID, err
		},
		Carrier: carriers.Name,
		Move: func(ctx context.Context, tracking string, to carrier.State) error {
			_, err := s.SandboxCarrier.Move(ctx, carriers.Move{Tracking: tracking, State: to})
			return err
		},
		Now: clk.Now, Behind: func() time.Duration { return s.cfg.ahead() - clk.By() }, Skip: clk.Advance,
	}
}

// worker decodes uploads in processes of this same program, two at a time.
func worker() mediaworker.Develop {
	return mediaworker.Spawn(self(), []string{mediaworker.Command}, 2)
}

// self is this program.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// printConfig writes every setting in force as a line of the file, without what
// proves who we are.
func printConfig(w io.Writer, cfg Config) error {
	v := reflect.ValueOf(cfg)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		value := fmt.Sprint(v.Field(i).Interface())
		switch secret := f.Tag.Get("secret"); {
		case value == "":
		case secret == "url":
			value = masked(value)
		case secret == "all":
			value = "xxxxx"
		}
		if f.Type.Kind() == reflect.String {
			value = fmt.Sprintf("%q", value)
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", f.Tag.Get("koanf"), value); err != nil {
			return err
		}
	}
	return nil
}

// explained adds what to do to errors of the machine that say only what is
// wrong.
func explained(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk is full: free some space, or move -data to a larger one; what was answered as done is kept: %w", err)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("the port is taken: stop what listens there, or choose another with -listen: %w", err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("not permitted: check who owns the folder, or choose another: %w", err)
	}
	return err
}
