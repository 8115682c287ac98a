package insightcore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// maxDays is the longest span.
const maxDays = 366

// span is some whole days in UTC, [from, until).
type span struct{ from, until time.Time }

func (c *Core) span(from, to string) (span, error) {
	a, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return span{}, insight.ErrSpan.With("from", "is not a day such as 2026-11-22")
	}
	b, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return span{}, insight.ErrSpan.With("to", "is not a day such as 2026-11-22")
	}
	s := span{a, b.AddDate(0, 0, 1)}
	if !s.from.Before(s.until) || s.days() > maxDays || s.from.After(c.Now()) {
		return span{}, insight.ErrSpan
	}
	return s, nil
}

func (s span) days() int { return int(s.until.Sub(s.from) / (24 * time.Hour)) }

// before is the span of equal length before s.
func (s span) before() span { return span{s.from.AddDate(0, 0, -s.days()), s.from} }

// Report adds up an account, or one of its posts.
func (c *Core) Report(ctx context.Context, in insight.Ask) (insight.Report, error) {
	account, err := c.allowed(ctx, in.As)
	if err != nil {
		return insight.Report{}, err
	}
	if in.Post != "" {
		facts, err := c.facts(ctx, []id.Post{in.Post})
		if err != nil {
			return insight.Report{}, err
		}
		if facts[in.Post].Author != account {
			return insight.Report{}, creator.ErrNoSuchPost
		}
	}
	s, err := c.span(in.From, in.To)
	if err != nil {
		return insight.Report{}, err
	}
	out := insight.Report{From: in.From, To: in.To, Currency: c.Currency, At: c.Now()}
	if out.Before, err = c.total(ctx, account, in.Post, s.before()); err != nil {
		return out, err
	}
	byDay, all := map[string]*adding{}, &adding{}
	err = c.each(ctx, account, in.Post, s, func(x cell) error {
		if byDay[x.Day] == nil {
			byDay[x.Day] = &adding{}
		}
		return cmp.Or(byDay[x.Day].cell(x), all.cell(x))
	})
	if err != nil {
		return out, err
	}
	for at := s.from; at.Before(s.until); at = at.AddDate(0, 0, 1) {
		d := insight.Day{Day: dayOf(at)}
		if a := byDay[d.Day]; a != nil {
			d = a.day(d.Day)
		}
		out.Days = append(out.Days, d)
	}
	out.Sum = all.day("")
	out.Sources, out.Reach = all.sources(), all.reach()
	out.Retention, out.Watched = curve(keptAt, all.sums.Kept), curve(watchedAt, all.sums.Watched)
	out.Products, err = c.products(ctx, all.sums.Products)
	return out, err
}

// adding is cells on their way to a row.
type adding struct {
	sums sums
	seen union
}

func (a *adding) cell(x cell) error {
	a.sums.merge(x.Sums)
	return a.seen.add(x.Seen)
}

func (a *adding) day(name string) insight.Day {
	d := a.sums.Day
	d.Day = name
	d.Viewers = min(a.seen.count(), d.Views)
	return d
}

func (a *adding) sources() []insight.BySource {
	out := []insight.BySource{}
	for _, s := range insight.Sources {
		if m, ok := a.sums.Sources[string(s)]; ok {
			out = append(out, insight.BySource{Source: s, Impressions: m.Impressions, Views: m.Views})
		}
	}
	return out
}

func (a *adding) reach() []insight.ByReach {
	out := make([]insight.ByReach, len(insight.Reaches))
	for i, r := range insight.Reaches {
		out[i] = insight.ByReach{Reach: r, Orders: a.sums.Reached[string(r)]}
		for s, m := range a.sums.Sources {
			if insight.Source(s).Reach() == r {
				out[i].Impressions += m.Impressions
				out[i].Views += m.Views
			}
		}
	}
	return out
}

func curve(steps, counts []int64) []insight.Kept {
	out := make([]insight.Kept, len(steps))
	for i, at := range steps {
		out[i].At = at
		if i < len(counts) {
			out[i].Viewers = counts[i]
		}
	}
	return out
}

func (c *Core) total(ctx context.Context, account id.User, post id.Post, s span) (insight.Day, error) {
	all := &adding{}
	err := c.each(ctx, account, post, s, all.cell)
	return all.day(""), err
}

// each calls f with the cells of an account, or of one post, in a span.
func (c *Core) each(ctx context.Context, account id.User, post id.Post, s span, f func(cell) error) error {
	q := docdb.Query{
		Index: "account", Equal: []any{string(account)},
		From: dayOf(s.from), Before: dayOf(s.until), Limit: 500,
	}
	if post != "" {
		q.Index, q.Equal = "post", []any{string(post)}
	}
	for {
		found, err := c.cells.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("insight: %w", err)
		}
		for _, x := range found.Items {
			if err := f(x); err != nil {
				return err
			}
		}
		if found.Next == "" {
			return nil
		}
		q.After = found.Next
	}
}

// products are the rows of a report, most sold first.
func (c *Core) products(ctx context.Context, of map[string]insight.Bought) ([]insight.ProductRow, error) {
	out := make([]insight.ProductRow, 0, len(of))
	for p, b := range of {
		out = append(out, insight.ProductRow{Product: id.Product(p), Bought: b})
	}
	slices.SortFunc(out, func(a, b insight.ProductRow) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(b.Clicks, a.Clicks), cmp.Compare(a.Product, b.Product))
	})
	const most = 100
	out = out[:min(most, len(out))]
	ids := make([]id.Product, len(out))
	for i, r := range out {
		ids[i] = r.Product
	}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := c.Catalog.ProductsByID(actor.AsSystem(ctx, Consumer), catalog.ProductsByID{IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("insight: %w", err)
	}
	for _, p := range found.Items {
		i := slices.Index(ids, p.ID)
		if i < 0 {
			continue
		}
		out[i].Title = p.Title
		if len(p.Pictures) > 0 {
			out[i].Cover = p.Pictures[0]
		}
	}
	return out, nil
}
