package ledgercore

import (
	"context"
	"fmt"
	"time"

	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/ledger"
	"meadow/services/ledger/payout"
	"meadow/services/platform/docdb"
)

// payoutsDue moves each payout that is due one step on.
func (c *Core) payoutsDue(ctx context.Context) error {
	if c.Bank == nil {
		return nil // what was asked for before waits for a bank
	}
	q := docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: 100}
	for {
		found, err := c.payouts.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range found.Items {
			if err := c.step(ctx, r); err != nil {
				c.Log.WarnContext(ctx, "payout cannot go on", "payout", r.ID, "state", r.State, "err", err)
			}
		}
		if found.Next == "" {
			return nil
		}
		q.After = found.Next
	}
}

func (c *Core) step(ctx context.Context, r payoutRecord) error {
	switch r.State {
	case ledger.PayoutNew:
		_, err := c.takeOut(ctx, r)
		return err
	case ledger.PayoutApproved:
		return c.send(ctx, r)
	case ledger.PayoutSent:
		return c.follow(ctx, r)
	case ledger.PayoutDone:
		if err := c.arrived(ctx, r); err != nil {
			return err
		}
	case ledger.PayoutBack:
		if err := c.bringBack(ctx, r); err != nil {
			return err
		}
	}
	_, err := c.move(ctx, r.ID, func(now *payoutRecord) error {
		if now.State != r.State {
			return errSame
		}
		now.Due = time.Time{}
		return nil
	})
	return err
}

// send notes that a payout leaves before it does: from then on only the bank
// says how it ended.
func (c *Core) send(ctx context.Context, r payoutRecord) error {
	r, err := c.move(ctx, r.ID, func(r *payoutRecord) error {
		if r.State != ledger.PayoutApproved {
			return errSame
		}
		now := c.Now()
		r.State, r.SentAt, r.Due = ledger.PayoutSent, now, now.Add(retryAfter)
		return nil
	})
	if err != nil || r.State != ledger.PayoutSent {
		return err
	}
	return c.hand(ctx, r)
}

// hand gives a payout to the bank, which takes it once.
func (c *Core) hand(ctx context.Context, r payoutRecord) error {
	to, err := c.openDestination(ctx, r)
	if err != nil {
		return err
	}
	name := r.ID
	if fault.On(fault.PayoutTwice) {
		name = id.Payout(id.New("pyo", c.Now()))
		_ = c.Bank.Send(ctx, payout.Transfer{Payout: r.ID, Amount: r.Amount, Bank: r.Bank, Holder: to.Holder, Number: to.Number})
	}
	return c.Bank.Send(ctx, payout.Transfer{Payout: name, Amount: r.Amount, Bank: r.Bank, Holder: to.Holder, Number: to.Number})
}

// follow asks the bank how a sent payout stands.
func (c *Core) follow(ctx context.Context, r payoutRecord) error {
	outcome, why, err := c.Bank.Status(ctx, r.ID)
	if err != nil {
		return err
	}
	switch outcome {
	case payout.Paid:
		r, err = c.move(ctx, r.ID, func(r *payoutRecord) error {
			if r.State != ledger.PayoutSent {
				return errSame
			}
			now := c.Now()
			r.State, r.EndedAt, r.Due = ledger.PayoutDone, now, now
			r.tell(now)
			return nil
		})
		if err != nil || r.State != ledger.PayoutDone {
			return err
		}
		c.payoutRelay.Kick(string(r.ID))
		return c.step(ctx, r)
	case payout.Failed:
		_, err = c.fail(ctx, r.ID, why, ledger.PayoutSent)
		return err
	case payout.Unknown:
		err = c.hand(ctx, r)
	}
	if err != nil {
		return err
	}
	_, err = c.move(ctx, r.ID, func(r *payoutRecord) error {
		if r.State != ledger.PayoutSent {
			return errSame
		}
		r.Due = c.Now().Add(retryAfter)
		return nil
	})
	return err
}

// arrived posts that the bank has paid.
func (c *Core) arrived(ctx context.Context, r payoutRecord) error {
	if r.Amount.Amount <= 0 {
		return fmt.Errorf("payout %s of %v", r.ID, r.Amount)
	}
	_, err := c.Post(ctx, r.entry(ledger.PayoutPaid, r.clearing(), ledger.Of(ledger.PSPReceivable, r.Provider), r.EndedAt))
	return err
}
