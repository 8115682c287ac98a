package fulfilcore

import (
	"context"
	"errors"
	"testing"
	"time"

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
	w := open(t, func(d docdb.Driver) docdb.Driver { return stuck{d, "inb_0"} })
	ctx, now := t.Context(), w.Clock.Now()
	for _, name := range []string{"inb_0", "inb_1"} {
		if err := w.core.inbox.Insert(ctx, name, message{ID: name, From: "none", Due: now, ForgetAt: now.Add(rememberFor)}); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(time.Second)
	if err := w.core.actOnDue(ctx); !errors.Is(err, errKilled) {
		t.Errorf("err = %v, want what stopped the first", err)
	}
	if m, err := w.core.inbox.Get(ctx, "inb_1"); err != nil || m.Tries != 1 {
		t.Errorf("the one behind it was tried %d times, %v, want once", m.Tries, err)
	}
}
