package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"meadow/feed/recommend"
)

type event struct {
	user uint32
	recommend.Touch
}

// newcomer is how many events make somebody known.
const newcomer = 5

// replay predicts every event before it learns it, and fits again each time
// the events have grown by half, as the serving engine does by the hour.
func replay(ctx context.Context, a asked, stdout io.Writer, log func(string)) error {
	users, items := newNames(), newNames()
	var events []event
	err := lines(a.prequential, 3, func(n []int64) error {
		if len(n) != 3 {
			return fmt.Errorf("%d numbers, but user, item and time are needed", len(n))
		}
		events = append(events, event{users.of(n[0]), recommend.Touch{Item: items.of(n[1]), Weight: 1, At: n[2]}})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(events, func(a, b event) int { return int(min(1, max(-1, a.At-b.At))) })
	log(fmt.Sprintf("read %d events of %d users and %d items", len(events), len(users.name), len(items.name)))

	// An item gets its number when it is first seen: nobody can be
	// recommended what did not exist yet.
	known := newNames()
	m := recommend.New(0)
	of := make([][]recommend.Touch, len(users.name))
	var hits, all, freshHits, fresh float64
	refit := 2000
	for n, e := range events {
		if err := ctx.Err(); err != nil {
			return err
		}
		if n == refit {
			if m, err = refitted(ctx, of, len(known.name), a, log); err != nil {
				return err
			}
			refit += max(2000, refit/2)
		}
		_, seen := known.number[int64(e.Item)]
		i := known.of(int64(e.Item))
		all++
		if len(of[e.user]) < newcomer {
			fresh++
		}
		if seen && found(m, of[e.user], i) {
			hits++
			if len(of[e.user]) < newcomer {
				freshHits++
			}
		}
		t := recommend.Touch{Item: i, Weight: 1, At: e.At}
		m.Learn(of[e.user], t)
		of[e.user] = append(of[e.user], t)
		if (n+1)%20000 == 0 {
			log(fmt.Sprintf("%d events, hit rate at 10 so far %.4f", n+1, hits/all))
		}
	}
	_, err = fmt.Fprintf(stdout, "events %.0f hit@10 %.4f\nevents of users with fewer than %d: %.0f hit@10 %.4f\n",
		all, hits/max(1, all), newcomer, fresh, freshHits/max(1, fresh))
	return err
}

func found(m *recommend.Model, history []recommend.Touch, i recommend.Item) bool {
	repeat := slices.ContainsFunc(history, func(t recommend.Touch) bool { return t.Item == i })
	if repeat {
		return slices.ContainsFunc(m.Ask(recommend.Query{History: history, N: 10, Repeats: true}), func(s recommend.Scored) bool { return s.Item == i })
	}
	return slices.ContainsFunc(m.Recommend(history, 10, nil), func(s recommend.Scored) bool { return s.Item == i })
}

func refitted(ctx context.Context, of [][]recommend.Touch, items int, a asked, log func(string)) (*recommend.Model, error) {
	m, _, err := recommend.Fit(ctx, recommend.Data{Users: of, Items: items, Ordered: true},
		recommend.Options{Seed: a.seed, Budget: a.budget})
	log(fmt.Sprintf("fitted again on %d items", items))
	return m, err
}
