package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
)

// odd is a movement that both sides do not see alike.
type odd struct {
	ledger.Difference `bson:",inline"`
	OpenAt            time.Time `bson:"open_at,omitempty"` // absent once it is closed
}

// backDays is how many days are compared that nobody has compared yet.
const backDays = 31

// movement is what one side sees of a reference.
type movement struct {
	amount money.Money
	order  id.Order
}

// reconcileDue compares each provider's statement with our entries, for every
// day that is over and was not compared yet.
func (c *Core) reconcileDue(ctx context.Context) error {
	var failed error
	for _, p := range c.Providers {
		failed = errors.Join(failed, c.reconcileOf(ctx, p))
	}
	return failed
}

// reconcileOf compares the days of one provider. A day whose statement cannot be
// had is tried again as long as it is remembered; it does not stand in the way of
// others.
func (c *Core) reconcileOf(ctx context.Context, p pay.Provider) error {
	today := c.Now().UTC().Truncate(24 * time.Hour)
	oldest, yesterday := today.AddDate(0, 0, -backDays), today.AddDate(0, 0, -1)
	last, err := c.days.Find(ctx, docdb.Query{Index: "provider", Equal: []any{p.Name()}, Descending: true, Limit: backDays + 1})
	if err != nil {
		return err
	}
	done, from := map[string]bool{}, yesterday
	for _, d := range last.Items {
		day, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			return fmt.Errorf("reconcile: %w", err)
		}
		if done[d.Day] = true; day.Before(from) {
			from = day
		}
	}
	if from.Before(oldest) {
		from = oldest
	}
	open, err := c.open(ctx, p.Name())
	if err != nil {
		return err
	}
	var failed error
	for ; from.Before(today); from = from.AddDate(0, 0, 1) {
		name := from.Format(time.DateOnly)
		// What was told late may have closed what was open; a day is looked at again
		// as long as something of it is.
		if done[name] && !slices.Contains(slices.Collect(maps.Values(open)), name) {
			continue
		}
		err := c.reconcile(ctx, p, from, open)
		if errors.Is(err, pay.ErrNotYet) {
			break // nor are those after it
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("reconcile %s of %s: %w", p.Name(), name, err))
		}
	}
	return failed
}

// reconcile compares one day. It may run again: what it writes follows from the
// day.
func (c *Core) reconcile(ctx context.Context, p pay.Provider, day time.Time, open map[string]string) error {
	statement, err := p.Statement(ctx, day)
	if err != nil {
		return err
	}
	theirs := map[string]movement{}
	for _, m := range statement {
		if err := c.keepFee(ctx, p.Name(), m); err != nil {
			return err
		}
		if err := gather(theirs, refOf(m), movement{amount: m.Amount}); err != nil {
			return err
		}
	}
	ours, n, err := c.ours(ctx, p.Name(), day)
	if err != nil {
		return err
	}
	report := ledger.Day{
		ID: p.Name() + ":" + day.Format(time.DateOnly), Provider: p.Name(), Day: day.Format(time.DateOnly),
		Movements: int64(len(statement)), Entries: n, At: c.Now(),
	}
	keys := maps.Clone(theirs)
	maps.Copy(keys, ours)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if _, wasOpen := open[key]; ours[key].amount == theirs[key].amount && !wasOpen {
			continue
		}
		odd, err := c.differ(ctx, p.Name(), day, key, ours[key], theirs[key])
		if err != nil {
			return err
		}
		if odd {
			report.Differences++
		}
	}
	_, err = c.days.Upsert(ctx, report.ID, func(d *ledger.Day) error { *d = report; return nil })
	if err == nil && report.Differences > 0 {
		c.Log.ErrorContext(ctx, "a provider's statement differs from the ledger", "provider", p.Name(), "day", report.Day, "differences", report.Differences)
	}
	return err
}

// open returns the differences of a provider that nobody has explained: the day
// of each, by reference.
func (c *Core) open(ctx context.Context, provider string) (map[string]string, error) {
	out := map[string]string{}
	for q := (docdb.Query{Index: "open", Limit: 1000}); ; {
		found, err := c.odds.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, o := range found.Items {
			if o.Provider == provider {
				out[o.Ref] = o.Day
			}
		}
		if q.After = found.Next; found.Next == "" {
			return out, nil
		}
	}
}

// refOf is what a movement is known by. A whole payment that goes back may have
// no reference but the payment's.
func refOf(m pay.Movement) string {
	if m.Amount.Amount < 0 && (m.Ref == string(m.Payment) || m.Ref == "") {
		return wholeRefund(m.Payment)
	}
	return m.Ref
}

// gather adds a movement under its reference.
func gather(into map[string]movement, ref string, m movement) error {
	sum, err := into[ref].amount.Add(m.amount)
	if err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	into[ref] = movement{amount: sum, order: m.order}
	return nil
}

