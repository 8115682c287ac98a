package ledgercore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
	"meadow/services/platform/rpc"
	"meadow/services/platform/vault"
)

// payoutRecord is a payout with where it goes, frozen when it was asked for.
type payoutRecord struct {
	ledger.Payout `bson:",inline"`
	Asker         id.User      `bson:"asker"`
	Subject       string       `bson:"subject"`
	Sealed        vault.Sealed `bson:"sealed"`
	outbox.Box    `bson:",inline"`
	// Requests are those that approved it, beside ApprovedBy.
	Requests []string `bson:"requests,omitempty"`
	// Due is when the job looks at it next; absent if nothing is left to do.
	Due time.Time `bson:"due,omitempty"`
}

// AskPayout implements ledger.Service. The record comes first, so that money
// which left the payee's own always has one that says where it is.
func (c *Core) AskPayout(ctx context.Context, in ledger.AskPayout) (ledger.Payout, error) {
	p, err := c.asker(ctx, in.As)
	if err != nil {
		return ledger.Payout{}, err
	}
	by, err := c.proved(ctx, in.Password, in.RequestID)
	if err != nil {
		return ledger.Payout{}, err
	}
	pid := id.Payout(id.Derive("pyo", string(by), in.RequestID))
	r, err := c.payouts.Get(ctx, string(pid))
	if errors.Is(err, docdb.ErrNotFound) {
		r, err = c.newPayout(ctx, pid, p, by, in)
	}
	if err != nil {
		return ledger.Payout{}, err
	}
	if r.Payee != p.own || r.Amount != in.Amount {
		return ledger.Payout{}, rpc.ErrReused
	}
	if r.State == ledger.PayoutNew {
		r, err = c.takeOut(ctx, r)
	}
	if err == nil && r.State == ledger.PayoutBack && r.Reason == ledger.ErrNotEnough.Reason {
		err = ledger.ErrNotEnough
	}
	return r.Payout, err
}

func (c *Core) newPayout(ctx context.Context, pid id.Payout, p payee, by id.User, in ledger.AskPayout) (payoutRecord, error) {
	if c.Bank == nil {
		return payoutRecord{}, ledger.ErrNoPayouts
	}
	a, err := c.accountOf(ctx, p)
	now := c.Now()
	switch {
	case err != nil:
		return payoutRecord{}, err
	case now.Before(a.ReadyAt):
		return payoutRecord{}, ledger.ErrCooling
	case in.Amount.Currency == "" || in.Amount.Amount > largest:
		return payoutRecord{}, errs.ErrInvalid.With("amount", "an amount of a currency")
	case in.Amount.Amount < c.Least:
		return payoutRecord{}, ledger.ErrTooLittle
	}
	r := payoutRecord{
		Asker: by, Subject: p.subject, Sealed: a.Sealed, Due: now.Add(retryAfter),
		Payout: ledger.Payout{
			ID: pid, Payee: p.own, Amount: in.Amount, State: ledger.PayoutNew, Bank: a.Bank, Number: a.Number,
			Provider: c.Bank.Name(), Needs: 1, ApprovedBy: []id.User{}, At: now,
		},
	}
	err = c.payouts.Insert(ctx, string(pid), r)
	if errors.Is(err, docdb.ErrExists) {
		return c.payouts.Get(ctx, string(pid))
	}
	return r, err
}

// entry is one of a payout's entries: n units of account from, as a debit there
// and a credit of to.
func (r payoutRecord) entry(kind ledger.Kind, from, to ledger.Account, at time.Time) ledger.Entry {
	return ledger.Entry{
		ID: entryID(kind, string(r.ID)), Kind: kind, Ref: string(r.ID), Payee: r.Payee, At: at,
		Postings: []ledger.Posting{{Account: from, Amount: r.Amount}, {Account: to, Amount: r.Amount.Neg()}},
	}
}

func (r payoutRecord) clearing() ledger.Account {
	return ledger.Of(ledger.PayoutClearing, r.Provider)
}

// takeOut takes the amount out of the payee's own, or fails the payout if it is
// not there.
func (c *Core) takeOut(ctx context.Context, r payoutRecord) (payoutRecord, error) {
	_, err := c.Post(ctx, r.entry(ledger.PayoutAsked, r.Payee, r.clearing(), r.At))
	if errors.Is(err, ledger.ErrNotEnough) {
		return c.fail(ctx, r.ID, ledger.ErrNotEnough.Reason, ledger.PayoutNew)
	}
	if err != nil {
		return r, err
	}
	needs, err := c.needs(ctx, r)
	if err != nil {
		return r, err
	}
	return c.move(ctx, r.ID, func(r *payoutRecord) error {
		switch r.State {
		case ledger.PayoutNew:
			r.State, r.Needs, r.Due = ledger.PayoutRequested, needs, time.Time{}
		case ledger.PayoutBack: // another try found too little, this one did not
			r.Due = c.Now()
		default:
			return errSame
		}
		return nil
	})
}

// needs is how many operators must approve a payout: what its payee asked for
// within a day counts together. It is asked once the record is stored, so that of
// two asked for at once the later sees both.
func (c *Core) needs(ctx context.Context, r payoutRecord) (int, error) {
	q := docdb.Query{Index: "payee", Equal: []any{string(r.Payee)}, From: r.At.Add(-24 * time.Hour), Limit: 100}
	for sum := int64(0); ; {
		found, err := c.payouts.Find(ctx, q)
		if err != nil {
			return 0, err
		}
		for _, x := range found.Items {
			if x.State != ledger.PayoutBack && x.Amount.Currency == r.Amount.Currency {
				sum += x.Amount.Amount
			}
			if sum > c.TwoAbove {
				return 2, nil
			}
		}
		if found.Next == "" {
			return 1, nil
		}
		q.After = found.Next
	}
}

