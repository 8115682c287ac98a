package feedcore

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"meadow/feed"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
)

// Preferences are the caller's.
func (c *Core) Preferences(ctx context.Context, _ feed.Empty) (feed.Preferences, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return feed.Preferences{}, err
	}
	p, err := c.person(ctx, me)
	return p.preferences(), err
}

// SetPreferences replaces the caller's.
func (c *Core) SetPreferences(ctx context.Context, in feed.Preferences) (feed.Preferences, error) {
	in, err := checked(in)
	if err != nil {
		return feed.Preferences{}, err
	}
	p, err := c.decide(ctx, func(_ id.User, now time.Time, p *person) error {
		p.wish(in, now)
		return nil
	})
	if err != nil {
		return feed.Preferences{}, err
	}
	if err := c.honour(ctx, p); err != nil {
		return feed.Preferences{}, err
	}
	return p.preferences(), nil
}

// wish takes preferences over.
func (p *person) wish(w feed.Preferences, now time.Time) {
	switch was := p.personal(); {
	case w.Personal && !was:
		p.OnAt, p.OffAt = now, time.Time{}
		p.announcePersonal(now, true)
	case was && !w.Personal:
		p.OffAt = now
		p.announcePersonal(now, false)
	}
	p.Chosen, p.Wishes, p.Wishes.ChangedAt = true, w, now
}

// checked returns preferences with each topic once, and none both chosen and
// muted: what is muted goes before.
func checked(w feed.Preferences) (feed.Preferences, error) {
	var err error
	if w.Muted, err = topicsOf("muted", w.Muted); err != nil {
		return w, err
	}
	if w.Topics, err = topicsOf("topics", w.Topics); err != nil {
		return w, err
	}
	if w.Tabs, err = topicsOf("tabs", w.Tabs); err != nil {
		return w, err
	}
	w.Topics = slices.DeleteFunc(w.Topics, func(t string) bool { return has(w.Muted, t) })
	w.Place = oneLine(w.Place)
	if utf8.RuneCountInString(w.Place) > feed.MaxPlace {
		return w, errs.ErrInvalid.With("place", "is too long")
	}
	return w, nil
}

func topicsOf(field string, in []string) ([]string, error) {
	out := []string{}
	for _, t := range in {
		t, err := topicOf(field, t)
		if err != nil {
			return nil, err
		}
		if !has(out, t) {
			out = append(out, t)
		}
	}
	if len(out) > feed.MaxTopics {
		return nil, feed.ErrTooMany
	}
	return out, nil
}

const longestTopic = 40 // characters

// topicOf is a topic as posts bear it.
func topicOf(field, in string) (string, error) {
	t := oneLine(strings.TrimLeft(strings.TrimSpace(in), "#＃ "))
	if n := utf8.RuneCountInString(t); n == 0 || n > longestTopic {
		return "", errs.ErrInvalid.With(field, "is not a topic")
	}
	return t, nil
}

// oneLine is text with single spaces, and nothing that controls a screen.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == utf8.RuneError, unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)), " ")
}

// ChooseTopic says that the caller wants more of a topic.
func (c *Core) ChooseTopic(ctx context.Context, in feed.OneTopic) (feed.Empty, error) {
	return c.oneTopic(ctx, in, func(w *feed.Preferences, topic string) {
		w.Topics, w.Muted = append(without(w.Topics, topic), topic), without(w.Muted, topic)
	})
}

// UnchooseTopic takes it back.
func (c *Core) UnchooseTopic(ctx context.Context, in feed.OneTopic) (feed.Empty, error) {
	return c.oneTopic(ctx, in, func(w *feed.Preferences, topic string) { w.Topics = without(w.Topics, topic) })
}

// MuteTopic says that the caller wants none of a topic.
func (c *Core) MuteTopic(ctx context.Context, in feed.OneTopic) (feed.Empty, error) {
	return c.oneTopic(ctx, in, func(w *feed.Preferences, topic string) {
		w.Muted, w.Topics = append(without(w.Muted, topic), topic), without(w.Topics, topic)
	})
}

// UnmuteTopic takes it back.
func (c *Core) UnmuteTopic(ctx context.Context, in feed.OneTopic) (feed.Empty, error) {
	return c.oneTopic(ctx, in, func(w *feed.Preferences, topic string) { w.Muted = without(w.Muted, topic) })
}

func (c *Core) oneTopic(ctx context.Context, in feed.OneTopic, change func(*feed.Preferences, string)) (feed.Empty, error) {
	topic, err := topicOf("topic", in.Name)
	if err != nil {
		return feed.Empty{}, err
	}
	_, err = c.decide(ctx, func(_ id.User, now time.Time, p *person) error {
		w := p.preferences()
		change(&w, topic)
		if len(w.Topics) > feed.MaxTopics || len(w.Muted) > feed.MaxTopics {
			return feed.ErrTooMany
		}
		p.wish(w, now)
		return nil
	})
	return feed.Empty{}, err
}
