package insightcore

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"meadow/services/creator"
	"meadow/services/insight"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

const (
	usualRows = 20
	mostRows  = 100
	// exported is how many posts a file holds.
	exported = 5000
)

// columns are what posts can be put in order by.
var columns = map[string]func(insight.Day) int64{
	"impressions": func(d insight.Day) int64 { return d.Impressions },
	"views":       func(d insight.Day) int64 { return d.Views },
	"likes":       func(d insight.Day) int64 { return d.Likes },
	"saves":       func(d insight.Day) int64 { return d.Saves },
	"comments":    func(d insight.Day) int64 { return d.Comments },
	"clicks":      func(d insight.Day) int64 { return d.Clicks },
	"orders":      func(d insight.Day) int64 { return d.Orders },
	"amount":      func(d insight.Day) int64 { return d.Amount },
}

// PostTable pages through the posts of a span. A cursor names the last row by its
// value and post: what changes meanwhile moves rows, and loses none that stays.
func (c *Core) PostTable(ctx context.Context, in insight.AskPosts) (page.Page[insight.PostRow], error) {
	none := page.Page[insight.PostRow]{}
	rows, by, err := c.posts(ctx, in)
	if err != nil {
		return none, err
	}
	if in.After != "" {
		value, post, err := place(in.After)
		if err != nil {
			return none, err
		}
		i, _ := slices.BinarySearchFunc(rows, 0, func(r insight.PostRow, _ int) int {
			if cmp.Or(cmp.Compare(value, by(r.Day)), cmp.Compare(r.Post, post)) <= 0 {
				return -1
			}
			return 1
		})
		rows = rows[i:]
	}
	out := page.Page[insight.PostRow]{Items: rows[:min(len(rows), in.Size(usualRows, mostRows))]}
	if n := len(out.Items); n < len(rows) {
		last := out.Items[n-1]
		out.Next = page.Cursor(base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", by(last.Day), last.Post)))
	}
	return out, c.name(ctx, out.Items)
}

func place(at page.Cursor) (int64, id.Post, error) {
	b, err := base64.RawURLEncoding.DecodeString(string(at))
	if err != nil {
		return 0, "", page.ErrCursor
	}
	number, post, ok := strings.Cut(string(b), " ")
	value, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return 0, "", page.ErrCursor
	}
	return value, id.Post(post), nil
}

// posts are the rows of a span, greatest first.
func (c *Core) posts(ctx context.Context, in insight.AskPosts) ([]insight.PostRow, func(insight.Day) int64, error) {
	by := columns[cmp.Or(in.By, "views")]
	account, err := c.allowed(ctx, in.As)
	if err != nil {
		return nil, nil, err
	}
	s, err := c.span(in.From, in.To)
	if err != nil {
		return nil, nil, err
	}
	of := map[id.Post]*adding{}
	err = c.each(ctx, account, "", s, func(x cell) error {
		if x.Post == "" {
			return nil
		}
		if of[x.Post] == nil {
			of[x.Post] = &adding{}
		}
		return of[x.Post].cell(x)
	})
	if err != nil {
		return nil, nil, err
	}
	rows := make([]insight.PostRow, 0, len(of))
	for p, a := range of {
		r := insight.PostRow{Post: p, Day: a.day("")}
		if a.sums.Left > 0 {
			r.Seconds = a.sums.Millis / a.sums.Left / 1000
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b insight.PostRow) int {
		return cmp.Or(cmp.Compare(by(b.Day), by(a.Day)), cmp.Compare(a.Post, b.Post))
	})
	return rows, by, nil
}

// name fills in what the posts are called.
func (c *Core) name(ctx context.Context, rows []insight.PostRow) error {
	ids := make([]id.Post, len(rows))
	for i, r := range rows {
		ids[i] = r.Post
	}
	facts, err := c.facts(ctx, ids)
	for i, r := range rows {
		rows[i].Title, rows[i].Thumb = facts[r.Post].Title, facts[r.Post].Thumb
	}
	return err
}