// move changes a payout; errSame leaves it as it is.
func (c *Core) move(ctx context.Context, p id.Payout, change func(*payoutRecord) error) (payoutRecord, error) {
	r, err := c.payouts.Update(ctx, string(p), change)
	switch {
	case errors.Is(err, errSame):
		return r, nil
	case errors.Is(err, docdb.ErrNotFound):
		return r, ledger.ErrNoSuchPayout
	}
	return r, err
}

// fail ends a payout that is in one of these states. What was taken out of the
// payee's own comes back: at once, and again by the job.
func (c *Core) fail(ctx context.Context, p id.Payout, reason string, from ...ledger.PayoutState) (payoutRecord, error) {
	r, err := c.move(ctx, p, func(r *payoutRecord) error {
		if r.State == ledger.PayoutBack {
			return errSame
		}
		if !slices.Contains(from, r.State) {
			return ledger.ErrPayoutState
		}
		now := c.Now()
		asked := r.State == ledger.PayoutNew // and refused in the same breath
		r.State, r.Reason, r.EndedAt, r.Due = ledger.PayoutBack, reason, now, now.Add(retryAfter)
		if !asked {
			r.tell(now)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	c.payoutRelay.Kick(string(r.ID))
	return r, c.bringBack(ctx, r)
}

// tell announces how a payout ended.
func (r *payoutRecord) tell(now time.Time) {
	r.Add(now, ledger.PayoutEnded.Event(now, string(r.ID), ledger.PayoutData{
		Payout: r.ID, Payee: r.Payee, By: r.Asker, Amount: r.Amount, State: r.State, Reason: r.Reason,
	}))
}

// bringBack returns a failed payout's money to the payee's own, if it had left.
func (c *Core) bringBack(ctx context.Context, r payoutRecord) error {
	_, err := c.entries.Get(ctx, string(entryID(ledger.PayoutAsked, string(r.ID))))
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = c.Post(ctx, r.entry(ledger.PayoutFailed, r.clearing(), r.Payee, r.EndedAt))
	return err
}

// ApprovePayout implements ledger.Service.
func (c *Core) ApprovePayout(ctx context.Context, in ledger.DecidePayout) (ledger.Payout, error) {
	a, err := operator(ctx)
	if err != nil {
		return ledger.Payout{}, err
	}
	if a.User == "" {
		return ledger.Payout{}, actor.ErrNobody // a person decides
	}
	before, err := c.payouts.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		return ledger.Payout{}, ledger.ErrNoSuchPayout
	}
	if err != nil {
		return ledger.Payout{}, err
	}
	if err := c.notOwn(ctx, before.Payee); errors.Is(err, catalog.ErrOwnMoney) || before.Asker == a.User {
		return ledger.Payout{}, ledger.ErrOwnPayout
	} else if err != nil {
		return ledger.Payout{}, err
	}
	request := id.Derive("req", string(a.User), in.RequestID)
	r, err := c.move(ctx, in.ID, func(r *payoutRecord) error {
		switch {
		case slices.Contains(r.Requests, request):
			return errSame
		case r.State != ledger.PayoutRequested:
			return ledger.ErrPayoutState
		case slices.Contains(r.ApprovedBy, a.User):
			return ledger.ErrSameOperator
		}
		r.ApprovedBy, r.Requests = append(r.ApprovedBy, a.User), append(r.Requests, request)
		if len(r.ApprovedBy) >= r.Needs {
			r.State, r.Due = ledger.PayoutApproved, c.Now()
		}
		return nil
	})
	if err == nil {
		c.Log.InfoContext(ctx, "a payout was approved", "payout", r.ID, "by", a.User, "state", r.State)
	}
	return r.Payout, err
}

// RefusePayout implements ledger.Service.
func (c *Core) RefusePayout(ctx context.Context, in ledger.DecidePayout) (ledger.Payout, error) {
	a, err := operator(ctx)
	if err != nil {
		return ledger.Payout{}, err
	}
	r, err := c.fail(ctx, in.ID, in.Reason, ledger.PayoutRequested, ledger.PayoutApproved)
	if err == nil {
		c.Log.InfoContext(ctx, "a payout was refused", "payout", r.ID, "by", a.User)
	}
	return r.Payout, err
}

// Payouts implements ledger.Service.
func (c *Core) Payouts(ctx context.Context, in ledger.Owner) (page.Page[ledger.Payout], error) {
	p, err := c.asker(ctx, in.As)
	if err != nil {
		return page.Page[ledger.Payout]{}, err
	}
	found, err := c.payouts.Find(ctx, docdb.Query{
		Index: "payee", Equal: []any{string(p.own)}, Descending: true, Limit: in.Size(20, 100), After: in.After,
	})
	return page.Map(found, func(r payoutRecord) ledger.Payout {
		r.ApprovedBy = []id.User{} // operators are not named to payees
		return r.Payout
	}), err
}

// OpenPayouts implements ledger.Service.
func (c *Core) OpenPayouts(ctx context.Context, in ledger.PayoutsBy) (page.Page[ledger.Payout], error) {
	if _, err := operator(ctx); err != nil {
		return page.Page[ledger.Payout]{}, err
	}
	state := in.State
	if state == "" {
		state = ledger.PayoutRequested
	}
	found, err := c.payouts.Find(ctx, docdb.Query{
		Index: "state", Equal: []any{string(state)}, Limit: in.Size(20, 100), After: in.After,
	})
	if err != nil {
		return page.Page[ledger.Payout]{}, fmt.Errorf("payouts: %w", err)
	}
	return page.Map(found, func(r payoutRecord) ledger.Payout { return r.Payout }), nil
}
