// Package sandbox is a carrier that brings nothing: a shop can be tried, and
// tested, from the label to the door. It keeps its own records, moves boxes by
// itself, tells of each move by a signed webhook that it repeats until it is
// taken, and can be asked. Production refuses to start with it.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"meadow/services/fulfil/carrier"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
)

// Name is what boxes call the carrier.
const Name = "sandbox"

// ErrNoSuchBox answers a number that the carrier never gave.
var ErrNoSuchBox = errs.New(errs.NotFound, "no_such_box", "This box does not exist.")

// Box is where a box is, as the carrier's own page would show it.
type Box struct {
	ID       string        `json:"-" bson:"_id"` // its number
	Tracking string        `json:"tracking" bson:"tracking"`
	Shipment id.Shipment   `json:"shipment" bson:"shipment"`
	City     string        `json:"city" bson:"city"`
	State    carrier.State `json:"state" bson:"state"` // "" until it is fetched
}

// Service is the carrier's side of a box. Whoever knows a box's number may look
// at it and move it on.
type Service interface {
	// Box returns a box: ErrNoSuchBox.
	Box(ctx context.Context, in ByBox) (Box, error)
	// Move brings a box to a state now; one that has arrived stays: ErrNoSuchBox.
	Move(ctx context.Context, in Move) (Box, error)
}

type (
	ByBox struct {
		Tracking string `path:"tracking" json:"-" max:"64"`
	}
	Move struct {
		Tracking string        `path:"tracking" json:"-" max:"64"`
		State    carrier.State `json:"state" enum:"in_transit,out_for_delivery,delivered,failed"`
	}
)

// Deps is what the carrier needs; every field but Twice and Backwards is
// required.
type Deps struct {
	DB   docdb.Driver
	Jobs *jobs.Runner
	Now  clock.Now
	Log  *slog.Logger
	HTTP *http.Client
	// Key signs webhooks.
	Key []byte
	// Webhook is where we hear of boxes, an absolute address.
	Webhook string
	// Pace is how long a box stays at each place.
	Pace time.Duration
	// Twice sends every webhook once more, Backwards the latest first.
	Twice, Backwards bool
}

// Carrier is the sandbox.
type Carrier struct {
	Deps
	boxes *docdb.Collection[box]
}

var (
	_ carrier.Carrier = (*Carrier)(nil)
	_ Service         = (*Carrier)(nil)
)

// box is a stored box and what is still to be told of it.
type box struct {
	Box   `bson:",inline"`
	Facts []carrier.Fact `bson:"facts"`
	Tell  []carrier.Fact `bson:"tell"`
	Tries int            `bson:"tries"`
	Due   time.Time      `bson:"due,omitempty"`  // when to tell; absent once all was told
	Next  time.Time      `bson:"next,omitempty"` // when it moves; absent once it is there
}

// New opens the carrier's records.
func New(ctx context.Context, d Deps) (*Carrier, error) {
	boxes, err := docdb.Open[box](ctx, d.DB, d.Now, docdb.Schema{Name: "sandbox_boxes", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}}, {Name: "next", Keys: []string{"next"}},
	}})
	if err != nil {
		return nil, fmt.Errorf("sandbox carrier: %w", err)
	}
	c := &Carrier{Deps: d, boxes: boxes}
	d.Jobs.Every("sandbox.boxes", time.Second, c.work)
	return c, nil
}

func (c *Carrier) Name() string { return Name }

// Announce stores a box, once for each shipment: its number follows from it.
func (c *Carrier) Announce(ctx context.Context, in carrier.Box) (string, error) {
	tracking := "SB" + id.Derive("", string(in.ID))[1:14]
	b := box{Box: Box{ID: tracking, Tracking: tracking, Shipment: in.ID, City: in.To.City}, Next: c.Now().Add(c.Pace)}
	if err := c.boxes.Insert(ctx, tracking, b); err != nil && !errors.Is(err, docdb.ErrExists) {
		return "", err
	}
	return tracking, nil
}

