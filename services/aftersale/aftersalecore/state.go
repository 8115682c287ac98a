package aftersalecore

import (
	"fmt"
	"slices"
	"time"

	"meadow/services/aftersale"
)

// next is every move a request's state may make; see aftersale.State.
var next = map[aftersale.State][]aftersale.State{
	aftersale.Asked:      {aftersale.Agreed, aftersale.Refused, aftersale.Withdrawn},
	aftersale.Agreed:     {aftersale.Refunding, aftersale.Sending, aftersale.Replacing, aftersale.Disputed, aftersale.Withdrawn},
	aftersale.Refused:    {aftersale.Disputed, aftersale.Closed},
	aftersale.Sending:    {aftersale.Inspecting, aftersale.Withdrawn},
	aftersale.Inspecting: {aftersale.Refunding, aftersale.Replacing, aftersale.Disputed},
	aftersale.Replacing:  {aftersale.Done, aftersale.Refunding},
	aftersale.Refunding:  {aftersale.Done, aftersale.Closed},
	aftersale.Disputed:   {aftersale.Agreed, aftersale.Closed},
}

// waits is how long a state waits for somebody, and what its timer decides.
var waits = map[aftersale.State]struct {
	within time.Duration
	then   aftersale.State
}{
	aftersale.Asked:      {aftersale.AnswerWithin, aftersale.Agreed},
	aftersale.Refused:    {aftersale.DisputeWithin, aftersale.Closed},
	aftersale.Agreed:     {aftersale.DisputeWithin, aftersale.Refunding}, // of an offer
	aftersale.Sending:    {aftersale.SendWithin, aftersale.Withdrawn},
	aftersale.Inspecting: {aftersale.InspectWithin, aftersale.Refunding},
}

// Who moves a request.
const (
	byBuyer    = "buyer"
	byShop     = "shop"
	byOperator = "operator"
	byTimer    = "timer"
	bySystem   = "system"
)

// move takes r to a state, and sets its timer. What the table does not have is
// ErrNotNow; where r is already there it stays.
func (r *request) move(now time.Time, to aftersale.State, by, text string) error {
	if r.State == to {
		return nil
	}
	if !slices.Contains(next[r.State], to) {
		return aftersale.ErrNotNow.Because(fmt.Errorf("from %s to %s", r.State, to))
	}
	r.enter(now, to, by, text)
	return nil
}

func (r *request) enter(now time.Time, to aftersale.State, by, text string) {
	r.State, r.Tries = to, 0
	r.Due, r.Then, r.Wake = time.Time{}, "", time.Time{}
	r.Log = append(r.Log, aftersale.Step{What: to, By: by, Text: text, At: now})
	if w, ok := waits[to]; ok {
		r.Due, r.Then = now.Add(w.within), w.then
		if to == aftersale.Inspecting && r.Kind == aftersale.Exchange {
			r.Then = aftersale.Replacing
		}
		if to == aftersale.Agreed && r.goodsCome() {
			r.Then = aftersale.Sending
		}
		r.Wake = r.Due
	}
	if to == aftersale.Refunding || to == aftersale.Replacing || to.Over() {
		r.Wake = now // there is something to finish
	}
	if to.Over() {
		r.ClosedAt = now
	}
}

// goodsCome reports whether goods have still to come back.
func (r *request) goodsCome() bool {
	return (r.Kind == aftersale.Return || r.Kind == aftersale.Exchange) && r.Tracking == ""
}

// agree agrees on what was wanted, or on less, and goes on unless the buyer has
// to take the offer first.
func (r *request) agree(now time.Time, by, text string, offer bool) error {
	if err := r.move(now, aftersale.Agreed, by, text); err != nil {
		return err
	}
	if offer {
		return nil
	}
	return r.goOn(now, by)
}

// goOn is what comes after agreeing, or after goods have come back.
func (r *request) goOn(now time.Time, by string) error {
	switch {
	case r.goodsCome():
		return r.move(now, aftersale.Sending, by, "")
	case r.Kind == aftersale.Exchange:
		return r.move(now, aftersale.Replacing, by, "")
	}
	return r.move(now, aftersale.Refunding, by, "")
}

// ring decides what nobody decided in time.
func (r *request) ring(now time.Time) error {
	switch r.State {
	case aftersale.Asked:
		r.Agreed = r.Wanted
		return r.agree(now, byTimer, "", false)
	case aftersale.Agreed, aftersale.Inspecting:
		return r.goOn(now, byTimer)
	}
	return r.move(now, r.Then, byTimer, "")
}
