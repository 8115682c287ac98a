package insightcore

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/talk"
)

// listen takes in what people did. The id of an event is its hit's, so that
// telling it twice counts it once.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, creator.Reacted, func(ctx context.Context, e bus.Event, d creator.ReactedData) error {
			if d.User == d.Author {
				return nil
			}
			h := hit{id: e.ID, account: d.Author, post: d.Post, add: reacted(d)}
			if d.On && d.Kind != creator.Followed {
				h.by = d.User
			}
			return c.note(ctx, e.At, h)
		}),
		bus.On(ctx, c.Bus, Consumer, talk.Said, func(ctx context.Context, _ bus.Event, d talk.SaidData) error {
			// A comment that was hidden is said again when it comes back.
			return c.note(ctx, d.At, hit{id: string(d.Comment), account: d.Author, post: d.Post, by: d.By, add: func(s *sums) { s.Comments++ }})
		}),
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, c.paid),
	)
}

// note counts what the shop itself says, each hit once.
func (c *Core) note(ctx context.Context, at time.Time, hits ...hit) error {
	for i := range hits {
		hits[i].told = true
	}
	if err := c.fans(ctx, hits); err != nil {
		return err
	}
	_, err := c.take(ctx, at, hits)
	return err
}

// reacted counts a like and so on in the day it happens, and takes it away in
// the day it is taken back: a day may be below zero.
func reacted(d creator.ReactedData) func(*sums) {
	n := int64(1)
	if !d.On {
		n = -1
	}
	return func(s *sums) {
		switch d.Kind {
		case creator.Liked:
			s.Likes += n
		case creator.SavedIt:
			s.Saves += n
		case creator.Shared:
			s.Shares += n
		case creator.Followed:
			s.Follows += n
		}
	}
}

// paid counts an order once for each post, or showcase, that it came from.
func (c *Core) paid(ctx context.Context, e bus.Event, d checkout.OrderData) error {
	type from struct {
		account id.User
		post    id.Post
	}
	var posts []id.Post
	for _, l := range d.Lines {
		if l.Post != "" {
			posts = append(posts, l.Post)
		}
	}
	facts, err := c.facts(ctx, posts)
	if err != nil {
		return err
	}
	groups, order := map[from][]checkout.LineData{}, []from{}
	for _, l := range d.Lines {
		f := from{account: l.Creator, post: l.Post}
		if p, ok := facts[l.Post]; ok {
			f.account = p.Author
		}
		if f.account == "" {
			continue // it came from nowhere
		}
		if _, ok := groups[f]; !ok {
			order = append(order, f)
		}
		groups[f] = append(groups[f], l)
	}
	at := d.PaidAt
	if at.IsZero() {
		at = e.At
	}
	var hits []hit
	for i, f := range order {
		hits = append(hits, hit{id: e.ID + strconv.Itoa(i), account: f.account, post: f.post, by: d.Buyer, buys: true, add: sold(groups[f])})
	}
	return c.note(ctx, at, hits...)
}

// sold counts the lines of one order that came from one place.
func sold(lines []checkout.LineData) func(*sums) {
	return func(s *sums) {
		s.Orders++
		s.reach(string(cmp.Or(lines[0].Reach, insight.Public)), 1)
		of := map[id.Product]insight.Bought{}
		for _, l := range lines {
			s.Units += l.N
			s.Amount += l.Amount.Amount
			s.Commission += l.Commission.Amount
			b := of[l.Product]
			b.Plus(insight.Bought{Units: l.N, Amount: l.Amount.Amount})
			b.Orders = 1
			of[l.Product] = b
		}
		for p, b := range of {
			s.product(string(p), b)
		}
	}
}