// ours is what the day's entries say about a provider. Payouts and fees are not
// of its statement.
func (c *Core) ours(ctx context.Context, provider string, day time.Time) (map[string]movement, int64, error) {
	out, n := map[string]movement{}, int64(0)
	q := docdb.Query{
		Index: "account", Equal: []any{string(ledger.Of(ledger.PSPReceivable, provider))},
		From: day, Before: day.AddDate(0, 0, 1), Limit: 1000,
	}
	for {
		found, err := c.lines.Find(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		for _, l := range found.Items {
			if l.Kind == ledger.PayoutPaid || l.Kind == ledger.ProviderFee {
				continue
			}
			n++
			if err := gather(out, l.Ref, movement{l.Amount, l.Order}); err != nil {
				return nil, 0, err
			}
		}
		if found.Next == "" {
			return out, n, nil
		}
		q.After = found.Next
	}
}

// keepFee posts what a provider kept of a movement, once, or gave back (below zero).
func (c *Core) keepFee(ctx context.Context, provider string, m pay.Movement) error {
	if m.Fee.IsZero() {
		return nil
	}
	direction := "in"
	if m.Amount.Amount < 0 {
		direction = "out"
	}
	_, err := c.Post(ctx, ledger.Entry{
		ID: entryID(ledger.ProviderFee, provider, m.Ref, direction), Kind: ledger.ProviderFee, Ref: m.Ref, At: m.At,
		Postings: []ledger.Posting{
			{Account: ledger.Of(ledger.PSPCost, ledger.Platform), Amount: m.Fee},
			{Account: ledger.Of(ledger.PSPReceivable, provider), Amount: m.Fee.Neg()},
		},
	})
	return err
}

// differ notes what one side sees of a reference on a day that the other does
// not. If the other side sees it on another day, that closes it.
func (c *Core) differ(ctx context.Context, provider string, day time.Time, ref string, ours, theirs movement) (open bool, err error) {
	key := id.Derive("dif", provider, ref)
	o, err := c.odds.Upsert(ctx, key, func(o *odd) error {
		if o.ID == "" {
			o.Difference = ledger.Difference{ID: key, Provider: provider, Ref: ref, Day: day.Format(time.DateOnly)}
		}
		if !ours.amount.IsZero() {
			o.Ours, o.Order = ours.amount, ours.order
		}
		if !theirs.amount.IsZero() {
			o.Theirs = theirs.amount
		}
		switch {
		case o.Ours == o.Theirs && o.ClosedAt.IsZero():
			o.ClosedAt, o.OpenAt = c.Now(), time.Time{}
		case o.ClosedAt.IsZero() && o.OpenAt.IsZero():
			o.OpenAt = c.Now()
		}
		return nil
	})
	return !o.OpenAt.IsZero(), err
}

// Reconciled implements ledger.Service.
func (c *Core) Reconciled(ctx context.Context, in ledger.ByProvider) (page.Page[ledger.Day], error) {
	if _, err := operator(ctx); err != nil {
		return page.Page[ledger.Day]{}, err
	}
	name := in.Provider
	if name == "" && len(c.Providers) > 0 {
		name = c.Providers[0].Name()
	}
	found, err := c.days.Find(ctx, docdb.Query{Index: "provider", Equal: []any{name}, Descending: true, Limit: in.Size(31, 100), After: in.After})
	return page.Map(found, func(d ledger.Day) ledger.Day { return d }), err
}

// Differences implements ledger.Service.
func (c *Core) Differences(ctx context.Context, in page.Ask) (page.Page[ledger.Difference], error) {
	if _, err := operator(ctx); err != nil {
		return page.Page[ledger.Difference]{}, err
	}
	found, err := c.odds.Find(ctx, docdb.Query{Index: "open", Limit: in.Size(20, 100), After: in.After})
	return page.Map(found, func(o odd) ledger.Difference { return o.Difference }), err
}

// CloseDifference implements ledger.Service.
func (c *Core) CloseDifference(ctx context.Context, in ledger.CloseDifference) (ledger.Difference, error) {
	a, err := operator(ctx)
	if err != nil {
		return ledger.Difference{}, err
	}
	o, err := c.odds.Update(ctx, in.ID, func(o *odd) error {
		if !o.ClosedAt.IsZero() {
			return errSame
		}
		o.Note, o.By, o.ClosedAt, o.OpenAt = in.Note, a.User, c.Now(), time.Time{}
		return nil
	})
	switch {
	case errors.Is(err, errSame):
		err = nil
	case errors.Is(err, docdb.ErrNotFound):
		err = ledger.ErrNoDifference
	}
	return o.Difference, err
}
