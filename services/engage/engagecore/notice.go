package engagecore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// news is something to tell a person. Key names what it is about: what shares a
// key is one notice.
type news struct {
	user     id.User
	category engage.Category
	kind     engage.Kind
	key      string
	by       id.User // "" is the shop
	post     id.Post
	comment  id.Comment
	order    id.Order
	text     string
	at       time.Time
	rev      int64 // a higher one takes the place of what was told
}

func (n news) id() id.Notice {
	return id.Notice(id.Derive("ntc", string(n.user), string(n.kind), n.key))
}

const (
	maxPeople = 500 // that a notice tells apart
	maxActors = 3
	maxText   = 100 // characters
)

var errTold = errors.New("told already")

// tell stores a piece of news, once for each person who causes it, and puts it
// in line to be pushed. Nobody hears of themselves, nor of whom they keep away.
func (c *Core) tell(ctx context.Context, n news) error {
	if n.user == "" || n.user == n.by {
		return nil
	}
	box, err := c.inboxOf(ctx, n.user)
	if err != nil {
		return err
	}
	if n.category != engage.Safety && !box.prefs().App[n.category] {
		return nil
	}
	if hidden, err := c.hidden(ctx, n); err != nil || hidden {
		return err
	}
	seen, closed, err := c.fill(ctx, &n)
	if err != nil || closed {
		return err
	}
	stored, err := c.notices.Upsert(ctx, string(n.id()), func(x *notice) error {
		if x.ID != "" && n.rev <= x.Rev && (n.by == "" || slices.Contains(x.People, n.by)) {
			return errTold
		}
		if n.rev > x.Rev {
			x.Count, x.Rev = 0, n.rev
		}
		if x.User == "" {
			*x = notice{ID: n.id(), User: n.user, Category: n.category, Kind: n.kind, Post: n.post, Comment: n.comment, Order: n.order, Thumb: seen.Thumb, Ad: seen.Ad, Rev: n.rev}
		}
		x.take(n)
		return nil
	})
	if err != nil && !errors.Is(err, errTold) {
		return fmt.Errorf("engage: %w", err)
	}
	// Also when it was told already: a kill may have come in between.
	return errors.Join(c.queue(ctx, box, stored), c.expectDigest(ctx, box))
}

func (x *notice) take(n news) {
	x.Count++
	if n.at.After(x.At) {
		x.At = n.at
	}
	x.ExpiresAt = x.At.Add(keep)
	x.Text = clip(n.text)
	if n.by == "" {
		return
	}
	x.People = append(x.People, n.by)
	x.People = x.People[max(0, len(x.People)-maxPeople):]
	x.Actors = append([]id.User{n.by}, x.Actors...)
	x.Actors = x.Actors[:min(maxActors, len(x.Actors))]
}

func clip(s string) string {
	r := []rune(s)
	if len(r) > maxText {
		return string(r[:maxText-1]) + "…"
	}
	return s
}

// hidden reports whether the person keeps away who causes the news.
func (c *Core) hidden(ctx context.Context, n news) (bool, error) {
	if n.by == "" || n.category == engage.Orders || n.category == engage.Safety {
		return false, nil
	}
	s, err := c.Moderation.Shield(actor.AsSystem(ctx, Consumer), moderation.AskShield{User: n.user})
	if err != nil {
		return false, fmt.Errorf("engage: %w", err)
	}
	return slices.Contains(s.Hidden, n.by), nil
}

// fill adds what is to be seen of the post, and reports whether the person may
// not read it: then being mentioned in it, or its being new, is no news.
func (c *Core) fill(ctx context.Context, n *news) (seen creator.PostFacts, closed bool, err error) {
	if n.post == "" {
		return seen, false, nil
	}
	found, err := c.Creator.Facts(actor.AsSystem(ctx, Consumer), creator.Cards{IDs: []id.Post{n.post}, For: n.user})
	if err != nil {
		return seen, false, fmt.Errorf("engage: %w", err)
	}
	for _, f := range found.Items {
		if n.text == "" {
			n.text = f.Title
		}
		return f, !f.Visible && (n.kind == engage.Posted || n.kind == engage.Mentioned), nil
	}
	return seen, false, nil
}

const (
	usualPage = 20
	mostPage  = 50
	mostCount = 99
)

