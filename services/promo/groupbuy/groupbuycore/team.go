package groupbuycore

import (
	"errors"
	"slices"
	"time"

	"meadow/services/kernel/fault"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/platform/outbox"
	"meadow/services/promo"
	"meadow/services/promo/groupbuy"
)

// team is a stored team, with the terms of its offer as they were when it was
// opened. It alone decides who sits in it and how it ends.
type team struct {
	ID         string `bson:"_id"`
	outbox.Box `bson:",inline"`
	Offer      string             `bson:"offer"`
	Merchant   id.Merchant        `bson:"merchant"`
	Product    id.Product         `bson:"product"`
	SKU        id.SKU             `bson:"sku"`
	Name       string             `bson:"name"`
	Price      money.Money        `bson:"price"`
	Needs      int                `bson:"needs"`
	Hours      int                `bson:"hours"`
	Fresh      bool               `bson:"fresh"`
	State      groupbuy.TeamState `bson:"state"`
	Seats      []seat             `bson:"seats"`
	OpenedAt   time.Time          `bson:"opened_at,omitempty"`
	EndsAt     time.Time          `bson:"ends_at"`
	OverAt     time.Time          `bson:"over_at,omitempty"`
	// Due is when something ends: the opener's time to pay, or the team's to fill.
	// Absent once the team is over.
	Due      time.Time `bson:"due,omitempty"`
	ForgetAt time.Time `bson:"forget_at,omitempty"` // of a team that never opened
}

// seat is what one order has of a team.
type seat struct {
	Order  id.Order  `bson:"order"`
	User   id.User   `bson:"user"`
	As     []string  `bson:"as"`    // the person's identities: other accounts of theirs have the same
	Until  time.Time `bson:"until"` // unless it is paid
	Paid   bool      `bson:"paid"`
	PaidAt time.Time `bson:"paid_at,omitempty"`
	Opener bool      `bson:"opener"`
	Back   bool      `bson:"back"` // refunded once the team had filled
}

// errSame ends an update that has nothing to change.
var errSame = errors.New("groupbuy: nothing to change")

// forgetAfter is how long a team that never opened can still be opened by a
// payment that comes late.
const forgetAfter = 7 * 24 * time.Hour

func (s seat) taken(now time.Time) bool { return s.Paid || now.Before(s.Until) }

func (t *team) find(order id.Order) int {
	return slices.IndexFunc(t.Seats, func(s seat) bool { return s.Order == order })
}

// count returns how many seats are paid and how many are held.
func (t *team) count(now time.Time) (paid, held int) {
	for _, s := range t.Seats {
		switch {
		case s.Paid:
			paid++
		case s.taken(now):
			held++
		}
	}
	return paid, held
}

// room makes sure that there is a seat for an order of a person beside those that
// others have.
func (t *team) room(order id.Order, as []string, now time.Time) error {
	others := 0
	for _, s := range t.Seats {
		switch {
		case s.Order == order || !s.taken(now):
		case slices.ContainsFunc(s.As, func(who string) bool { return slices.Contains(as, who) }):
			return groupbuy.ErrInTeam
		default:
			others++
		}
	}
	if others >= t.Needs && !fault.On(fault.TeamOverfilled) {
		return promo.ErrUsedUp
	}
	return nil
}

// joinable says why nobody can join.
func (t *team) joinable(now time.Time) error {
	switch {
	case t.State == groupbuy.IsFilled && fault.On(fault.TeamOverfilled):
	case t.State == groupbuy.IsFilled:
		return promo.ErrUsedUp
	case t.State != groupbuy.IsOpen || !now.Before(t.EndsAt):
		return promo.ErrEnded
	}
	return nil
}

// sit puts s into the team, over what its order had there, and lets go of seats
// that nobody paid for in time.
func (t *team) sit(s seat, now time.Time) {
	t.Seats = slices.DeleteFunc(t.Seats, func(x seat) bool { return x.Order == s.Order || !x.taken(now) })
	t.Seats = append(t.Seats, s)
}