func (c *Carrier) Query(ctx context.Context, tracking string) ([]carrier.Fact, error) {
	b, err := c.boxes.Get(ctx, tracking)
	if errors.Is(err, docdb.ErrNotFound) {
		return nil, carrier.ErrUnknown.Because(err)
	}
	return b.Facts, err
}

func (c *Carrier) Box(ctx context.Context, in ByBox) (Box, error) {
	b, err := c.boxes.Get(ctx, in.Tracking)
	return b.Box, unknown(err)
}

func (c *Carrier) Move(ctx context.Context, in Move) (Box, error) {
	b, err := c.boxes.Update(ctx, in.Tracking, func(b *box) error { return c.move(b, in.State) })
	if errors.Is(err, errSame) {
		return b.Box, nil
	}
	return b.Box, unknown(err)
}

func unknown(err error) error {
	if errors.Is(err, docdb.ErrNotFound) {
		return ErrNoSuchBox.Because(err)
	}
	return err
}

var errSame = errors.New("sandbox carrier: nothing to change")

// after is where a box gets by itself.
var after = map[carrier.State]carrier.State{"": carrier.InTransit, carrier.InTransit: carrier.OutFor, carrier.OutFor: carrier.Arrived}

// move changes a box's state and, in the same write, what is to be told.
func (c *Carrier) move(b *box, to carrier.State) error {
	if b.State == to || b.State == carrier.Arrived {
		return errSame
	}
	b.State = to
	f := carrier.Fact{
		Event: id.Derive("evt", b.Tracking, string(to), fmt.Sprint(len(b.Facts))), Tracking: b.Tracking, State: to,
		Place: b.City, At: c.Now().Add(time.Duration(len(b.Facts)) * time.Millisecond),
	}
	b.Facts, b.Tell = append(b.Facts, f), append(b.Tell, f)
	b.Due, b.Next = c.Now(), c.Now().Add(c.Pace)
	if after[to] == "" {
		b.Next = time.Time{}
	}
	return nil
}

// work moves the boxes that are due, and tells of them.
func (c *Carrier) work(ctx context.Context) error {
	moving, err := c.boxes.Find(ctx, docdb.Query{Index: "next", Before: c.Now(), Limit: 200})
	if err != nil {
		return err
	}
	for _, b := range moving.Items {
		_, err := c.boxes.Update(ctx, b.ID, func(b *box) error {
			if b.Next.IsZero() || c.Now().Before(b.Next) {
				return errSame
			}
			return c.move(b, after[b.State])
		})
		if err != nil && !errors.Is(err, errSame) {
			return err
		}
	}
	telling, err := c.boxes.Find(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: 200})
	if err != nil {
		return err
	}
	for _, b := range telling.Items {
		if err := c.tell(ctx, b); err != nil {
			c.Log.WarnContext(ctx, "webhook not taken", "box", b.ID, "err", err)
		}
	}
	return nil
}

// tell sends all that a box has to tell, and notes what was taken.
func (c *Carrier) tell(ctx context.Context, b box) error {
	facts := slices.Clone(b.Tell)
	if c.Backwards {
		slices.Reverse(facts)
	}
	if c.Twice {
		facts = append(facts, facts...)
	}
	var failed error
	taken := map[string]bool{} // by event: another teller may be at it too
	for _, f := range facts {
		if failed = c.post(ctx, f); failed != nil {
			break
		}
		taken[f.Event] = true
	}
	_, err := c.boxes.Update(ctx, b.ID, func(b *box) error {
		b.Tell = slices.DeleteFunc(b.Tell, func(f carrier.Fact) bool { return taken[f.Event] })
		b.Tries++
		b.Due = time.Time{}
		if len(b.Tell) > 0 {
			b.Due = c.Now().Add(min(time.Second<<min(b.Tries, 10), time.Hour))
		}
		return nil
	})
	return errors.Join(failed, err)
}
