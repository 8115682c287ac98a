package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"meadow/services/checkout/pay"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/jobs"
)

// Deps is what the provider needs; every field is required.
type Deps struct {
	DB   docdb.Driver
	Jobs *jobs.Runner
	Now  clock.Now
	Log  *slog.Logger
	HTTP *http.Client
	// Key signs webhooks.
	Key []byte
	// Page is where a bill is paid and Webhook where we hear of it: absolute
	// addresses, the first to be followed by the bill's id.
	Page, Webhook string
}

// Provider is the sandbox.
type Provider struct {
	Deps
	bills *docdb.Collection[bill]
	moves *docdb.Collection[movement]
	told  chan id.Payment // bills that have something to tell now
}

var (
	_ pay.Provider = (*Provider)(nil)
	_ Service      = (*Provider)(nil)
)

// New opens the provider's records.
func New(ctx context.Context, d Deps) (*Provider, error) {
	bills, err := docdb.Open[bill](ctx, d.DB, d.Now, docdb.Schema{Name: "sandbox_bills", Indexes: []docdb.Index{
		{Name: "due", Keys: []string{"due"}},
		{Name: "book_due", Keys: []string{"book_due"}},
	}})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	moves, err := docdb.Open[movement](ctx, d.DB, d.Now, docdb.Schema{Name: "sandbox_movements", Indexes: []docdb.Index{{Name: "at", Keys: []string{"at"}}}})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	p := &Provider{Deps: d, bills: bills, moves: moves, told: make(chan id.Payment, 1024)}
	d.Jobs.Every("sandbox.webhooks", time.Second, p.tellDue)
	return p, nil
}

func (p *Provider) Name() string { return Name }

// Begin stores a bill, once for each payment.
func (p *Provider) Begin(ctx context.Context, in pay.Intent) (string, error) {
	b := bill{Bill: Bill{ID: in.Payment, Title: in.Title, Amount: in.Amount, Outcome: pay.Waiting, Return: in.Return}, MovedAt: p.Now()}
	if err := p.bills.Insert(ctx, string(b.ID), b); err != nil && !errors.Is(err, docdb.ErrExists) {
		return "", err
	}
	return p.Page + string(in.Payment), nil
}

func (p *Provider) Bill(ctx context.Context, in ByBill) (Bill, error) {
	b, err := p.bills.Get(ctx, string(in.ID))
	if errors.Is(err, docdb.ErrNotFound) {
		return Bill{}, ErrNoSuchBill.Because(err)
	}
	return b.Bill, err
}

var errSame = errors.New("sandbox: nothing to change")

func fact(b bill) pay.Fact {
	return pay.Fact{Event: id.Derive("evt", string(b.ID), string(b.Outcome)), Payment: b.ID, Outcome: b.Outcome, Amount: b.Amount, At: b.MovedAt}
}

func (p *Provider) Query(ctx context.Context, payment id.Payment) (pay.Fact, error) {
	b, err := p.bills.Get(ctx, string(payment))
	if errors.Is(err, docdb.ErrNotFound) {
		return pay.Fact{}, pay.ErrUnknown.Because(err)
	}
	return fact(b), err
}

// Run tells of what happened until ctx ends.
func (p *Provider) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-p.told:
			if err := p.tell(ctx, b); err != nil && ctx.Err() == nil {
				p.Log.WarnContext(ctx, "webhook not taken", "bill", b, "err", err)
			}
		}
	}
}

func (p *Provider) tellDue(ctx context.Context) error {
	due, err := p.bills.Find(ctx, docdb.Query{Index: "due", Before: p.Now(), Limit: 200})
	if err != nil {
		return err
	}
	for _, b := range due.Items {
		if err := p.tell(ctx, b.ID); err != nil {
			p.Log.WarnContext(ctx, "webhook not taken", "bill", b.ID, "err", err)
		}
	}
	return nil
}

// tell sends all that a bill has to tell, and notes what was taken.
func (p *Provider) tell(ctx context.Context, payment id.Payment) error {
	b, err := p.bills.Get(ctx, string(payment))
	if err != nil || b.Due.IsZero() {
		return err
	}
	var failed error
	taken := map[string]bool{} // by event: another teller may be at it too
	for _, f := range b.Tell {
		if failed = p.post(ctx, f); failed != nil {
			break
		}
		taken[f.Event] = true
	}
	_, err = p.bills.Update(ctx, string(payment), func(b *bill) error {
		b.Tell = slices.DeleteFunc(b.Tell, func(f pay.Fact) bool { return taken[f.Event] })
		b.Tries++
		b.Due = time.Time{}
		if len(b.Tell) > 0 {
			b.Due = p.Now().Add(min(time.Second<<min(b.Tries, 10), time.Hour))
		}
		return nil
	})
	return errors.Join(failed, err)
}

func (p *Provider) post(ctx context.Context, f pay.Fact) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Webhook, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, Sign(p.Key, p.Now(), body))
	res, err := p.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection is used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("sandbox: webhook answered %s", res.Status)
	}
	return nil
}
