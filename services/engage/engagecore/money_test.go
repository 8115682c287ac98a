package engagecore_test

import (
	"strings"
	"testing"
	"time"

	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

func TestAChangedAccountIsToldToItsOwnerAndWhoChangedItOnceByLetterToo(t *testing.T) {
	t.Parallel()
	s := build(t)
	m, clerk := "mer_"+id.Secret(), person()
	owner := actor.Actor{User: id.User("usr_of_" + m)}
	now := s.clock.Now()
	e := ledger.PayoutAccountChanged.Event(now, id.Secret(), ledger.PayoutAccountData{
		Payee: ledger.Of(ledger.MerchantPayable, m), By: clerk.User, Number: "****6789", ReadyAt: now.Add(72 * time.Hour),
	})
	s.happen(t, e)
	s.happen(t, e)
	for _, who := range []actor.Actor{owner, clerk} {
		p, err := s.Notices(actor.With(t.Context(), who), engage.AskNotices{Ask: page.Ask{Limit: 50}})
		if err != nil || len(p.Items) != 1 {
			t.Fatalf("%s has %+v, %v", who.User, p.Items, err)
		}
		if n := p.Items[0]; n.Kind != engage.PayoutAccount || n.Category != engage.Safety || n.Count != 1 || n.Text != "****6789" {
			t.Errorf("%s has %+v", who.User, n)
		}
		s.mu.Lock()
		letters := 0
		for _, l := range s.letters {
			if l.User == who.User && strings.Contains(l.English.Text, "****6789") && strings.Contains(l.Chinese.Text, "****6789") {
				letters++
			}
		}
		s.mu.Unlock()
		if letters != 1 {
			t.Errorf("%s has %d letters, want 1", who.User, letters)
		}
	}
}

func TestAPayeeHearsHowTheirPayoutEnded(t *testing.T) {
	t.Parallel()
	s := build(t)
	lin := person()
	for _, state := range []ledger.PayoutState{ledger.PayoutDone, ledger.PayoutBack} {
		s.clock.Advance(time.Second)
		s.happen(t, ledger.PayoutEnded.Event(s.clock.Now(), id.Secret(), ledger.PayoutData{
			Payee: ledger.Of(ledger.CreatorPayable, string(lin.User)), By: lin.User, Amount: money.CNY(5_000), State: state,
		}))
	}
	p, err := s.Notices(actor.With(t.Context(), lin), engage.AskNotices{Ask: page.Ask{Limit: 50}})
	if err != nil || len(p.Items) != 2 {
		t.Fatalf("%+v, %v", p.Items, err)
	}
	if p.Items[0].Kind != engage.PayoutFailed || p.Items[1].Kind != engage.PayoutPaid || !strings.Contains(p.Items[1].Text, "50.00") {
		t.Errorf("%+v", p.Items)
	}
}