// Export writes one table as CSV (RFC 4180), with the numbers of the screen.
func (c *Core) Export(ctx context.Context, in insight.Export) (insight.File, error) {
	rows, err := c.table(ctx, in)
	if err != nil {
		return insight.File{}, err
	}
	var text strings.Builder
	text.WriteString("\ufeff") // so that spreadsheets read UTF-8
	w := csv.NewWriter(&text)
	w.UseCRLF = true
	for _, r := range rows {
		for i := range r {
			r[i] = harmless(r[i])
		}
		if err := w.Write(r); err != nil {
			return insight.File{}, fmt.Errorf("insight: %w", err)
		}
	}
	w.Flush()
	return insight.File{
		Name: "meadow-" + in.Table + "-" + in.From + "-" + in.To + ".csv", Type: "text/csv; charset=utf-8", Text: text.String(),
	}, w.Error()
}

// harmless keeps a spreadsheet from taking a title for a formula.
func harmless(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return s
	}
	return "'" + s
}

var dayHead = []string{"impressions", "views", "viewers", "likes", "saves", "shares", "comments", "follows", "clicks", "orders", "units", "amount", "commission"}

func dayCells(d insight.Day) []string {
	return numbers(d.Impressions, d.Views, d.Viewers, d.Likes, d.Saves, d.Shares, d.Comments, d.Follows, d.Clicks, d.Orders, d.Units, d.Amount, d.Commission)
}

func numbers(all ...int64) []string {
	out := make([]string, len(all))
	for i, n := range all {
		out[i] = strconv.FormatInt(n, 10)
	}
	return out
}

// table is what a file holds, its first row the names of the columns.
func (c *Core) table(ctx context.Context, in insight.Export) ([][]string, error) {
	if in.Table == "posts" {
		return c.postRows(ctx, in)
	}
	r, err := c.Report(ctx, insight.Ask{As: in.As, Post: in.Post, From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	var out [][]string
	switch in.Table {
	case "sources":
		out = append(out, []string{"source", "impressions", "views"})
		for _, s := range r.Sources {
			out = append(out, append([]string{string(s.Source)}, numbers(s.Impressions, s.Views)...))
		}
	case "reach":
		out = append(out, []string{"reach", "impressions", "views", "orders"})
		for _, x := range r.Reach {
			out = append(out, append([]string{string(x.Reach)}, numbers(x.Impressions, x.Views, x.Orders)...))
		}
	case "retention", "watched":
		head, rows := "seconds", r.Retention
		if in.Table == "watched" {
			head, rows = "percent", r.Watched
		}
		out = append(out, []string{head, "viewers"})
		for _, k := range rows {
			out = append(out, numbers(k.At, k.Viewers))
		}
	case "products":
		out = append(out, []string{"product", "title", "clicks", "orders", "units", "amount"})
		for _, p := range r.Products {
			out = append(out, append([]string{string(p.Product), p.Title}, numbers(p.Clicks, p.Orders, p.Units, p.Amount)...))
		}
	default:
		out = append(out, append([]string{"day"}, dayHead...))
		for _, d := range r.Days {
			out = append(out, append([]string{d.Day}, dayCells(d)...))
		}
	}
	return out, nil
}

func (c *Core) postRows(ctx context.Context, in insight.Export) ([][]string, error) {
	rows, _, err := c.posts(ctx, insight.AskPosts{As: in.As, From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	if in.Post != "" {
		rows = slices.DeleteFunc(rows, func(r insight.PostRow) bool { return r.Post != in.Post })
		if len(rows) == 0 {
			return nil, creator.ErrNoSuchPost
		}
	}
	rows = rows[:min(len(rows), exported)]
	if err := c.name(ctx, rows); err != nil {
		return nil, err
	}
	out := [][]string{append(append([]string{"post", "title"}, dayHead...), "seconds")}
	for _, r := range rows {
		out = append(out, append(append([]string{string(r.Post), r.Title}, dayCells(r.Day)...), strconv.FormatInt(r.Seconds, 10)))
	}
	return out, nil
}