// Notices pages through the caller's.
func (c *Core) Notices(ctx context.Context, in engage.AskNotices) (page.Page[engage.Notice], error) {
	none := page.Page[engage.Notice]{}
	box, err := c.mine(ctx)
	if err != nil {
		return none, err
	}
	q := docdb.Query{Index: "user", Equal: []any{string(box.ID)}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After}
	if in.Category != "" {
		q.Index, q.Equal = "category", []any{string(box.ID), string(in.Category)}
	}
	found, err := c.notices.Find(ctx, q)
	if err != nil {
		return none, fmt.Errorf("notices: %w", err)
	}
	people, err := c.authors(ctx, found.Items)
	if err != nil {
		return none, err
	}
	closed, err := c.closed(ctx, box.ID, found.Items)
	if err != nil {
		return none, err
	}
	return page.Map(found, func(n notice) engage.Notice {
		if closed[n.Post] && n.Category != engage.Safety {
			n.Thumb, n.Text = "", ""
		}
		v := engage.Notice{
			ID: n.ID, Category: n.Category, Kind: n.Kind, Count: n.Count, Post: n.Post, Comment: n.Comment, Order: n.Order,
			Thumb: n.Thumb, Ad: n.Ad, Text: n.Text, Read: !n.At.After(box.Read[n.Category]), At: n.At, Actors: []creator.Author{},
		}
		for _, a := range n.Actors {
			if p, ok := people[a]; ok {
				v.Actors = append(v.Actors, p)
			}
		}
		return v
	}), nil
}

// closed are the posts among those of notices that their owner may not read any
// more: nothing of them is shown.
func (c *Core) closed(ctx context.Context, u id.User, all []notice) (map[id.Post]bool, error) {
	var ids []id.Post
	for _, n := range all {
		if n.Post != "" && !slices.Contains(ids, n.Post) {
			ids = append(ids, n.Post)
		}
	}
	out := map[id.Post]bool{}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := c.Creator.Facts(actor.AsSystem(ctx, Consumer), creator.Cards{IDs: ids, For: u})
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	for _, f := range found.Items {
		out[f.ID] = !f.Visible
	}
	return out, nil
}

func (c *Core) authors(ctx context.Context, all []notice) (map[id.User]creator.Author, error) {
	var ids []id.User
	for _, n := range all {
		ids = append(ids, n.Actors...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out := map[id.User]creator.Author{}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := c.Creator.Authors(actor.AsSystem(ctx, Consumer), creator.Authors{IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	for _, a := range found.Items {
		out[a.ID] = a
	}
	return out, nil
}

// Unread counts the caller's unread notices.
func (c *Core) Unread(ctx context.Context, _ rpc.Empty) (engage.Counts, error) {
	box, err := c.mine(ctx)
	if err != nil {
		return engage.Counts{}, err
	}
	return c.unread(ctx, box, time.Time{})
}

// unread counts what came after since and is unread.
func (c *Core) unread(ctx context.Context, box inbox, since time.Time) (engage.Counts, error) {
	out := engage.Counts{Categories: map[engage.Category]int64{}}
	for _, k := range engage.Categories {
		from := box.Read[k]
		if since.After(from) {
			from = since
		}
		found, err := c.notices.Find(ctx, docdb.Query{
			Index: "category", Equal: []any{string(box.ID), string(k)}, From: from.Add(time.Millisecond), Limit: mostCount,
		})
		if err != nil {
			return out, fmt.Errorf("unread: %w", err)
		}
		if n := int64(len(found.Items)); n > 0 {
			out.Categories[k] = n
			out.Unread += n
		}
	}
	return out, nil
}

// MarkRead marks what the caller has seen.
func (c *Core) MarkRead(ctx context.Context, in engage.MarkRead) (engage.Counts, error) {
	box, err := c.mine(ctx)
	if err != nil {
		return engage.Counts{}, err
	}
	until := in.Until
	if now := c.Now(); until.After(now) || until.IsZero() {
		until = now
	}
	box, err = c.inboxes.Upsert(ctx, string(box.ID), func(i *inbox) error {
		i.ID = box.ID
		if i.Read == nil {
			i.Read = map[engage.Category]time.Time{}
		}
		for _, k := range engage.Categories {
			if (in.Category == "" || in.Category == k) && until.After(i.Read[k]) {
				i.Read[k] = until
			}
		}
		return nil
	})
	if err != nil {
		return engage.Counts{}, fmt.Errorf("mark read: %w", err)
	}
	return c.unread(ctx, box, time.Time{})
}
