package sandbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/docdb"
)

// Settle moves a bill. What the bank wants to hear first, and what goes wrong
// after, is as its mode says.
func (p *Provider) Settle(ctx context.Context, in Settle) (Bill, error) {
	wrong := false
	out, err := p.change(ctx, in.ID, func(b *bill) error {
		wrong = false
		if b.Mode == "" {
			b.Mode = in.Mode
		}
		switch {
		case !in.Pay:
			return p.turn(b, pay.Failed)
		case b.Outcome == pay.Succeeded, b.Mode != Challenge:
			return p.turn(b, pay.Succeeded)
		case !b.Challenge:
			if b.Outcome != pay.Waiting && b.Outcome != pay.Failed {
				return ErrSettled
			}
			b.Challenge, b.Codes = true, 0
			return nil
		case in.Code == "":
			return errSame // the page asks again
		case in.Code == ChallengeCode:
			b.Challenge = false
			return p.turn(b, pay.Succeeded)
		}
		wrong = true
		if b.Codes++; b.Codes < MaxCodes {
			return nil
		}
		b.Challenge = false
		return p.turn(b, pay.Failed)
	})
	if err == nil && wrong {
		return out, ErrWrongCode
	}
	return out, err
}

// change alters a bill in one write, and tells what there is to tell.
func (p *Provider) change(ctx context.Context, payment id.Payment, f func(*bill) error) (Bill, error) {
	out, err := p.bills.Update(ctx, string(payment), f)
	switch {
	case errors.Is(err, errSame):
		return out.Bill, nil
	case errors.Is(err, docdb.ErrNotFound):
		return Bill{}, ErrNoSuchBill.Because(err)
	case err != nil:
		return Bill{}, err
	}
	if !out.Due.IsZero() && !out.Due.After(p.Now()) {
		select {
		case p.told <- payment:
		default: // the job will find it
		}
	}
	return out.Bill, nil
}

// turn gives a bill that is not settled its outcome.
func (p *Provider) turn(b *bill, to pay.Outcome) error {
	switch b.Outcome {
	case to:
		return errSame
	case pay.Waiting, pay.Failed:
	default:
		return ErrSettled
	}
	b.Outcome = to
	if to == pay.Succeeded {
		p.book(b, pay.Movement{Ref: string(b.ID), Payment: b.ID, Amount: b.Amount, At: p.Now()})
	}
	p.report(b)
	return nil
}

// report notes that a bill's outcome is to be told, as its mode has it.
func (p *Provider) report(b *bill) {
	now := p.Now()
	b.MovedAt = now
	f := fact(*b)
	switch b.Mode {
	case Lost:
		return
	case Twice:
		b.Tell = append(b.Tell, f)
	case Slow:
		now = now.Add(SlowBy)
	}
	b.Tell, b.Due = append(b.Tell, f), now
}

// RefundPart sends some of a bill back, once for each refund.
func (p *Provider) RefundPart(ctx context.Context, in pay.PartBack) error {
	refused := false
	_, err := p.change(ctx, in.Payment, func(b *bill) error {
		refused = false
		i, sum := -1, in.Amount.Amount
		for n, x := range b.Backs {
			if x.Refund == in.Refund {
				i = n
			} else if !x.At.IsZero() {
				sum += x.Amount
			}
		}
		switch {
		case i >= 0 && !b.Backs[i].At.IsZero():
			return errSame
		case b.Outcome != pay.Succeeded, in.Amount.Amount <= 0, in.Amount.Currency != b.Amount.Currency, sum > b.Amount.Amount:
			return pay.ErrTooMuch
		}
		if i < 0 {
			i = len(b.Backs)
			b.Backs = append(b.Backs, part{Refund: in.Refund, Amount: in.Amount.Amount})
		}
		if b.Mode == RefuseRefunds && b.Backs[i].Refused < refusals {
			refused = true
			b.Backs[i].Refused++
			return nil
		}
		b.Backs[i].At = p.Now()
		b.Refunded = money.Money{Amount: sum, Currency: b.Amount.Currency}
		p.book(b, pay.Movement{Ref: in.Refund, Payment: b.ID, Amount: in.Amount.Neg(), At: p.Now()})
		if sum == b.Amount.Amount {
			b.Outcome = pay.Refunded
			p.report(b)
		}
		return nil
	})
	if errors.Is(err, ErrNoSuchBill) {
		return pay.ErrUnknown.Because(err)
	}
	if err == nil && refused {
		return ErrBusy
	}
	return err
}

// movement is a line of the statement.
type movement struct {
	pay.Movement `bson:",inline"`
	ID           string `bson:"_id"`
}

// book notes a movement with its bill; the statement is drawn up from there.
func (p *Provider) book(b *bill, m pay.Movement) {
	m.Fee = money.Money{Currency: m.Amount.Currency}
	b.Unbooked = append(b.Unbooked, movement{ID: id.Derive("mov", string(b.ID), m.Ref), Movement: m})
	if b.BookDue.IsZero() {
		b.BookDue = m.At
	}
}

// Statement draws up what is not in it yet, and returns one day of it.
func (p *Provider) Statement(ctx context.Context, day time.Time) ([]pay.Movement, error) {
	if err := p.draw(ctx); err != nil {
		return nil, err
	}
	from := day.UTC().Truncate(24 * time.Hour)
	q := docdb.Query{Index: "at", From: from, Before: from.Add(24 * time.Hour), Limit: 500}
	out := []pay.Movement{}
	for {
		found, err := p.moves.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, m := range found.Items {
			out = append(out, m.Movement)
		}
		if found.Next == "" {
			return out, nil
		}
		q.After = found.Next
	}
}

// draw copies movements from their bills into the statement.
func (p *Provider) draw(ctx context.Context) error {
	for {
		due, err := p.bills.Find(ctx, docdb.Query{Index: "book_due", Limit: 200})
		if err != nil || len(due.Items) == 0 {
			return err
		}
		for _, b := range due.Items {
			for _, m := range b.Unbooked {
				if err := p.moves.Insert(ctx, m.ID, m); err != nil && !errors.Is(err, docdb.ErrExists) {
					return err
				}
			}
			drawn := map[string]bool{}
			for _, m := range b.Unbooked {
				drawn[m.ID] = true
			}
			_, err := p.bills.Update(ctx, string(b.ID), func(b *bill) error {
				b.Unbooked = slices.DeleteFunc(b.Unbooked, func(m movement) bool { return drawn[m.ID] })
				b.BookDue = time.Time{}
				if len(b.Unbooked) > 0 {
					b.BookDue = b.Unbooked[0].At
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
}
