package checkoutcore

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/services/checkout/pay"
	"meadow/services/platform/docdb"
)

// stuck is a driver that cannot change one document.
type stuck struct {
	docdb.Driver
	id string
}

func (d stuck) Replace(ctx context.Context, coll string, rev int64, doc docdb.Doc) error {
	if doc.ID == d.id {
		return errKilled
	}
	return d.Driver.Replace(ctx, coll, rev, doc)
}

func TestAMessageThatCannotBeNotedStopsNoOther(t *testing.T) {
	t.Parallel()
	x := newTill(t, func(d docdb.Driver) docdb.Driver { return stuck{d, "inb_0"} })
	ctx := t.Context()
	for _, name := range []string{"inb_0", "inb_1"} {
		m := message{ID: name, From: "bank", Fact: pay.Fact{Payment: "pay_none", Outcome: pay.Succeeded}, Due: x.clock.Now(), ForgetAt: x.clock.Now().Add(rememberFor)}
		must(t, x.inbox.Insert(ctx, m.ID, m))
	}
	x.clock.Advance(time.Second)
	if err := x.actOnDue(ctx); !errors.Is(err, errKilled) {
		t.Errorf("err = %v, want what stopped the first", err)
	}
	if m, err := x.inbox.Get(ctx, "inb_1"); err != nil || m.Tries != 1 {
		t.Errorf("the one behind it was tried %d times, %v, want once", m.Tries, err)
	}
}
