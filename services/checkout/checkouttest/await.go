package checkouttest

import (
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a fact may take to travel between processes.
const patience = 20 * time.Second

// eventually polls ok: what it waits for happens in other processes.
func eventually(t *testing.T, ok func() bool, why func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal(why())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}

type counter struct{ n atomic.Int64 }

func (c *counter) next() int64 { return c.n.Add(1) }
