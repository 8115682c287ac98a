package ledgercore

import (
	"testing"
	"time"

	"meadow/services/aftersale"
	"meadow/services/kernel/id"
)

// matterOf is an after-sale of a deal's line that has taken these steps.
func (d deal) matterOf(a id.AfterSale, steps ...aftersale.State) aftersale.MovedData {
	out := aftersale.MovedData{AfterSale: aftersale.AfterSale{
		ID: a, Order: d.order.Order, Units: []aftersale.Units{{Line: 0, N: 1}}, State: steps[len(steps)-1],
	}}
	for _, s := range steps {
		out.Log = append(out.Log, aftersale.Step{What: s})
	}
	return out
}

func TestALineThatIsAskedBackSettlesOnceThatIsDecided(t *testing.T) {
	t.Parallel()
	asked := []aftersale.State{aftersale.Asked}
	disputed := []aftersale.State{aftersale.Asked, aftersale.Refused, aftersale.Disputed}
	closed := append(disputed[:3:3], aftersale.Closed)
	for name, x := range map[string]struct {
		before bool // it is heard of before the order is
		heard  [][]aftersale.State
	}{
		"in order":  {false, [][]aftersale.State{asked, disputed}},
		"doubled":   {false, [][]aftersale.State{asked, asked, disputed, disputed}},
		"late":      {false, [][]aftersale.State{disputed, asked}},
		"before it": {true, [][]aftersale.State{asked}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d := newWorld(t), newDeal()
			tell := func() {
				for _, steps := range x.heard {
					must(t, w.moved(t.Context(), d.matterOf("afs_1", steps...)))
				}
			}
			if x.before {
				tell()
			}
			must(t, w.paid(t.Context(), d.order))
			if !x.before {
				tell()
			}
			must(t, w.received(t.Context(), d.receipt()))
			w.clock.Advance(40 * 24 * time.Hour)
			must(t, w.settleDue(t.Context()))
			if got := w.balance(t, shop(t, d.merchant), "merchant"); got.Earned.Amount != 0 || got.Held.Amount == 0 {
				t.Errorf("while it is open the shop has %+v", got)
			}
			must(t, w.moved(t.Context(), d.matterOf("afs_2", closed...))) // of another one
			if got := w.balance(t, shop(t, d.merchant), "merchant"); got.Earned.Amount != 0 {
				t.Errorf("while another is closed the shop has %+v", got)
			}
			for range 2 {
				must(t, w.moved(t.Context(), d.matterOf("afs_1", closed...)))
			}
			must(t, w.moved(t.Context(), d.matterOf("afs_1", disputed...))) // late
			if got := w.balance(t, shop(t, d.merchant), "merchant"); got.Earned.Amount != 8_800 || got.Held.Amount != 0 {
				t.Errorf("once it is closed the shop has %+v", got)
			}
			w.zero(t)
		})
	}
}

func TestALineThatIsNotAskedBackSettlesInTime(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t), newDeal()
	d.order.Lines = append(d.order.Lines, d.order.Lines[0])
	d.order.Total.Amount *= 2
	must(t, w.paid(t.Context(), d.order))
	must(t, w.moved(t.Context(), d.matterOf("afs_1", aftersale.Asked)))
	receipt := d.receipt()
	receipt.Lines = []int{0, 1}
	must(t, w.received(t.Context(), receipt))
	w.clock.Advance(16 * 24 * time.Hour)
	must(t, w.settleDue(t.Context()))
	if got := w.balance(t, shop(t, d.merchant), "merchant"); got.Earned.Amount != 8_800 || got.Held.Amount != 8_800 {
		t.Errorf("the shop has %+v", got)
	}
	w.zero(t)
}
