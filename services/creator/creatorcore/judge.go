package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
)

// A post is stored before it is judged: what moderation looks at is what is
// there, whoever asks and however often. An edit is judged before it is stored,
// under a revision of its own, so that the post stays as it was until then.

var (
	errUnchanged = errors.New("creator: nothing to change")
	errAgain     = errors.New("creator: changed since it was judged")
)

// judge has a post judged that was not yet, and announces what becomes of it.
func (c *Core) judge(ctx context.Context, p post) (post, error) {
	if p.Outcome != "" || !p.kept() {
		return p, nil
	}
	v, err := c.check(ctx, p.ID, p.Author, p.Judged, p.Content)
	if err != nil {
		return p, err
	}
	name, err := c.profile(ctx, p.Author)
	if err != nil {
		return p, err
	}
	now := c.Now()
	judged, err := c.posts.Update(ctx, string(p.ID), func(q *post) error {
		if q.Outcome != "" || q.Judged != p.Judged || !q.kept() {
			return errUnchanged
		}
		q.Outcome, q.Why, q.JudgeAt = v.Outcome, v.Reason, time.Time{}
		q.turn(now, name.Name)
		return nil
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return p, fmt.Errorf("judge: %w", err)
	}
	c.relay.Kick(string(p.ID))
	return judged, nil
}

// check asks moderation what may become of content under a revision.
func (c *Core) check(ctx context.Context, p id.Post, author id.User, rev int64, k Content) (moderation.Verdict, error) {
	facts := moderation.Facts{
		Text: k.words(), Lang: k.Lang, Link: "/p/" + string(p), Ad: k.Ad, Tagged: len(k.Tags), Likenesses: k.Likenesses,
	}
	if len(k.Pictures) > 0 {
		facts.Thumb = k.Pictures[0].Thumb
	}
	v, err := c.Moderation.Check(actor.AsSystem(ctx, self), moderation.Check{
		Subject: moderation.Subject{Kind: moderation.Post, ID: string(p)}, Rev: rev, Author: author, Facts: facts,
	})
	if err != nil {
		return v, fmt.Errorf("check: %w", err)
	}
	return v, nil
}

// nextCheck gives out a revision under which a change of p is judged.
func (c *Core) nextCheck(ctx context.Context, p id.Post) (int64, error) {
	got, err := c.posts.UpdateIf(ctx, string(p), nil, []docdb.Change{{Field: "checks", Verb: docdb.Add, Value: int64(1)}})
	return got.Checks, err
}

// accept takes over the verdict on a change. What a moderator decided about the
// post is not undone by a rule that finds nothing in the next version.
func (v *Verdict) accept(rev int64, said moderation.Verdict) {
	v.Judged, v.JudgeAt = rev, time.Time{}
	if v.Decided > 0 && severity(said.Outcome) < severity(v.Outcome) {
		return
	}
	v.Outcome, v.Why = said.Outcome, said.Reason
}

func severity(o moderation.Outcome) int {
	switch o {
	case moderation.Approved:
		return 0
	case moderation.Limited:
		return 1
	case moderation.Rejected:
		return 2
	}
	return 3 // waits for somebody to look
}

// words is everything that k says, for those who judge it.
func (k Content) words() string {
	all := []string{k.Title, k.Body, k.Place, k.PaidBy}
	all = append(all, k.Topics...)
	for _, p := range k.Pictures {
		all = append(all, p.Alt)
	}
	for _, ch := range k.Chapters {
		all = append(all, ch.Title)
	}
	for _, b := range k.Blocks {
		if b.Kind == creator.PictureBlock {
			all = append(all, b.Text)
		}
		for _, m := range b.Marks {
			if m.URL != "" {
				all = append(all, m.URL)
			}
		}
	}
	var out strings.Builder
	for _, s := range all {
		if s != "" {
			out.WriteString(s)
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// decided takes over what a moderator decided about something that we keep.
func (c *Core) decided(ctx context.Context, d moderation.DecidedData) error {
	switch d.Subject.Kind {
	case moderation.Post:
		return c.decidedPost(ctx, d)
	case moderation.Profile:
		return c.decidedProfile(ctx, d)
	}
	return nil
}

// decidedPost takes over what a moderator decided about a post, unless we know
// newer: a later decision, or a verdict on what it said later. A decision that
// does not say what was looked at (Of is 0) is of what there is.
func (c *Core) decidedPost(ctx context.Context, d moderation.DecidedData) error {
	p, err := c.posts.Get(ctx, d.Subject.ID)
	if errors.Is(err, docdb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	author, err := c.profile(ctx, p.Author)
	if err != nil {
		return err
	}
	now := c.Now()
	_, err = c.posts.Update(ctx, string(p.ID), func(p *post) error {
		if d.Rev <= p.Decided || d.Of > 0 && d.Of < p.Judged || !p.kept() {
			return errUnchanged
		}
		p.Decided, p.JudgeAt = d.Rev, time.Time{}
		p.Outcome, p.Why = d.Verdict.Outcome, d.Verdict.Reason
		p.turn(now, author.Name)
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	c.relay.Kick(string(p.ID))
	return err
}

// restricted takes over that somebody is banned, or no longer, unless we know
// newer.
func (c *Core) restricted(ctx context.Context, d moderation.RestrictedData) error {
	_, err := c.profile(ctx, d.User)
	if errors.Is(err, creator.ErrNoSuchProfile) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = c.profiles.Update(ctx, string(d.User), func(p *profile) error {
		if d.Rev > p.Ban.Rev {
			p.Ban = ban{On: d.On, Until: d.Until, Rev: d.Rev}
		}
		return nil
	})
	return err
}

// judgeLate has posts judged whose publishing was cut short.
func (c *Core) judgeLate(ctx context.Context) error {
	found, err := c.posts.Find(ctx, docdb.Query{Index: "judge", Before: c.Now().Add(-grace), Limit: sweepMost})
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range found.Items {
		if _, err := c.judge(ctx, p); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
