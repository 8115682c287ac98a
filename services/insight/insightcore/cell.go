package insightcore

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/axiomhq/hyperloglog"

	"meadow/services/insight"
	"meadow/services/kernel/id"
)

// cell is a part of what became of a post in a day. Post is "" for what belongs
// to the account alone.
type cell struct {
	ID      string  `bson:"_id"`
	Account id.User `bson:"account"`
	Post    id.Post `bson:"post"`
	Day     string  `bson:"day"`
	Sums    sums    `bson:"sums"`
	// Seen is a HyperLogLog sketch of who opened the post; Recent the last events of
	// screens that were taken, Told the last of the shop's own, oldest first: no crowd
	// of visitors makes a sale forgotten and counted again.
	Seen   []byte   `bson:"seen,omitempty"`
	Pool   pool     `bson:"pool,omitempty"`
	Recent []string `bson:"recent,omitempty"`
	Told   []string `bson:"told,omitempty"`
}

// sums is what is counted. Kept and Watched count, for each step of the contract,
// the views that reached it.
type sums struct {
	insight.Day `bson:",inline"`
	Sources     map[string]met            `bson:"sources,omitempty"`
	Reached     map[string]int64          `bson:"reached,omitempty"` // orders, by reach
	Left        int64                     `bson:"left"`              // views whose length is known
	Millis      int64                     `bson:"millis"`
	Kept        []int64                   `bson:"kept,omitempty"`
	Watched     []int64                   `bson:"watched,omitempty"`
	Products    map[string]insight.Bought `bson:"products,omitempty"`
}

type met struct {
	Impressions int64 `bson:"impressions"`
	Views       int64 `bson:"views"`
}

// Steps of the retention curves.
var (
	keptAt    = []int64{1, 3, 5, 10, 20, 30, 60, 120}
	watchedAt = []int64{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}
)

const (
	// shards is over how many cells the events of a post and day are spread.
	shards = 2
	// recent is how many events a cell remembers.
	recent = 256
	// precision of the sketch: 2^12 registers, a standard error of 1.6 %.
	precision = 12
)

// hit is one event on its way into a cell.
type hit struct {
	id      string
	account id.User
	post    id.Post
	viewer  string  // of a view; "" otherwise
	by      id.User // who did something with the post, if that is known
	fan     bool    // they follow its author
	buys    bool
	told    bool // by the shop itself
	event   insight.Event
	add     func(*sums)
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func (h hit) cell(day string) cell {
	f := fnv.New32a()
	_, _ = f.Write([]byte(h.id)) // never fails
	shard := strconv.Itoa(int(f.Sum32() % shards))
	return cell{
		ID:      id.Derive("cel", string(h.account), string(h.post), day, shard),
		Account: h.account, Post: h.post, Day: day,
	}
}

// take counts hits of one day, each once, and returns those that were news; also
// when it fails, those that it counted until then.
func (c *Core) take(ctx context.Context, at time.Time, hits []hit) (news []hit, err error) {
	day := dayOf(at)
	groups, order := map[string][]hit{}, []cell{}
	for _, h := range hits {
		k := h.cell(day)
		if _, ok := groups[k.ID]; !ok {
			order = append(order, k)
		}
		groups[k.ID] = append(groups[k.ID], h)
	}
	for _, k := range order {
		var fresh []hit
		_, err := c.cells.Upsert(ctx, k.ID, func(x *cell) (err error) {
			if x.ID == "" {
				*x = k
			}
			fresh, err = x.take(groups[k.ID])
			return err
		})
		if err != nil && !errors.Is(err, errNothing) {
			return news, fmt.Errorf("insight: %w", err)
		}
		news = append(news, fresh...)
	}
	return news, nil
}

// errNothing ends an update that has nothing to write.
var errNothing = errors.New("nothing new")

// take counts hits and returns those that were news, or errNothing.
func (x *cell) take(hits []hit) (news []hit, err error) {
	var viewers []string
	for _, h := range hits {
		had := &x.Recent
		if h.told {
			had = &x.Told
		}
		if slices.Contains(*had, h.id) {
			continue
		}
		news = append(news, h)
		*had = append(*had, h.id)
		*had = (*had)[max(0, len(*had)-recent):]
		h.add(&x.Sums)
		if h.viewer != "" {
			viewers = append(viewers, h.viewer)
		}
	}
	if len(news) == 0 {
		return nil, errNothing
	}
	return news, errors.Join(insert(&x.Seen, viewers), x.Pool.take(news))
}

func sketch(b []byte) (*hyperloglog.Sketch, error) {
	s, err := hyperloglog.NewSketch(precision, true)
	if err != nil || len(b) == 0 {
		return s, err
	}
	return s, s.UnmarshalBinary(b)
}

// merge adds y to s.
func (s *sums) merge(y sums) {
	s.Day.Plus(y.Day)
	for k, v := range y.Sources {
		if s.Sources == nil {
			s.Sources = map[string]met{}
		}
		m := s.Sources[k]
		s.Sources[k] = met{m.Impressions + v.Impressions, m.Views + v.Views}
	}
	for k, v := range y.Reached {
		s.reach(k, v)
	}
	s.Left, s.Millis = s.Left+y.Left, s.Millis+y.Millis
	s.Kept, s.Watched = added(s.Kept, y.Kept), added(s.Watched, y.Watched)
	for k, v := range y.Products {
		s.product(k, v)
	}
}

func (s *sums) product(k string, v insight.Bought) {
	if s.Products == nil {
		s.Products = map[string]insight.Bought{}
	}
	m := s.Products[k]
	m.Plus(v)
	s.Products[k] = m
}

func (s *sums) reach(k string, orders int64) {
	if s.Reached == nil {
		s.Reached = map[string]int64{}
	}
	s.Reached[k] += orders
}

func (s *sums) source(k insight.Source, m met) {
	if s.Sources == nil {
		s.Sources = map[string]met{}
	}
	was := s.Sources[string(k)]
	s.Sources[string(k)] = met{was.Impressions + m.Impressions, was.Views + m.Views}
}

func added(a, b []int64) []int64 {
	if len(a) < len(b) {
		a = append(a, make([]int64, len(b)-len(a))...)
	}
	for i, v := range b {
		a[i] += v
	}
	return a
}

// reached counts a view in every step it came to.
func reached(counts []int64, steps []int64, to int64) []int64 {
	if len(counts) == 0 {
		counts = make([]int64, len(steps))
	}
	for i, s := range steps {
		if to >= s {
			counts[i]++
		}
	}
	return counts
}
