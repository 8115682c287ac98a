package redpacketcore

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/promo/redpacket"
	"meadow/services/promo/redpacket/redpackettest"
)

// As many cells as the job looks at in one run are of packets that are gone, and
// come first.
func TestCellsThatCannotBeSettledStarveNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	for i := range atOnce {
		x := cell{ID: fmt.Sprintf("gone.%d", i), Packet: "gone", Slots: map[string]taken{}, Users: map[string]string{}, Due: w.Clock.Now()}
		if err := w.cells.Insert(ctx, x.ID, x); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(time.Second)
	p := w.made(t, redpackettest.Ask(100, 2))
	who, as := person(t)
	if _, err := w.Grab(as, redpacket.Grab{ID: p.ID}); err != nil {
		t.Fatal(err)
	}
	// Its record is lost, and the cell still knows.
	if err := w.shares.Delete(ctx, shareID(p.ID, who)); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(2 * grace)
	if w.Settle(ctx) == nil {
		t.Error("the job does not say what it could not do")
	}
	w.Clock.Advance(10 * time.Second)
	if err := w.Settle(ctx); err != nil {
		t.Error(err)
	}
	if s, err := w.shares.Get(ctx, shareID(p.ID, who)); err != nil || s.At.IsZero() {
		t.Errorf("the share behind them is not on record: %v", err)
	}
}
