package engagecore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/account"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/moderation"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

// listen takes in what is worth telling. An event may come twice: a notice knows
// whom it has told of.
func (c *Core) listen(ctx context.Context) error {
	return errors.Join(
		bus.On(ctx, c.Bus, Consumer, account.SignedUp, func(ctx context.Context, e bus.Event, d account.SignedUpData) error {
			return c.tell(ctx, news{user: d.User, category: engage.Safety, kind: engage.Welcome, at: e.At})
		}),
		bus.On(ctx, c.Bus, Consumer, creator.Reacted, c.reacted),
		bus.On(ctx, c.Bus, Consumer, creator.Published, c.published),
		bus.On(ctx, c.Bus, Consumer, creator.Unscheduled, func(ctx context.Context, e bus.Event, d creator.UnscheduledData) error {
			return c.tell(ctx, news{user: d.By, category: engage.Safety, kind: engage.Unscheduled, key: e.ID, text: d.Title, at: e.At})
		}),
		bus.On(ctx, c.Bus, Consumer, talk.Said, c.said),
		bus.On(ctx, c.Bus, Consumer, talk.Unsaid, c.unsaid),
		bus.On(ctx, c.Bus, Consumer, checkout.OrderPaid, c.paid),
		bus.On(ctx, c.Bus, Consumer, ledger.PayoutAccountChanged, c.payoutAccount),
		bus.On(ctx, c.Bus, Consumer, ledger.PayoutEnded, c.payoutEnded),
		bus.On(ctx, c.Bus, Consumer, moderation.Decided, c.decided),
		bus.On(ctx, c.Bus, Consumer, moderation.Restricted, func(ctx context.Context, e bus.Event, d moderation.RestrictedData) error {
			return c.tell(ctx, news{user: d.User, category: engage.Safety, kind: engage.Suspended, key: e.ID, text: string(d.Reason), at: e.At})
		}),
	)
}

// dayKey makes what happens to one thing in a day one notice.
func dayKey(what string, at time.Time) string { return what + " " + at.UTC().Format(time.DateOnly) }

func (c *Core) reacted(ctx context.Context, e bus.Event, d creator.ReactedData) error {
	if !d.On {
		return nil // it stays told: taking a like back is nobody's news
	}
	n := news{user: d.Author, category: engage.Likes, by: d.User, post: d.Post, key: dayKey(string(d.Post), e.At), at: e.At}
	switch d.Kind {
	case creator.Liked:
		n.kind = engage.PostLiked
	case creator.SavedIt:
		n.kind = engage.PostSaved
	case creator.Shared:
		n.kind = engage.PostShared
	case creator.Followed:
		n.kind, n.category, n.key = engage.Followed, engage.Follows, dayKey("", e.At)
	default:
		return nil
	}
	return c.tell(ctx, n)
}

func (c *Core) said(ctx context.Context, e bus.Event, d talk.SaidData) error {
	told := map[id.User]bool{d.By: true}
	tell := func(to id.User, category engage.Category, kind engage.Kind) error {
		if told[to] || to == "" {
			return nil
		}
		told[to] = true
		return c.tell(ctx, news{user: to, category: category, kind: kind, key: string(d.Comment), by: d.By, post: d.Post, comment: d.Comment, text: d.Body, at: e.At})
	}
	errs := []error{tell(d.To, engage.Comments, engage.Answered)}
	for _, m := range d.Mentions {
		errs = append(errs, tell(m, engage.Mentions, engage.Mentioned))
	}
	return errors.Join(append(errs, tell(d.Author, engage.Comments, engage.Commented))...)
}

