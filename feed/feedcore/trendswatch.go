package feedcore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meadow/feed/trend"
)

const (
	watchEvery = time.Minute
	keepEvery  = 5 * time.Minute
)

// watchTrends puts what begins to trend before an operator, and keeps the
// counts, until ctx ends.
func (c *Core) watchTrends(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	kept := c.Now()
	for {
		select {
		case <-ctx.Done():
			last, end := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer end()
			if err := c.keepTrends(last); err != nil {
				c.Log.WarnContext(ctx, "trends not kept", "err", err)
			}
			return
		case <-tick.C:
			if err := c.ReviewTrends(ctx); err != nil && ctx.Err() == nil {
				c.Log.WarnContext(ctx, "trends not put up for review", "err", err)
			}
			if now := c.Now(); now.Sub(kept) >= keepEvery {
				kept = now
				if err := c.keepTrends(ctx); err != nil && ctx.Err() == nil {
					c.Log.WarnContext(ctx, "trends not kept", "err", err)
				}
			}
		}
	}
}

// ReviewTrends puts the words that trend now up for review, those apart that may
// be shown already or were denied. It is done every minute.
func (c *Core) ReviewTrends(ctx context.Context) error {
	for _, w := range c.trending() {
		if err := c.review(ctx, w); err != nil {
			return fmt.Errorf("review %s: %w", w.ID, err)
		}
	}
	return c.judgeHints(ctx)
}

// mostDenied is how many words that were denied are kept from being suggested,
// the hottest.
const mostDenied = 5000

// judgeHints makes completions follow what was said of words.
func (c *Core) judgeHints(ctx context.Context) error {
	allowed, err := c.allowedWords(ctx)
	if err != nil {
		return err
	}
	denied, err := c.wordsIn(ctx, trendDenied, mostDenied)
	if err != nil {
		return err
	}
	c.find.hints.judge(allowed, denied)
	return nil
}

// trending are the words that trend anywhere, each as it does where it trends
// most.
func (c *Core) trending() []trendWord {
	f, now := c.find, c.Now().UTC().Truncate(time.Millisecond)
	f.mu.Lock()
	scopes := make([]trend.Scope, 0, len(f.scopes))
	for s := range f.scopes {
		scopes = append(scopes, s)
	}
	f.mu.Unlock()
	all := map[string]trendWord{}
	for _, s := range scopes {
		for _, t := range f.counts().Top(s, topOf, now) {
			w := trendWord{
				ID: wordID(kindName(s.Kind), t.Key), Kind: kindName(s.Kind), Text: t.Key, Lang: s.Lang, Place: s.Region,
				People: int64(t.People), Heat: heatOf(t), Last: now,
			}
			if s.Kind == trend.Topic {
				w.Text = f.hints.spelt(t.Key)
			}
			if was, ok := all[w.ID]; !ok || w.over(was) {
				all[w.ID] = w
			}
		}
	}
	out := make([]trendWord, 0, len(all))
	for _, w := range all {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b trendWord) int { return int(b.Heat - a.Heat) })
	return out
}

// over reports whether w says more of a word than other: more people, or as many
// in a narrower scope.
func (w trendWord) over(other trendWord) bool {
	if w.People != other.People {
		return w.People > other.People
	}
	return len(w.Lang)+len(w.Place) > len(other.Lang)+len(other.Place)
}

// review notes that a word trends. A new one waits, unless a list denies it.
func (c *Core) review(ctx context.Context, w trendWord) error {
	known, err := c.find.words.GetMany(ctx, []string{w.ID})
	if err != nil {
		return err
	}
	if len(known) > 0 && !known[0].changes(w) {
		return nil
	}
	denied := false
	if len(known) == 0 && c.find.refused != nil {
		if denied, err = c.find.refused(ctx, w.Text); err != nil {
			return err
		}
	}
	_, err = c.find.words.Upsert(ctx, w.ID, func(r *trendWord) error {
		if r.ID == "" {
			*r = w
			r.Since, r.At, r.State = w.Last, w.Last, trendPending
			if denied {
				r.State = trendDenied
			}
		}
		if w.Last.Sub(r.Last) > waitsFor {
			r.Since = w.Last
		}
		r.Lang, r.Place, r.People, r.Heat, r.Last = w.Lang, w.Place, w.People, w.Heat, w.Last
		if r.State == trendPending {
			r.Until = w.Last.Add(waitsFor)
		}
		return nil
	})
	return err
}

// changes reports whether what is noted of a word is no longer about right.
func (w trendWord) changes(now trendWord) bool {
	d := now.Heat - w.Heat
	return d*d*25 > w.Heat*w.Heat || now.Last.Sub(w.Last) > time.Hour
}
