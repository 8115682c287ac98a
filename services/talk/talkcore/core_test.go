package talkcore_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
	"meadow/services/talk"
	"meadow/services/talk/talkcore"
	"meadow/services/talk/talktest"
)

var quiet = slog.New(slog.DiscardHandler)

// town is comments with neighbours, on a clock that the test moves.
type town struct {
	*talkcore.Core
	*talktest.Neighbours
	clock *clock.Fake
	db    *pebbledoc.DB
	bus   bus.Bus
}

// still returns a town on a disk in memory in which nothing can run: the test
// sweeps.
func still(t testing.TB) *town {
	t.Helper()
	return on(t, "db", vfs.NewMem())
}

func on(t testing.TB, dir string, disk vfs.FS) *town {
	t.Helper()
	tn := &town{clock: clock.NewFake(time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC))}
	tn.Neighbours = talktest.NewNeighbours(tn.clock.Now)
	var err error
	if tn.db, err = pebbledoc.Open(context.Background(), dir, pebbledoc.Options{Now: tn.clock.Now, FS: disk}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tn.db.Close(); err != nil {
			t.Error(err)
		}
	})
	tn.Core = tn.core(t, nil)
	return tn
}

// build returns a town with a bus.
func build(t testing.TB) *town {
	t.Helper()
	tn := still(t)
	embedded, err := bus.Embedded(context.Background(), t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	tn.bus = embedded
	t.Cleanup(func() {
		if err := embedded.Close(); err != nil {
			t.Error(err)
		}
	})
	tn.Core = tn.core(t, nil)
	return tn
}

// core is another process of the town, which writes through wrap if that is not
// nil.
func (tn *town) core(t testing.TB, wrap func(docdb.Driver) docdb.Driver) *talkcore.Core {
	t.Helper()
	var db docdb.Driver = tn.db
	if wrap != nil {
		db = wrap(db)
	}
	c, err := talkcore.New(t.Context(), talkcore.Deps{
		DB: db, Bus: tn.bus, Now: tn.clock.Now, Log: quiet,
		Creator: tn.Creator(), Moderation: tn.Moderation(), Media: tn.Media(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a core until the test ends.
func run(t *testing.T, c interface{ Run(context.Context) error }) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); work.Wait() })
}

func (tn *town) shop() talktest.Shop {
	return talktest.Shop{
		Talk:   tn.Core,
		User:   func(_ *testing.T, name string) actor.Actor { return tn.AddUser(name) },
		Old:    func(*testing.T) actor.Actor { return tn.AddUser("Fan") },
		Post:   func(_ *testing.T, author actor.Actor) id.Post { return tn.AddPost(author.User) },
		Remove: func(_ *testing.T, _ actor.Actor, p id.Post) { tn.RemovePost(p) },
		Picture: func(_ *testing.T, owner actor.Actor) id.Media {
			return tn.AddPicture(owner.User, media.ForComment)
		},
		Follow: func(_ *testing.T, who, whom actor.Actor) { tn.Neighbours.Follow(who.User, whom.User) },
		Block:  func(_ *testing.T, who, whom actor.Actor) { tn.Block(who.User, whom.User) },
		Mute:   func(_ *testing.T, who, whom actor.Actor) { tn.Mute(who.User, whom.User) },
		Hire:   func(_ *testing.T, account, who actor.Actor) { tn.Hire(account.User, who.User, creator.Editor) },
		Pass:   func() { tn.clock.Advance(time.Millisecond) },
	}
}

func TestCommentsKeepTheirContract(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.Core)
	talktest.Run(t, tn.shop())
}

func TestCommentsKeepTheirContractOverTheWire(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.Core)
	s := tn.shop()
	s.Talk = talk.Client{Peer: peer(t, tn, func(r rpc.Router) { talk.Mount(r, tn.Core) })}
	talktest.Run(t, s)
}

// peer serves what mount mounts to another process, which this one then plays.
func peer(t *testing.T, tn *town, mount func(rpc.Router)) *rpc.Peer {
	t.Helper()
	signer := rpc.Signer{Key: make([]byte, 32), Now: tn.clock.Now}
	server := web.New(web.Default(), web.Deps{Log: quiet, Now: tn.clock.Now, Signer: &signer})
	mount(server)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var work sync.WaitGroup
	work.Go(func() {
		if err := server.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() { client.CloseIdleConnections(); stop(); work.Wait() })
	return &rpc.Peer{URL: "http://" + ln.Addr().String(), HTTP: client, Signer: signer}
}

func as(t testing.TB, a actor.Actor) context.Context { return actor.With(t.Context(), a) }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (tn *town) say(t testing.TB, who actor.Actor, p id.Post, parent id.Comment, body string) talk.Comment {
	t.Helper()
	return must(tn.Say(as(t, who), talk.Say{ID: p, Parent: parent, Body: body, RequestID: id.Secret()}))(t)
}

func (tn *town) list(t testing.TB, who actor.Actor, in talk.Comments) []talk.Comment {
	t.Helper()
	return must(tn.Comments(as(t, who), in))(t).Items
}
