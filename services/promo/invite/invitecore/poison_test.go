package invitecore

import (
	"fmt"
	"testing"
	"time"

	"meadow/services/kernel/money"
	"meadow/services/promo/invite"
)

// As many rewards as the job looks at in one run are of bonds that are gone, and
// come first.
func TestRewardsThatCannotBeDecidedStarveNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, now := t.Context(), w.Clock.Now()
	for i := range atOnce {
		r := reward{ID: fmt.Sprintf("inr_%d", i), To: "usr_amy", Invitee: "usr_gone", Stage: invite.Deciding, Amount: money.CNY(1), At: now, Due: now}
		must(t, w.rewards.Insert(ctx, r.ID, r))
	}
	good := reward{ID: "inr_good", To: "usr_amy", Invitee: "usr_ben", Stage: invite.Paid, Amount: money.CNY(5), At: now, Due: now.Add(time.Second)}
	good.post("paid", cost, good.wallet(), now)
	must(t, w.rewards.Insert(ctx, good.ID, good))
	w.Clock.Advance(2 * time.Second)
	if w.Settle(ctx) == nil {
		t.Error("the job does not say what it could not do")
	}
	w.Clock.Advance(10 * time.Second)
	must(t, w.Settle(ctx))
	if got := -w.Ledger.Balance("wallet:usr_amy"); got != 5 {
		t.Errorf("of the reward behind them %d are paid, want 5", got)
	}
}
