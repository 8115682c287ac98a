package rank

import (
	"math"
	"sync/atomic"
)

// bins are the ranges of probability that calibration is counted in: bin 0 is
// from a half up, and each next one is half of the one before.
const bins = 12

// tally counts what one head said before it learned what happened.
type tally struct {
	n, happened, expected, loss atomic.Int64 // sums in millionths, but for n and happened
	bins                        [bins]struct{ n, happened, expected atomic.Int64 }
}

const million = 1e6

func (t *tally) count(p float32, happened bool) {
	bin := &t.bins[min(bins-1, max(0, int(math.Floor(-math.Log2(float64(p))))))]
	expected := int64(float64(p) * million)
	surprise := 1 - float64(p)
	if happened {
		surprise = float64(p)
		t.happened.Add(1)
		bin.happened.Add(1)
	}
	t.n.Add(1)
	t.expected.Add(expected)
	t.loss.Add(int64(-math.Log(surprise) * million))
	bin.n.Add(1)
	bin.expected.Add(expected)
}

// Calibration is how well one head knew beforehand what it then learned.
type Calibration struct {
	Action   string  `json:"action"`
	N        int64   `json:"n"`
	Expected float64 `json:"expected"` // the sum of its probabilities
	Observed int64   `json:"observed"`
	// Entropy is its loss divided by that of always saying the average rate: below
	// 1 it knows more than that.
	Entropy float64 `json:"entropy"`
	Bins    []Bin   `json:"bins"`
}

// Bin is the impressions for which a head said about the same.
type Bin struct {
	N        int64   `json:"n"`
	Expected float64 `json:"expected"`
	Observed int64   `json:"observed"`
}

// Ratio is observed over expected: 1 is calibrated, 1 also if nothing was
// expected.
func (c Calibration) Ratio() float64 {
	if c.Expected == 0 {
		return 1
	}
	return float64(c.Observed) / c.Expected
}

// Calibration reports each head since the process began.
func (h *Heads) Calibration() [Actions]Calibration {
	var out [Actions]Calibration
	for a := range Actions {
		t := &h.tally[a]
		c := Calibration{
			Action: a.String(), N: t.n.Load(), Observed: t.happened.Load(),
			Expected: float64(t.expected.Load()) / million, Entropy: 1,
		}
		if rate := float64(c.Observed) / float64(c.N); rate > 0 && rate < 1 {
			plain := -rate*math.Log(rate) - (1-rate)*math.Log(1-rate)
			c.Entropy = float64(t.loss.Load()) / million / float64(c.N) / plain
		}
		for i := range t.bins {
			b := &t.bins[i]
			if n := b.n.Load(); n > 0 {
				c.Bins = append(c.Bins, Bin{N: n, Observed: b.happened.Load(), Expected: float64(b.expected.Load()) / million})
			}
		}
		out[a] = c
	}
	return out
}
