package recommend

import (
	"sync"
	"testing"
)

func TestLearningGoesOnBesideRequests(t *testing.T) {
	t.Parallel()
	m := New(20) // ten more than a history below holds
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			var h []Touch
			for k := range 150 {
				next := Touch{Item: Item((k*7 + w*13) % 5000), Weight: 1}
				m.Learn(h, next)
				h = append(h, next)
				m.SetAttributes(next.Item, []uint32{uint32(k % 20), uint32(w)})
				if got := m.Recommend(h[max(0, len(h)-10):], 10, nil); len(got) != 10 {
					t.Errorf("got %d of 10", len(got))
				}
			}
		})
	}
	wg.Wait()
	if got := m.Bytes(); got < 100_000 {
		t.Errorf("%d bytes are too few for what was learned", got)
	}
}
