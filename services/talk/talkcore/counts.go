package talkcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/docdb"
	"meadow/services/talk"
)

// count says what is counted where.
func (c *Core) count() {
	ofComment := func(k *comment) *tally { return &k.Tally }
	commentID := func(k comment) string { return string(k.ID) }
	c.liked = gather[like, comment]{
		sources: c.likes, targets: c.comments,
		tally: func(l *like) *tally { return &l.Tally },
		id:    func(l like) string { return l.ID },
		want:  likeCounts,
		rev:   func(k comment) int64 { return k.Rev },
		round: func(k *comment) *[]taken { return &k.Liked },
		add: func(k *comment, more int64, _ []taken) {
			k.Likes += more
			k.place()
		},
	}
	c.replied = gather[comment, comment]{
		sources: c.comments, targets: c.comments,
		tally: ofComment, id: commentID, want: comment.want,
		rev:   func(k comment) int64 { return k.Rev },
		round: func(k *comment) *[]taken { return &k.Replied },
		look:  c.firstReplies,
		add:   c.addReplies,
	}
	c.counted = gather[comment, thread]{
		sources: c.comments, targets: c.threads,
		tally: ofComment, id: commentID, want: comment.want,
		rev:   func(t thread) int64 { return t.Rev },
		round: func(t *thread) *[]taken { return &t.Round },
		look:  c.firstComment,
		add:   c.addComments,
	}
	c.liked.open()
	c.replied.open()
	c.counted.open()
}

func likeCounts(l like) int64 {
	if l.On {
		return 1
	}
	return 0
}

// firstReplies reads the first replies that are shown, to keep with their parent.
func (c *Core) firstReplies(ctx context.Context, parent comment) (func(*comment), error) {
	found, err := c.comments.Find(ctx, docdb.Query{Index: "replies", Equal: []any{string(parent.ID)}, Limit: talk.Preview})
	if err != nil {
		return nil, err
	}
	ids := make([]id.Comment, len(found.Items))
	for i, k := range found.Items {
		ids[i] = k.ID
	}
	return func(parent *comment) { parent.Latest = ids }, nil
}

func (c *Core) addReplies(parent *comment, more int64, round []taken) {
	if parent.gone() {
		parent.Latest = nil
		// A reply that came too late is to go as well.
		if slices.ContainsFunc(round, func(k taken) bool { return k.Told > 0 }) {
			parent.chore(c.Now())
		}
	}
	parent.Replies += more
	parent.Tally.owe(c.Now())
	parent.place()
}

// firstComment looks for the first comment under a post, if that is not settled.
func (c *Core) firstComment(ctx context.Context, t thread) (func(*thread), error) {
	if t.First != "" {
		return nil, nil
	}
	found, err := c.comments.Find(ctx, docdb.Query{Index: "new", Equal: []any{string(t.ID)}, Limit: 1})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	return func(t *thread) { t.First = found.Items[0].ID }, nil
}

// tellAfter is how long after announcing a post's count it is not announced again.
const tellAfter = 500 * time.Millisecond

func (c *Core) addComments(t *thread, more int64, _ []taken) {
	if more == 0 {
		return
	}
	t.Comments += more
	t.Version++
	switch due := t.ToldAt.Add(tellAfter); {
	case !t.Due.IsZero():
	case c.Now().Before(due):
		t.Due = due
	default:
		t.tell(c.Now())
	}
}

// tell puts the count into the box, in place of one that has not left it.
func (t *thread) tell(now time.Time) {
	t.Due, t.ToldAt = time.Time{}, now
	t.Outbox = slices.DeleteFunc(t.Outbox, func(e bus.Event) bool { return e.Topic == talk.Counted.Name })
	t.Add(now, talk.Counted.Event(now, fmt.Sprintf("%s.%d", t.ID, t.Version),
		talk.CountedData{Post: t.ID, Comments: t.Comments, Rev: t.Version}))
}

// tellDue announces the counts that were put off.
func (c *Core) tellDue(ctx context.Context) error {
	now := c.Now()
	found, err := c.threads.Find(ctx, docdb.Query{Index: "due", Before: now.Add(time.Millisecond), Limit: sweepMost})
	if err != nil {
		return fmt.Errorf("counts due: %w", err)
	}
	var failed []error
	for _, t := range found.Items {
		_, err := c.threads.Update(ctx, string(t.ID), func(t *thread) error {
			if t.Due.IsZero() || t.Due.After(now) {
				return errSame
			}
			t.tell(now)
			return nil
		})
		switch {
		case errors.Is(err, errSame):
		case err != nil:
			failed = append(failed, err)
		default:
			c.told.Kick(string(t.ID))
		}
	}
	return errors.Join(failed...)
}
