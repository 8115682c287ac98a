package feedcore

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/feed"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Profile is what the feed believes about the caller.
func (c *Core) Profile(ctx context.Context, _ feed.Empty) (feed.Profile, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return feed.Profile{}, err
	}
	p, err := c.person(ctx, me)
	if err != nil {
		return feed.Profile{}, err
	}
	out := c.engine.Profile(me, c.Now())
	out.Personal, out.Hidden = p.personal(), int64(len(p.Hidden))
	out.Topics = interests(out.Topics, p.preferences())
	return out, c.nameAll(ctx, &out)
}

const mostInterests = 20

// interests are what somebody chose, then what they lean to, without what they
// muted.
func interests(leans []feed.Interest, w feed.Preferences) []feed.Interest {
	out := []feed.Interest{}
	for _, t := range w.Topics {
		out = append(out, feed.Interest{Topic: t, Weight: 1, Chosen: true})
	}
	for _, l := range leans {
		if !has(w.Topics, l.Topic) && !has(w.Muted, l.Topic) {
			l.Chosen = false
			out = append(out, l)
		}
	}
	return out[:min(len(out), mostInterests)]
}

// nameAll gives authors their names, and leaves out those who are no more.
func (c *Core) nameAll(ctx context.Context, p *feed.Profile) error {
	if len(p.Authors) == 0 {
		return nil
	}
	ids := make([]id.User, len(p.Authors))
	for i, a := range p.Authors {
		ids[i] = a.Author
	}
	got, err := c.Creator.Authors(asFeed(ctx), creator.Authors{IDs: ids})
	if err != nil {
		return fmt.Errorf("authors: %w", err)
	}
	names := map[id.User]string{}
	for _, a := range got.Items {
		names[a.ID] = a.Name
	}
	for i := range p.Authors {
		p.Authors[i].Name = names[p.Authors[i].Author]
	}
	p.Authors = slices.DeleteFunc(p.Authors, func(l feed.Liking) bool { return l.Name == "" })
	return nil
}

// History pages through what the feed remembers that the caller did, latest
// first. The deeds of one second stand together on a page.
func (c *Core) History(ctx context.Context, in page.Ask) (page.Page[feed.Deed], error) {
	none := page.Page[feed.Deed]{}
	me, err := actor.Signed(ctx)
	if err != nil {
		return none, err
	}
	all := c.engine.History(me)
	at, err := readDeed(in.After)
	if err != nil {
		return none, err
	}
	size := in.Size(usualPage, mostPage)
	rest := slices.DeleteFunc(all, func(d feed.Deed) bool { return !at.IsZero() && !d.At.Before(at) })
	out := page.Page[feed.Deed]{Items: some(rest)}
	if len(rest) > size {
		for size < len(rest) && rest[size].At.Equal(rest[size-1].At) {
			size++
		}
		out.Items = rest[:size]
		if size < len(rest) {
			out.Next = page.Cursor(strconv.FormatInt(rest[size-1].At.Unix(), 10))
		}
	}
	return out, c.titleDeeds(ctx, out.Items)
}

func readDeed(c page.Cursor) (time.Time, error) {
	if c == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(string(c), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, page.ErrCursor.Because(err)
	}
	return time.Unix(n, 0).UTC(), nil
}

func (c *Core) titleDeeds(ctx context.Context, deeds []feed.Deed) error {
	var ids []id.Post
	for _, d := range deeds {
		if d.Post != "" {
			ids = append(ids, d.Post)
		}
	}
	slices.Sort(ids)
	titles, err := c.titlesOf(ctx, slices.Compact(ids))
	for i := range deeds {
		deeds[i].Title = titles[deeds[i].Post]
	}
	return err
}

// ExportHistory is all of the caller's history as a file.
func (c *Core) ExportHistory(ctx context.Context, _ feed.Empty) (feed.File, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return feed.File{}, err
	}
	all := c.engine.History(me)
	if err := c.titleDeeds(ctx, all); err != nil {
		return feed.File{}, err
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write([]string{"at", "kind", "post", "title", "author", "product", "seconds"}) // a builder takes everything
	for _, d := range all {
		_ = w.Write([]string{
			d.At.Format(time.RFC3339), d.Kind, string(d.Post), plainCell(d.Title), string(d.Author), string(d.Product), strconv.FormatInt(d.Seconds, 10),
		})
	}
	w.Flush()
	return feed.File{
		Name: "feed-history-" + c.Now().UTC().Format(time.DateOnly) + ".csv", Type: "text/csv; charset=utf-8", Text: text.String(),
	}, nil
}

// plainCell is text that no spreadsheet takes for a formula.
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
