package sim

import (
	"fmt"

	"meadow/services/aftersale"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

// parcel is one of a shop's that stands at a state.
func (w *world) parcelOf(seller string, states ...fulfil.State) (fulfil.Parcel, bool) {
	s := states[w.rnd.IntN(len(states))]
	p, err := w.fulfil.ToSend(selling(seller), fulfil.Parcels{State: s, Ask: ask(8)})
	if err != nil || len(p.Items) == 0 {
		return fulfil.Parcel{}, false
	}
	return p.Items[w.rnd.IntN(len(p.Items))], true
}

// ship sends a parcel, whole or in part.
func (w *world) ship() {
	seller := sellers[w.rnd.IntN(len(sellers))]
	if p, ok := w.parcelOf(seller, fulfil.Waiting, fulfil.Waiting, fulfil.Partly); ok {
		in := fulfil.Ship{ID: p.ID, Carrier: carriers.Name, RequestID: w.request()}
		if w.rnd.IntN(4) == 0 {
			for _, l := range p.Lines {
				if left := l.N - l.Sent - l.Dropped; left > 0 {
					in.Units = []fulfil.Units{{Line: l.Index, N: w.between(1, left)}}
					break
				}
			}
		}
		_ = w.twice("ship", func() error {
			_, err := w.fulfil.Ship(selling(seller), in)
			return err
		})
	}
}

// shipAll sends all that can be sent.
func (w *world) shipAll() {
	for _, seller := range sellers {
		for _, s := range []fulfil.State{fulfil.Waiting, fulfil.Partly} {
			in := fulfil.Parcels{State: s, Ask: ask(50)}
			for range 20 {
				p, err := w.fulfil.ToSend(selling(seller), in)
				if err != nil || len(p.Items) == 0 {
					break
				}
				for _, x := range p.Items {
					_, err := w.fulfil.Ship(selling(seller), fulfil.Ship{ID: x.ID, Carrier: carriers.Name, RequestID: fmt.Sprint("all-", w.steps)})
					w.did("ship", err)
				}
			}
		}
	}
}

func (w *world) receive() {
	seller := sellers[w.rnd.IntN(len(sellers))]
	if p, ok := w.parcelOf(seller, fulfil.Shipped, fulfil.Delivered); ok {
		if o := w.bought(p.Order); o != nil {
			_ = w.twice("receive", func() error {
				_, err := w.fulfil.Receive(as(o.buyer), fulfil.ByParcel{ID: p.ID})
				return err
			})
		}
	}
}

func (w *world) bought(o id.Order) *purchase {
	for _, x := range w.orders {
		if x.id == o {
			return x
		}
	}
	return nil
}

// complain asks for something about units of an order.
func (w *world) complain() {
	o := w.order()
	if o == nil {
		return
	}
	if w.state(o.id) != checkout.Paid {
		return
	}
	got, err := w.till.Order(as(o.buyer), checkout.ByOrder{ID: o.id})
	if err != nil {
		return
	}
	part := got.Parts[w.rnd.IntN(len(got.Parts))]
	in := aftersale.Open{Order: o.id, RequestID: w.request(), Text: "please"}
	for _, l := range part.Lines {
		if len(in.Units) == 0 || w.rnd.IntN(2) == 0 {
			in.Units = append(in.Units, aftersale.Units{Line: l, N: w.between(1, got.Lines[l].N)})
		}
	}
	in.Kind = []aftersale.Kind{aftersale.Cancel, aftersale.Cancel, aftersale.Money, aftersale.Return, aftersale.Return, aftersale.Exchange}[w.rnd.IntN(6)]
	in.Reason = []aftersale.Reason{aftersale.Changed, aftersale.Late, aftersale.Missing, aftersale.Faulty}[w.rnd.IntN(4)]
	if in.Reason.NeedsEvidence() {
		in.Evidence = []id.Media{id.Media(id.Derive("med", "proof"))}
	}
	if in.Kind == aftersale.Money && w.rnd.IntN(2) == 0 {
		in.Amount = yuan(w.between(1, 500))
	}
	_ = w.twice("complain", func() error {
		_, err := w.after.Open(as(o.buyer), in)
		return err
	})
}

// aftersale lets a buyer, a shop or an operator make their move.
func (w *world) aftersale() {
	seller := sellers[w.rnd.IntN(len(sellers))]
	if w.rnd.IntN(4) == 0 {
		w.decide()
		return
	}
	state := []aftersale.State{aftersale.Asked, aftersale.Agreed, aftersale.Refused, aftersale.Sending, aftersale.Inspecting}[w.rnd.IntN(5)]
	found, err := w.after.OfShop(selling(seller), aftersale.List{State: state, Ask: ask(5)})
	if err != nil || len(found.Items) == 0 {
		return
	}
	a := found.Items[w.rnd.IntN(len(found.Items))]
	o := w.bought(a.Order)
	if o == nil {
		return
	}
	one := aftersale.ByID{ID: a.ID}
	what, do := "withdraw", func() error { _, err := w.after.Withdraw(as(o.buyer), one); return err }
	roll := w.rnd.IntN(6)
	switch {
	case roll == 0:
	case state == aftersale.Asked:
		in := aftersale.Answer{ID: a.ID, Agree: w.rnd.IntN(4) > 0, Text: "well"}
		if in.Agree && a.Kind == aftersale.Money && a.Wanted.Amount > 2 && w.rnd.IntN(3) == 0 {
			in.Amount = yuan(a.Wanted.Amount / 2)
		}
		what, do = "answer", func() error { _, err := w.after.Answer(selling(seller), in); return err }
	case state == aftersale.Agreed && roll < 4:
		what, do = "accept", func() error { _, err := w.after.Accept(as(o.buyer), one); return err }
	case state == aftersale.Agreed, state == aftersale.Refused:
		in := aftersale.Dispute{ID: a.ID, Text: "no"}
		what, do = "dispute", func() error { _, err := w.after.Dispute(as(o.buyer), in); return err }
	case state == aftersale.Sending:
		in := aftersale.SendBack{ID: a.ID, Carrier: fulfil.Other, Tracking: "T" + string(a.ID)}
		what, do = "send back", func() error { _, err := w.after.SendBack(as(o.buyer), in); return err }
	case state == aftersale.Inspecting:
		in := aftersale.Inspect{ID: a.ID, Fine: w.rnd.IntN(5) > 0, Text: "seen", Restock: w.rnd.IntN(2) == 0}
		what, do = "inspect", func() error { _, err := w.after.Inspect(selling(seller), in); return err }
	}
	_ = w.twice(what, do)
}

func (w *world) decide() {
	found, err := w.after.Disputes(operator(), ask(5))
	if err != nil || len(found.Items) == 0 {
		return
	}
	in := aftersale.Decide{ID: found.Items[0].ID, Agree: w.rnd.IntN(2) == 0, Text: "so be it"}
	_ = w.twice("decide", func() error {
		_, err := w.after.Decide(operator(), in)
		return err
	})
}

// decideAll lets operators decide what waits for them.
func (w *world) decideAll() {
	for range 200 {
		before := w.steps
		w.decide()
		w.approve()
		if w.steps == before {
			return
		}
	}
}

// payout asks for what is earned, or lets one go.
func (w *world) payout() {
	if w.rnd.IntN(2) == 0 {
		w.approve()
		return
	}
	who, role := selling(sellers[w.rnd.IntN(len(sellers))]), "merchant"
	switch w.rnd.IntN(3) {
	case 0:
		who, role = as([]string{"cleo", "dora"}[w.rnd.IntN(2)], actor.Creator), "creator"
	case 1:
		who, role = as(w.buyer()), "wallet"
	}
	if _, err := w.ledger.PayoutAccount(who, ledger.ByRole{As: role}); err != nil {
		number := "6222000000001234"
		if w.rnd.IntN(4) == 0 {
			number = "6222000000000000" // the bank will refuse it
		}
		_, err := w.ledger.SetPayoutAccount(who, ledger.SetPayoutAccount{As: role, Bank: "ICBC", Holder: "Mei", Number: number, Password: password, RequestID: w.request()})
		w.did("set a payout account", err)
		return
	}
	all, err := w.ledger.Balances(who, ledger.Owner{As: role})
	if err != nil || len(all.Items) == 0 || all.Items[0].Earned.Amount < 1000 {
		return
	}
	in := ledger.AskPayout{As: role, Amount: yuan(w.between(1000, all.Items[0].Earned.Amount)), Password: password, RequestID: w.request()}
	_ = w.twice("ask a payout", func() error {
		_, err := w.ledger.AskPayout(who, in)
		return err
	})
}

func (w *world) approve() {
	open, err := w.ledger.OpenPayouts(operator(), ledger.PayoutsBy{State: ledger.PayoutRequested, Ask: page.Ask{Limit: 5}})
	if err != nil || len(open.Items) == 0 {
		return
	}
	in := ledger.DecidePayout{ID: open.Items[0].ID, RequestID: w.request()}
	if w.rnd.IntN(5) == 0 {
		in.Reason = "no"
		_ = w.twice("refuse a payout", func() error {
			_, err := w.ledger.RefusePayout(operator(), in)
			return err
		})
		return
	}
	_ = w.twice("approve a payout", func() error {
		_, err := w.ledger.ApprovePayout(operator(), in)
		return err
	})
}
