package fulfilcore

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"meadow/services/fulfil"
	"meadow/services/kernel/id"
)

// next is every move a parcel's state may make.
var next = map[fulfil.State][]fulfil.State{
	fulfil.Held:      {fulfil.Waiting, fulfil.Cancelled},
	fulfil.Waiting:   {fulfil.Partly, fulfil.Shipped, fulfil.Received, fulfil.Cancelled},
	fulfil.Partly:    {fulfil.Shipped, fulfil.Delivered, fulfil.Received},
	fulfil.Shipped:   {fulfil.Delivered, fulfil.Received},
	fulfil.Delivered: {fulfil.Received},
}

// to moves p to a state; where it is already there it stays. A move that the
// table does not have is a bug here: callers have looked at the state.
func (p *parcel) to(s fulfil.State) error {
	if p.State == s {
		return nil
	}
	if !slices.Contains(next[p.State], s) {
		return fmt.Errorf("fulfil: parcel %s cannot go from %s to %s", p.ID, p.State, s)
	}
	p.State = s
	return nil
}

func (p *parcel) log(now time.Time, what, by, text string) {
	p.Log = append(p.Log, fulfil.Step{What: what, By: by, Text: text, At: now})
}

// left is how many units of a line are still to be sent.
func left(l fulfil.Line) int64 { return l.N - l.Sent - l.Dropped }

func (p *parcel) line(index int) *fulfil.Line {
	for i := range p.Lines {
		if p.Lines[i].Index == index {
			return &p.Lines[i]
		}
	}
	return nil
}

// settle derives the state from the units and the boxes, and when to look
// again, and announces what has happened by it.
func (p *parcel) settle(now time.Time) error {
	var toSend, sent int64
	for _, l := range p.Lines {
		toSend += left(l)
		sent += l.Sent
	}
	arrived := len(p.Shipments) > 0 && !slices.ContainsFunc(p.Shipments, func(s fulfil.Shipment) bool { return !p.over(s) })
	to := p.State
	switch {
	case p.State == fulfil.Received, p.State == fulfil.Delivered, p.State == fulfil.Cancelled:
	case sent == 0 && toSend == 0:
		to = fulfil.Cancelled
	case sent == 0:
	case toSend > 0:
		to = fulfil.Partly
	case arrived:
		to = fulfil.Delivered
	default:
		to = fulfil.Shipped
	}
	if to == fulfil.Delivered && p.State != fulfil.Delivered {
		p.deliver(now, "carrier")
	}
	if err := p.to(to); err != nil {
		return err
	}
	p.schedule(now)
	return nil
}

// over reports whether nothing more is awaited of a box: it has arrived, or it
// came back and what was in it was paid back.
func (p *parcel) over(s fulfil.Shipment) bool {
	if s.State != fulfil.Failed {
		return s.State == fulfil.Arrived
	}
	for i, l := range p.Lines {
		for _, u := range s.Units {
			if u.Line == l.Index && p.Refunded[i] < u.N {
				return false
			}
		}
	}
	return true
}

// deliver notes that all of p has arrived. Its time is when we heard of it: what
// runs from then is for the buyer to act in.
func (p *parcel) deliver(now time.Time, by string) {
	if !p.DeliveredAt.IsZero() {
		return
	}
	p.DeliveredAt, p.AutoAt = now, now.Add(fulfil.AutoReceive)
	if p.open() {
		p.AutoAt, p.AutoLeft = time.Time{}, fulfil.AutoReceive
	}
	p.log(now, "delivered", by, "")
	p.Add(now, fulfil.ParcelDelivered.Event(now, string(p.ID), p.data(now, "")))
}

// receive closes p: the return window runs from now.
func (p *parcel) receive(now time.Time, window time.Duration, what, by string) error {
	if err := p.to(fulfil.Received); err != nil {
		return err
	}
	p.ReceivedAt, p.ReturnBy = now, now.Add(window)
	p.log(now, what, by, "")
	if p.For == "" {
		p.Add(now, fulfil.ParcelReceived.Event(now, string(p.ID), p.data(now, "")))
	}
	p.schedule(now)
	return nil
}

// schedule clears the instants of which nothing comes any more.
func (p *parcel) schedule(now time.Time) {
	toSend := (p.State == fulfil.Waiting || p.State == fulfil.Partly) && !p.Pickup
	switch {
	case !toSend:
		p.LateAt = time.Time{}
	case p.LateAt.IsZero():
		p.LateAt = p.ShipBy
	}
	if p.State != fulfil.Delivered {
		p.AutoAt = time.Time{}
	}
	open := p.State != fulfil.Received && p.State != fulfil.Delivered &&
		slices.ContainsFunc(p.Shipments, func(s fulfil.Shipment) bool { return s.State != fulfil.Arrived && s.State != fulfil.Failed })
	switch {
	case !open:
		p.PollAt = time.Time{}
	case p.PollAt.IsZero():
		p.PollAt = now.Add(pollEvery)
	}
	nameless := slices.ContainsFunc(p.Shipments, func(s fulfil.Shipment) bool { return s.Tracking == "" && s.Carrier != fulfil.PickUpHere })
	if !nameless {
		p.AnnounceAt = time.Time{}
	}
}

func (p *parcel) data(now time.Time, box id.Shipment) fulfil.ParcelData {
	d := fulfil.ParcelData{Parcel: p.ID, Order: p.Order, Merchant: p.Merchant, Buyer: p.Buyer, Shipment: box, At: now, ReturnBy: p.ReturnBy, Lines: []int{}}
	for _, l := range p.Lines {
		d.Lines = append(d.Lines, l.Index)
	}
	return d
}

// fold adds what a carrier says to a box, and reports whether it was news. The
// box's events are a set in the order of the carrier's time, and its state
// follows from the set: whatever comes twice or late leads to the same box.
func fold(s *fulfil.Shipment, e fulfil.Event) bool {
	if slices.ContainsFunc(s.Events, func(x fulfil.Event) bool { return x.ID == e.ID }) {
		return false
	}
	s.Events = append(s.Events, e)
	slices.SortFunc(s.Events, func(a, b fulfil.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(rank[a.State], rank[b.State]), cmp.Compare(a.ID, b.ID))
	})
	s.State = fulfil.Announced
	for _, e := range s.Events {
		if s.State != fulfil.Arrived {
			s.State = e.State
		}
	}
	return true
}

// rank orders events of one instant.
var rank = map[fulfil.BoxState]int{fulfil.InTransit: 1, fulfil.OutFor: 2, fulfil.Failed: 3, fulfil.Arrived: 4}