// unsaid takes back what was told of a comment that is gone, from those who would
// have been told of it: its words must not live on here.
func (c *Core) unsaid(ctx context.Context, _ bus.Event, d talk.UnsaidData) error {
	facts, err := c.Creator.Facts(actor.AsSystem(ctx, Consumer), creator.Cards{IDs: []id.Post{d.Post}})
	if err != nil {
		return fmt.Errorf("engage: %w", err)
	}
	var errs []error
	for _, to := range append(d.Told, authorsOf(facts)...) {
		for _, kind := range []engage.Kind{engage.Answered, engage.Mentioned, engage.Commented} {
			err := c.notices.Delete(ctx, string(news{user: to, kind: kind, key: string(d.Comment)}.id()))
			if err != nil && !errors.Is(err, docdb.ErrNotFound) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func authorsOf(l creator.FactList) []id.User {
	var out []id.User
	for _, f := range l.Items {
		out = append(out, f.Author)
	}
	return out
}

func (c *Core) paid(ctx context.Context, e bus.Event, d checkout.OrderData) error {
	errs := []error{c.tell(ctx, news{user: d.Buyer, category: engage.Orders, kind: engage.OrderPaid, key: string(d.Order), order: d.Order, at: e.At})}
	for _, l := range d.Lines {
		if l.Creator != "" {
			errs = append(errs, c.tell(ctx, news{
				user: l.Creator, category: engage.Orders, kind: engage.Sold, key: string(d.Order) + string(l.Post), post: l.Post, at: e.At,
			}))
		}
	}
	return errors.Join(errs...)
}

// decided tells an author what became of their content, in one notice for each
// thing. What is approved is news only if they had heard otherwise, and a decision
// that was taken back at once leaves nothing behind.
func (c *Core) decided(ctx context.Context, e bus.Event, d moderation.DecidedData) error {
	n := news{user: d.Author, category: engage.Safety, kind: engage.Judged, key: string(d.Subject.Kind) + d.Subject.ID, at: e.At}
	n.text = string(d.Verdict.Outcome)
	if d.Verdict.Reason != "" {
		n.text += ":" + string(d.Verdict.Reason)
	}
	if d.Subject.Kind == moderation.Post {
		n.post = id.Post(d.Subject.ID)
	}
	had, err := c.notices.Get(ctx, string(n.id()))
	told := err == nil && had.User != ""
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return fmt.Errorf("engage: %w", err)
	}
	n.rev = d.Rev
	if d.Verdict.Outcome == moderation.Approved && (!told || e.At.Sub(had.At) <= moderation.UndoTTL+undoSlack) {
		return c.bury(ctx, n)
	}
	return c.tell(ctx, n)
}

// bury leaves nothing of a notice but how new its news was, so that what is told
// again of before stays untold.
func (c *Core) bury(ctx context.Context, n news) error {
	_, err := c.notices.Upsert(ctx, string(n.id()), func(x *notice) error {
		if x.Rev >= n.rev {
			return errTold
		}
		*x = notice{ID: n.id(), At: n.at, Rev: n.rev, ExpiresAt: n.at.Add(keep)}
		return nil
	})
	if err != nil && !errors.Is(err, errTold) {
		return fmt.Errorf("engage: %w", err)
	}
	return nil
}

// undoSlack is how much later than allowed an undoing may be announced.
const undoSlack = 5 * time.Second

// fan is a new post on its way to its author's followers.
type fan struct {
	Post      id.Post     `bson:"_id"`
	Author    id.User     `bson:"author"`
	Title     string      `bson:"title"`
	At        time.Time   `bson:"at"`
	After     page.Cursor `bson:"after"`
	Due       time.Time   `bson:"due,omitempty"`
	ExpiresAt time.Time   `bson:"expires_at"`
}

// published tells those who are mentioned, and begins to tell the followers, when
// a post appears for the first time.
func (c *Core) published(ctx context.Context, e bus.Event, d creator.PublishedData) error {
	if d.Visibility == creator.OnlyMe {
		return nil
	}
	var errs []error
	for _, m := range d.Mentions {
		errs = append(errs, c.tell(ctx, news{user: m, category: engage.Mentions, kind: engage.Mentioned, key: string(d.Post), by: d.Author, post: d.Post, text: d.Title, at: e.At}))
	}
	now := c.Now()
	if now.Sub(d.At) > keep || d.Limited {
		return errors.Join(errs...)
	}
	f := fan{Post: d.Post, Author: d.Author, Title: d.Title, At: e.At, Due: now, ExpiresAt: now.Add(keep)}
	if err := c.fans.Insert(ctx, string(d.Post), f); err != nil && !errors.Is(err, docdb.ErrExists) {
		errs = append(errs, fmt.Errorf("engage: %w", err))
	}
	return errors.Join(errs...)
}

// FanDue tells followers of new posts, some at a time. Several processes may do
// so at once.
func (c *Core) FanDue(ctx context.Context) error {
	found, err := c.fans.Find(ctx, docdb.Query{Index: "due", Before: c.Now().Add(time.Millisecond), Limit: batch})
	if err != nil {
		return fmt.Errorf("fans: %w", err)
	}
	var errs []error
	for _, f := range found.Items {
		errs = append(errs, c.fanOne(ctx, f))
	}
	return errors.Join(errs...)
}

func (c *Core) fanOne(ctx context.Context, f fan) error {
	now := c.Now()
	f, err := c.fans.UpdateIf(ctx, string(f.Post),
		[]docdb.Cond{{Field: "due", Op: docdb.Lte, Value: now}},
		[]docdb.Change{{Field: "due", Verb: docdb.Set, Value: now.Add(lease)}})
	if errors.Is(err, docdb.ErrRefused) || errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("fans: %w", err)
	}
	for {
		followers, err := c.Creator.Followers(actor.AsSystem(ctx, Consumer), creator.Follows{ID: f.Author, Ask: page.Ask{After: f.After, Limit: batch}})
		if err != nil {
			return fmt.Errorf("fans: %w", err)
		}
		for _, u := range followers.Items {
			err := c.tell(ctx, news{user: u, category: engage.Creators, kind: engage.Posted, key: string(f.Post), by: f.Author, post: f.Post, text: f.Title, at: f.At})
			if err != nil {
				return err
			}
		}
		changes := []docdb.Change{{Field: "due", Verb: docdb.Remove}}
		if followers.Next != "" {
			changes = []docdb.Change{{Field: "after", Verb: docdb.Set, Value: string(followers.Next)}, {Field: "due", Verb: docdb.Set, Value: c.Now().Add(lease)}}
		}
		if _, err := c.fans.UpdateIf(ctx, string(f.Post), nil, changes); err != nil {
			return fmt.Errorf("fans: %w", err)
		}
		if followers.Next == "" {
			return nil
		}
		f.After = followers.Next
	}
}
