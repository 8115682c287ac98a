package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
)

// The endpoints of a feed that only knows ids.
var (
	loadFeed      = rpc.Endpoint[feedAsk, feedPage]{Name: "loadFeed", Method: "GET", Path: "/load/feed"}
	loadFollowing = rpc.Endpoint[feedAsk, feed.PlaceList]{Name: "loadFollowing", Method: "GET", Path: "/load/following"}
)

type feedAsk struct {
	User int `query:"user" json:"-"`
	Seed int `query:"seed" json:"-"`
}

type feedPage struct {
	Items []feedItem `json:"items"`
	Next  string     `json:"next"`
}

type feedItem struct {
	Post  id.Post   `json:"post"`
	Score float64   `json:"score"`
	Hint  feed.Hint `json:"hint"`
}

const feedOut = 50 // posts on a page

// serveFeed is the process that holds the feed: it fills it, says where it is
// on a line of its output, and does what lines of its input say until they end.
func serveFeed(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return errors.New("serve-feed is for the command itself")
	}
	var size feedSize
	if err := json.Unmarshal([]byte(args[0]), &size); err != nil {
		return err
	}
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(2800 << 20)
	d := newFeedData(size, time.Now().Truncate(time.Hour))
	e := engine.New(engine.Options{MaxPosts: size.Posts + size.Posts/4, MaxViewers: size.Users + 1})
	said, err := fillFeed(ctx, e, d, args[1])
	if err != nil {
		return err
	}
	runtime.GC()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	said.Address, said.Bytes = ln.Addr().String(), e.Bytes()>>20
	server := web.New(web.Config{}, web.Deps{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: clock.System})
	mountFeed(server, e, d)
	serving, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- server.Serve(serving, ln) }() // ends with serving
	if args[2] != "" {
		f, err := os.Create(args[2])
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			stop()
			return errors.Join(err, <-done)
		}
		defer pprof.StopCPUProfile()
	}
	err = obeyFeed(e, d, said)
	stop()
	return errors.Join(err, <-done)
}

func obeyFeed(e *engine.Engine, d *feedData, said filled) error {
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(said); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		path, ok := strings.CutPrefix(lines.Text(), "snapshot ")
		if !ok {
			return errors.New("only snapshots can be asked for")
		}
		began := time.Now()
		bytes, err := writeFeed(e, path, d.end)
		if err != nil {
			return err
		}
		if err := out.Encode(map[string]any{"bytes": bytes, "seconds": time.Since(began).Seconds()}); err != nil {
			return err
		}
	}
	return nil
}

func writeFeed(e *engine.Engine, path string, now time.Time) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, _, err = e.Snapshot(w, now)
	if err = errors.Join(err, w.Flush()); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return at, errors.Join(err, f.Close())
}

// fillFeed puts in what is made up, or reads a snapshot of it.
func fillFeed(ctx context.Context, e *engine.Engine, d *feedData, snapshot string) (filled, error) {
	var said filled
	if snapshot != "" {
		f, err := os.Open(snapshot)
		if err != nil {
			return said, err
		}
		_, err = e.Restore(f)
		return said, errors.Join(err, f.Close())
	}
	for n := range d.Posts {
		e.Put(d.post(n))
	}
	fmt.Fprintf(os.Stderr, "load: %d posts\n", d.Posts)
	var spent time.Duration
	computed := processTime()
	events := make([]engine.Event, 0, 512)
	for n := 0; n < d.Events; {
		events = events[:0]
		for ; n < d.Events && len(events) < cap(events); n++ {
			events = append(events, d.event(n))
		}
		began := time.Now()
		e.Take(began, events...)
		spent += time.Since(began)
		if n%(1<<20) < 512 && n > 1<<20 {
			fmt.Fprintf(os.Stderr, "load: %d events, %.0f/s\n", n, float64(n)/spent.Seconds())
		}
		if err := ctx.Err(); err != nil {
			return said, err
		}
	}
	said.Ingest = float64(int(float64(d.Events) / max(spent.Seconds(), 1e-9)))
	said.IngestCPU = round2((processTime() - computed).Seconds() * 1e6 / float64(max(1, d.Events)))
	if d.Fit > 0 {
		began := time.Now()
		if err := e.Refit(ctx, d.end, time.Duration(d.Fit*float64(time.Second))); err != nil {
			return said, err
		}
		said.Fitted = round2(time.Since(began).Seconds())
	}
	return said, nil
}

func mountFeed(r rpc.Router, e *engine.Engine, d *feedData) {
	rpc.Mount(r, loadFollowing, func(_ context.Context, in feedAsk) (feed.PlaceList, error) {
		return feed.PlaceList{Items: e.Following(d.followees(in.User, make([]id.User, 0, d.Followees)), feed.Place{}, feedOut)}, nil
	})
	rpc.Mount(r, loadFeed, func(_ context.Context, in feedAsk) (feedPage, error) {
		user := d.userIDs[in.User%len(d.userIDs)]
		ask := engine.Ask{CandidateAsk: feed.CandidateAsk{User: user, Lang: "zh-Hans", Seed: uint64(in.Seed), N: 2 * feedOut}, Now: d.end, Brief: true}
		walk := engine.Walk{Seed: uint64(in.Seed)}
		var page feedPage
		for _, p := range e.Page(user, e.Candidates(ask), feedOut, &walk, d.end) {
			page.Items = append(page.Items, feedItem{Post: p.Post, Score: round2(p.Score), Hint: p.Hints[0]})
		}
		page.Next = walk.Encode()
		return page, nil
	})
}

// processTime is how long this process has computed.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
