package fault

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestASecondShopOnAFolderSaysWhatToDo(t *testing.T) {
	w := settleIn(t, filepath.Join(t.TempDir(), "data"), 1)
	for _, args := range [][]string{
		{"-data", w.data, "-listen", "127.0.0.1:0"},
		{"move", "-from", w.data, "-to-db", "mongodb://127.0.0.1:1", "-to-blob", "s3://k:s@127.0.0.1:1/bucket"},
	} {
		out, err := command(t.Context(), args...)
		refused(t, strings.Join(args, " "), out, err, "data folder "+w.data+" is in use by another meadow; stop it")
	}
	address := strings.TrimPrefix(w.URL, "http://")
	out, err := command(t.Context(), "-data", t.TempDir(), "-listen", address)
	refused(t, "a second shop on a port", out, err, "the port is taken: stop what listens there, or choose another with -listen")
	w.trade(t, 1)
	w.books(t)
}

// reach is how long a shop may take to give up on a store, on a busy machine.
const reach = 40 * time.Second

func TestAShopSaysWhichStoreItCannotReach(t *testing.T) {
	for name, address := range map[string]string{"nobody": "127.0.0.1:1", "somebody silent": silent(t)} {
		for flag, url := range map[string]string{
			"-db": "mongodb://" + address + "/meadow", "-blob": "s3://key:secret@" + address + "/bucket?secure=false",
			"-search": "http://:key@" + address, "-bus": "nats://" + address,
		} {
			t.Run(name+" "+flag, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), reach)
				defer cancel()
				out, err := command(ctx, "-data", t.TempDir(), "-listen", "127.0.0.1:0", flag, url)
				if ctx.Err() != nil {
					t.Fatalf("it still tries after %v: %s", reach, out)
				}
				refused(t, flag, out, err, "meadow: "+flag+": cannot reach ")
				if !strings.Contains(out, "; check that it runs and the ") || strings.Contains(out, "secret@") || strings.Contains(out, ":key@") {
					t.Errorf("%s: %q", flag, out)
				}
			})
		}
	}
}

// silent is an address that takes connections and never says a word.
func silent(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	var open []net.Conn
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			open = append(open, c)
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close() // ends the loop
		<-done
		for _, c := range open {
			_ = c.Close() // nobody reads
		}
	})
	return ln.Addr().String()
}
