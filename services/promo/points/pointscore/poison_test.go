package pointscore

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/kernel/id"
)

// As many accounts as the job looks at in one run do not add up, and come first.
func TestAccountsThatDoNotAddUpStarveNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, now := t.Context(), w.Clock.Now()
	for i := range atOnce {
		a := account{User: id.User(fmt.Sprintf("usr_%d", i)), In: 1, Due: now}
		if err := w.accounts.Insert(ctx, string(a.User), a); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(time.Second)
	good := account{User: "usr_amy", In: 5, Lots: []lot{{Expiry: w.Clock.Now(), N: 5}}, Due: w.Clock.Now()}
	if err := w.accounts.Insert(ctx, string(good.User), good); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(time.Second)
	if w.Settle(ctx) == nil {
		t.Error("the job does not say what it could not do")
	}
	w.Clock.Advance(10 * time.Second)
	if err := w.Settle(ctx); err != nil {
		t.Error(err)
	}
	if a, err := w.accounts.Get(ctx, "usr_amy"); err != nil || a.Out != 5 {
		t.Errorf("of the account behind them %d have expired, %v, want 5", a.Out, err)
	}
}