// hold keeps a seat for an order that joins.
func (t *team) hold(s seat, now time.Time) error {
	if i := t.find(s.Order); i >= 0 && t.Seats[i].taken(now) {
		return errSame
	}
	if err := t.joinable(now); err != nil {
		return err
	}
	if err := t.room(s.Order, s.As, now); err != nil {
		return err
	}
	t.sit(s, now)
	return nil
}

// pay makes an order's seat a paid one. The opener's opens the team, the last
// one fills it.
func (t *team) pay(s seat, now time.Time) error {
	if i := t.find(s.Order); i >= 0 && t.Seats[i].Paid {
		return errSame // also when the team is over: what becomes of it is announced
	}
	switch {
	case s.Opener && (t.State == groupbuy.IsOpening || t.State == groupbuy.IsVoid):
		t.open(now)
	default:
		if err := t.joinable(now); err != nil {
			return err
		}
	}
	if err := t.room(s.Order, s.As, now); err != nil {
		return err
	}
	s.Paid, s.PaidAt, s.Until = true, now, time.Time{}
	t.sit(s, now)
	if n, _ := t.count(now); n == t.Needs {
		t.over(groupbuy.IsFilled, now)
		t.Add(now, groupbuy.Filled.Event(now, t.ID, t.data(now)))
	}
	return nil
}

// begin makes t a team of o that waits for its opener to pay.
func (t *team) begin(teamID string, o offer, opener seat) error {
	if t.ID != "" && t.State != groupbuy.IsVoid {
		return errSame
	}
	*t = team{
		ID: teamID, Box: t.Box, Offer: o.ID, Merchant: o.Merchant, Product: o.Product, SKU: o.SKU, Name: o.Name, Price: o.Price,
		Needs: o.Seats, Hours: o.Hours, Fresh: o.Fresh, State: groupbuy.IsOpening, Seats: []seat{opener}, EndsAt: opener.Until, Due: opener.Until,
	}
	return nil
}

func (t *team) open(now time.Time) {
	t.State, t.OpenedAt = groupbuy.IsOpen, now
	t.EndsAt = now.Add(time.Duration(t.Hours) * time.Hour)
	t.Due, t.ForgetAt = t.EndsAt, time.Time{}
}

func (t *team) over(s groupbuy.TeamState, now time.Time) {
	t.State, t.OverAt, t.Due = s, now, time.Time{}
}

// lapse ends a team whose time is out, or any that has not filled if force is
// set.
func (t *team) lapse(now time.Time, force bool) error {
	switch {
	case t.State == groupbuy.IsOpen && (force || !now.Before(t.EndsAt)):
		if t.over(groupbuy.IsLapsed, now); fault.On(fault.LapseKept) {
			return nil
		}
		t.Add(now, groupbuy.Lapsed.Event(now, t.ID, t.data(now)))
		return nil
	case t.State == groupbuy.IsOpening && (force || !now.Before(t.Due)):
		t.void(now)
		return nil
	}
	return errSame
}

func (t *team) void(now time.Time) {
	t.over(groupbuy.IsVoid, now)
	t.ForgetAt = now.Add(forgetAfter)
}

// let gives back the seat of an order that did not pay.
func (t *team) let(order id.Order, now time.Time) error {
	i := t.find(order)
	if i < 0 || t.Seats[i].Paid {
		return errSame
	}
	t.Seats = slices.Delete(t.Seats, i, i+1)
	if t.State == groupbuy.IsOpening {
		t.void(now)
	}
	return nil
}

// leave takes out an order whose money went back: of an open team the seat is
// free again, of one that filled it stays, and is marked.
func (t *team) leave(order id.Order) error {
	i := t.find(order)
	switch {
	case i < 0 || !t.Seats[i].Paid || t.Seats[i].Back:
		return errSame
	case t.State == groupbuy.IsOpen:
		t.Seats = slices.Delete(t.Seats, i, i+1)
		return nil
	case t.State == groupbuy.IsFilled:
		t.Seats[i].Back = true
		return nil
	}
	return errSame
}

func (t *team) data(now time.Time) groupbuy.TeamData {
	out := groupbuy.TeamData{Team: t.ID, Offer: t.Offer, Orders: []id.Order{}, At: now}
	for _, s := range t.Seats {
		if s.Paid {
			out.Orders = append(out.Orders, s.Order)
		}
	}
	return out
}
