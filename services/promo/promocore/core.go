// Package promocore implements promo.Pricing over the kinds of rules there are.
//
// Price asks each source for its rules and computes with package price. What an
// order takes of limited rules is written down as a plan before any source is
// asked, so that whatever a crash leaves half done is finished or undone by a
// job: every source's verbs may be called again with the same order.
package promocore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
	"meadow/services/promo"
	"meadow/services/promo/price"
)

// Deps is what the pricing needs; Bus only to Run.
type Deps struct {
	DB      docdb.Driver
	Bus     bus.Bus
	Jobs    *jobs.Runner
	Now     clock.Now
	Log     *slog.Logger
	Sources []promo.Source
	// Taxes are put on top of prices; a region without an entry has prices that hold
	// their tax.
	Taxes price.Taxes
}

// Core is the pricing.
type Core struct {
	Deps
	plans  *docdb.Collection[plan]
	byKind map[promo.Kind]promo.Source
}

var _ promo.Pricing = (*Core)(nil)

// plan is what an order takes, and how far it has got. It is the one place where
// an order's promotions are decided about.
//
//	taking → held → redeeming → redeemed → returning → returned
//	taking | held → releasing → released
//	released → taking | redeeming              taken anew
//	redeeming → undoing → lost                 something was used up meanwhile
type plan struct {
	ID    id.Order    `bson:"_id"`
	Buyer id.User     `bson:"buyer"`
	Uses  []promo.Use `bson:"uses"`
	Until time.Time   `bson:"until"`
	State state       `bson:"state"`
	// Again is that the sources may not hold it any more, so that it is taken anew
	// before it is redeemed.
	Again bool `bson:"again,omitempty"`
	// Back is the request that returned the whole order.
	Back string `bson:"back,omitempty"`
	Paid int64  `bson:"paid,omitempty"` // points of Back
	// Due is when the job looks after it; absent once there is nothing to do.
	Due time.Time `bson:"due,omitempty"`
}

type state string

const (
	taking    state = "taking"
	held      state = "held"
	redeeming state = "redeeming"
	redeemed  state = "redeemed"
	releasing state = "releasing"
	released  state = "released"
	undoing   state = "undoing"
	lost      state = "lost"
	returning state = "returning"
	returned  state = "returned"
)

const (
	// sweepEvery is how often the job looks for plans that are due.
	sweepEvery = 5 * time.Second
	// patience is how long a step may take before the job takes it over: longer than
	// any call lives.
	patience = time.Minute
)

// errMoved means that somebody else moved the plan on meanwhile.
var errMoved = errors.New("promo: plan moved on")

// New opens the plans. A kind has one source.
func New(ctx context.Context, d Deps) (*Core, error) {
	c := &Core{Deps: d, byKind: map[promo.Kind]promo.Source{}}
	for _, s := range d.Sources {
		for _, k := range kinds(s) {
			if c.byKind[k] != nil {
				return nil, fmt.Errorf("promo: two sources of %s", k)
			}
			c.byKind[k] = s
		}
	}
	var err error
	c.plans, err = docdb.Open[plan](ctx, d.DB, d.Now, docdb.Schema{Name: "promo_plans", Indexes: []docdb.Index{{Name: "due", Keys: []string{"due"}}}})
	if err != nil {
		return nil, fmt.Errorf("promo: %w", err)
	}
	d.Jobs.Every("promo.finish", sweepEvery, c.sweep)
	return c, nil
}

func kinds(s promo.Source) []promo.Kind {
	if many, ok := s.(promo.Kinds); ok {
		return many.Kinds()
	}
	return []promo.Kind{s.Kind()}
}

// system asks sources as the pricing, whoever is behind it.
func system(ctx context.Context) context.Context { return actor.AsSystem(ctx, "promo") }

// Price gathers the rules and computes.
func (c *Core) Price(ctx context.Context, in promo.PriceAsk) (promo.Priced, error) {
	if in.At.IsZero() {
		in.At = c.Now()
	}
	var rules []promo.Rule
	for _, s := range c.Sources {
		more, err := s.Rules(system(ctx), in)
		if err != nil {
			return promo.Priced{}, fmt.Errorf("rules of %s: %w", s.Kind(), err)
		}
		rules = append(rules, more...)
	}
	return price.Quote(in, rules, c.Taxes)
}

// share is what one source gives of an order.
type share struct {
	promo.Source
	uses []promo.Use
}

// shares groups uses by source, in one order for all orders.
func (c *Core) shares(uses []promo.Use) ([]share, error) {
	var out []share
	for _, u := range uses {
		s, ok := c.byKind[u.Kind]
		if !ok {
			return nil, errs.ErrInvalid.With("uses", "are of a kind that is not offered: "+string(u.Kind))
		}
		at := slices.IndexFunc(out, func(o share) bool { return o.Source == s })
		if at < 0 {
			out = append(out, share{Source: s})
			at = len(out) - 1
		}
		out[at].uses = append(out[at].uses, u)
	}
	slices.SortStableFunc(out, func(a, b share) int {
		return slices.Index(c.Sources, a.Source) - slices.Index(c.Sources, b.Source)
	})
	return out, nil
}

// saysNo tells a source's refusal from a failure whose outcome is not known.
func saysNo(err error) bool {
	switch errs.CodeOf(err) {
	case errs.Exhausted, errs.Precondition, errs.Forbidden, errs.NotFound, errs.Invalid:
		return true
	}
	return errors.Is(err, promo.ErrChanged)
}

// move changes a plan that is in one of the states from; errMoved if it is not.
func (c *Core) move(ctx context.Context, o id.Order, change func(*plan), from ...state) (plan, error) {
	return c.plans.Update(ctx, string(o), func(p *plan) error {
		if !slices.Contains(from, p.State) {
			return errMoved
		}
		change(p)
		return nil
	})
}

// get returns an order's plan; none is no error.
func (c *Core) get(ctx context.Context, o id.Order) (p plan, ok bool, err error) {
	p, err = c.plans.Get(ctx, string(o))
	if errors.Is(err, docdb.ErrNotFound) {
		return p, false, nil
	}
	return p, err == nil, err
}
