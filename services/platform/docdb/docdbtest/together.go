package docdbtest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"meadow/services/platform/docdb"
)

// count runs f n times at once and returns how often it succeeded. An error
// other than the expected ones fails the test.
func count(t *testing.T, n int, f func(i int) error, expected ...error) int {
	t.Helper()
	var won atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := f(i)
			if err == nil {
				won.Add(1)
				return
			}
			for _, e := range expected {
				if errors.Is(err, e) {
					return
				}
			}
			t.Errorf("%d: %v", i, err)
		})
	}
	close(start)
	wg.Wait()
	return int(won.Load())
}

func stamped(t *testing.T, id string, rev int64, n note) bson.Raw {
	t.Helper()
	raw, err := bson.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	body, err := docdb.Stamp(id, rev, raw)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
