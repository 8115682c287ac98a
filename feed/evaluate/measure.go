package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"meadow/feed/recommend"
)

// measure fits, recommends to every user, and writes what -out and -test ask.
func measure(ctx context.Context, a asked, stdout io.Writer, log func(string)) error {
	items := newNames()
	train, err := readHad(a.train, items)
	if err != nil {
		return err
	}
	var attrs [][]uint32
	if a.items != "" {
		if attrs, err = readAttributes(a.items, items); err != nil {
			return err
		}
	}
	var only []recommend.Item
	if a.candidates != "" {
		err := lines(a.candidates, 1, func(ids []int64) error {
			for _, id := range ids {
				only = append(only, items.of(id))
			}
			return nil
		})
		if err != nil {
			return err
		}
		slices.Sort(only)
		only = slices.Compact(only)
	}
	ask := train
	if a.history != "" {
		if ask, err = readHad(a.history, items); err != nil {
			return err
		}
	}
	log(fmt.Sprintf("read %d users, %d items", len(train.of), len(items.name)))
	m, report, err := recommend.Fit(ctx, recommend.Data{
		Users: train.of, Items: len(items.name), Attributes: attrs, Ordered: a.order == "time",
	}, recommend.Options{Seed: a.seed, Budget: a.budget, Effort: a.effort, Log: log})
	if err != nil {
		return err
	}
	log(fmt.Sprintf("fitted: NDCG@20 %.4f on the part held out, weights %v, model of %d MB", report.Blend, report.Chosen, m.Bytes()>>20))
	answers, err := answerAll(ctx, m, ask, only, a.k)
	if err != nil {
		return err
	}
	log("recommended to every user, effort " + effort(a.effort))
	if a.out != "" {
		if err := write(a.out, stdout, ask, items, answers); err != nil {
			return err
		}
	}
	if a.test != "" {
		return score(a.test, stdout, ask, items, answers)
	}
	return nil
}

// effort says how thoroughly requests were answered.
func effort(n int) string {
	if n == 0 {
		return "as when serving"
	}
	return strconv.Itoa(n)
}

// answerAll recommends to every user on all processors.
func answerAll(ctx context.Context, m *recommend.Model, ask *had, only []recommend.Item, k int) ([][]recommend.Item, error) {
	out := make([][]recommend.Item, len(ask.of))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for ctx.Err() == nil {
				u := int(next.Add(1)) - 1
				if u >= len(out) {
					return
				}
				for _, s := range answer(m, ask.of[u], only, k) {
					out[u] = append(out[u], s.Item)
				}
			}
		})
	}
	wg.Wait()
	return out, ctx.Err()
}

func answer(m *recommend.Model, history []recommend.Touch, only []recommend.Item, k int) []recommend.Scored {
	if only == nil {
		return m.Recommend(history, k, nil)
	}
	left := make([]recommend.Item, 0, len(only))
	for _, i := range only {
		if !slices.ContainsFunc(history, func(t recommend.Touch) bool { return t.Item == i }) {
			left = append(left, i)
		}
	}
	all := m.Score(history, left)
	slices.SortStableFunc(all, func(a, b recommend.Scored) int { return cmp.Compare(b.Score, a.Score) })
	return all[:min(k, len(all))]
}

func write(name string, stdout io.Writer, ask *had, items *names, answers [][]recommend.Item) (err error) {
	to := stdout
	if name != "-" {
		file, err := os.Create(name)
		if err != nil {
			return err
		}
		defer func() { err = cmp.Or(err, file.Close()) }()
		to = file
	}
	out := bufio.NewWriter(to)
	var line []byte
	for u, answer := range answers {
		line = strconv.AppendInt(line[:0], ask.users.name[u], 10)
		for _, i := range answer {
			line = strconv.AppendInt(append(line, ' '), items.name[i], 10)
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// score prints the usual figures over the users that have a line in -test.
func score(files string, stdout io.Writer, ask *had, items *names, answers [][]recommend.Item) error {
	var n, recall20, ndcg20, ndcg10, hit10 float64
	test, err := readHad(files, items)
	if err != nil {
		return err
	}
	for u, touches := range test.of {
		wanted := map[recommend.Item]bool{}
		for _, t := range touches {
			wanted[t.Item] = true
		}
		at, known := ask.users.number[test.users.name[u]]
		if len(wanted) == 0 || !known {
			continue
		}
		n++
		got, hit := 0.0, 0.0
		var sum10, sum20, best10, best20 float64
		for k := range 20 {
			gain := 1 / math.Log2(float64(k)+2)
			if k < len(wanted) {
				best20 += gain
			}
			if k < len(wanted) && k < 10 {
				best10 += gain
			}
			if k >= len(answers[at]) || !wanted[answers[at][k]] {
				continue
			}
			got++
			sum20 += gain
			if k < 10 {
				sum10 += gain
				hit = 1
			}
		}
		recall20 += got / float64(len(wanted))
		ndcg20 += sum20 / best20
		ndcg10 += sum10 / best10
		hit10 += hit
	}
	_, err = fmt.Fprintf(stdout, "users %.0f recall@20 %.4f ndcg@20 %.4f hit@10 %.4f ndcg@10 %.4f\n", n, recall20/n, ndcg20/n, hit10/n, ndcg10/n)
	return err
}
