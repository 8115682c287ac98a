package feedcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"meadow/feed"
	"meadow/feed/trend"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
)

// trendWord is a word that trends or trended, and whether it may be shown. One
// decision holds for a word wherever it trends.
type trendWord struct {
	ID     string    `bson:"_id"`
	Kind   string    `bson:"kind"` // feed.TrendRow's
	Text   string    `bson:"text"`
	Lang   string    `bson:"lang"` // where it trends most
	Place  string    `bson:"place"`
	People int64     `bson:"people"`
	Heat   int64     `bson:"heat"`
	State  string    `bson:"state"`
	By     id.User   `bson:"by,omitempty"`
	Since  time.Time `bson:"since"` // when it came up
	Last   time.Time `bson:"last"`  // when it was last seen to trend
	At     time.Time `bson:"at"`    // when it began to wait, or was judged
	// Until is when the document goes: what waits, when it trends no more, and what
	// was approved, when it has to be looked at again. What was denied stays.
	Until time.Time `bson:"until,omitempty"`
}

// States of a word.
const (
	trendPending  = "pending"
	trendApproved = "approved"
	trendDenied   = "denied"
)

// Kinds of a word.
const (
	trendSearch = "search"
	trendTopic  = "topic"
)

const (
	// approvedFor is how long a word may trend before somebody looks at it again.
	approvedFor = 30 * 24 * time.Hour
	// waitsFor is how long a word waits for review after it trended last.
	waitsFor = 3 * 24 * time.Hour
	// trendingPosts is how old a post may be for its topics to count.
	trendingPosts = 24 * time.Hour
	newTrend      = 24 * time.Hour
	usualTrends   = 10
	// topOf is how many words of one scope are looked at.
	topOf      = 50
	mostScopes = 400
	// allowedTTL is how old the list of words that may be shown becomes.
	allowedTTL = 10 * time.Second
)

// noted is somebody's search, or a topic of their post. Every process hears of
// every one, so that each knows how many different people there are; who they
// are is not said.
type noted struct {
	Kind   trend.Kind `json:"kind"`
	Text   string     `json:"text"`
	Lang   string     `json:"lang"`
	Place  string     `json:"place"`
	Person uint64     `json:"person"`
	At     time.Time  `json:"at"`
}

const (
	notedSubject  = "feed.noted"
	judgedSubject = "feed.judged"
)

// personHash tells people apart.
func personHash(u id.User) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(u)) // never fails
	return h.Sum64()
}

// castSearch tells every process of a search.
func (c *Core) castSearch(ctx context.Context, n noted) {
	if !mayTrend(n.Text) {
		return
	}
	b, err := json.Marshal(n)
	if err == nil {
		err = c.Bus.Cast(ctx, notedSubject, b)
	}
	if err != nil {
		c.Log.WarnContext(ctx, "search not counted", "err", err)
	}
}

// mayTrend reports whether a text can be anybody's but one person's: no long
// number, and not too long.
func mayTrend(key string) bool {
	const longest, digits = 60, 5
	n := 0
	for _, r := range key {
		if '0' <= r && r <= '9' {
			n++
		}
	}
	return key != "" && len(key) <= longest && n < digits
}

// hearSearches takes in what every process tells, until stop is called.
func (c *Core) hearSearches() (stop func(), err error) {
	ends, err := c.Bus.Listen(notedSubject, func(_ string, data []byte) {
		var n noted
		if json.Unmarshal(data, &n) == nil {
			c.note(n)
		}
	})
	if err != nil {
		return func() {}, fmt.Errorf("trends: %w", err)
	}
	forgets, err := c.Bus.Listen(judgedSubject, func(_ string, data []byte) {
		var j judged
		if json.Unmarshal(data, &j) == nil {
			c.find.judged(j)
		}
	})
	if err != nil {
		return ends, fmt.Errorf("trends: %w", err)
	}
	return func() { ends(); forgets() }, nil
}

// note counts.
func (c *Core) note(n noted) {
	if !mayTrend(n.Text) {
		return
	}
	f := c.find
	for _, lang := range unique(n.Lang, "") {
		s := trend.Scope{Kind: n.Kind, Region: n.Place, Lang: lang}
		if !f.scope(s) {
			continue
		}
		f.counts().Note(s, n.Text, n.Person, n.At)
	}
}

func unique(a, b string) []string {
	if a == b {
		return []string{a}
	}
	return []string{a, b}
}

// scope remembers a scope, unless there are too many.
func (f *finding) scope(s trend.Scope) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.scopes[s] && len(f.scopes) >= mostScopes {
		return false
	}
	f.scopes[s] = true
	s.Region = ""
	f.scopes[s] = true
	return true
}

func (f *finding) counts() *trend.Trends {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trends
}

// judged is what an operator said of a word, as processes tell each other. What
// is allowed is completed from the next review on, what is not goes at once.
type judged struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Allow bool   `json:"allow"`
}

func (f *finding) judged(j judged) {
	f.mu.Lock()
	f.loadedAt = time.Time{}
	f.mu.Unlock()
	if !j.Allow {
		f.hints.deny(trendWord{Kind: j.Kind, Text: j.Text})
	}
}

// wordID is of a word, whatever its scope.
func wordID(kind, text string) string { return id.Derive("trd", kind, text) }

func kindName(k trend.Kind) string {
	if k == trend.Topic {
		return trendTopic
	}
	return trendSearch
}

// Trends is what is hot now of what may be shown: of a place first, if it is
// said, then of anywhere.
func (c *Core) Trends(ctx context.Context, in feed.AskTrends) (feed.Trends, error) {
	out := feed.Trends{At: c.Now().UTC()}
	words, err := c.allowedWords(ctx)
	if err != nil {
		return out, err
	}
	p, err := c.person(ctx, actor.From(ctx).User)
	if err != nil {
		return out, err
	}
	out.Searches = c.hottest(trend.Search, in, words, nil)
	out.Topics = c.hottest(trend.Topic, in, words, p.Wishes.Muted)
	return out, nil
}

func (c *Core) hottest(kind trend.Kind, in feed.AskTrends, words map[string]trendWord, muted []string) []feed.Trend {
	out, seen := []feed.Trend{}, map[string]bool{}
	lang, now := baseLang(in.Lang), c.Now()
	for _, place := range unique(oneLine(in.Place), "") {
		for _, t := range c.find.counts().Top(trend.Scope{Kind: kind, Region: place, Lang: lang}, topOf, now) {
			w, ok := words[wordID(kindName(kind), t.Key)]
			if !ok || seen[t.Key] || has(muted, t.Key) || has(muted, w.Text) || len(out) == usualTrends {
				continue
			}
			seen[t.Key] = true
			out = append(out, feed.Trend{Text: w.Text, Heat: heatOf(t), New: now.Sub(w.Since) < newTrend})
		}
	}
	return out
}

func heatOf(t trend.Trend) int64 { return int64(math.Ceil(t.Seen)) }

// allowedWords are the words that may be shown, by id.
func (c *Core) allowedWords(ctx context.Context) (map[string]trendWord, error) {
	f, now := c.find, c.Now()
	f.mu.Lock()
	words, at := f.allowed, f.loadedAt
	f.mu.Unlock()
	if !at.IsZero() && now.Sub(at) < allowedTTL {
		return words, nil
	}
	all, err := c.wordsIn(ctx, trendApproved, math.MaxInt)
	if err != nil {
		return nil, err
	}
	words = make(map[string]trendWord, len(all))
	for _, w := range all {
		words[w.ID] = w
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.allowed, f.loadedAt = words, now
	return words, nil
}

// wordsIn are the words of a state, the hottest first.
func (c *Core) wordsIn(ctx context.Context, state string, most int) ([]trendWord, error) {
	var out []trendWord
	for q := (docdb.Query{Index: "state", Equal: []any{state}, Descending: true, Limit: 500}); ; {
		got, err := c.find.words.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("trends: %w", err)
		}
		out = append(out, got.Items...)
		if q.After = got.Next; q.After == "" || len(out) >= most {
			return out, nil
		}
	}
}

// TrendQueue pages through words of a state, the hottest first.
func (c *Core) TrendQueue(ctx context.Context, in feed.AskQueue) (page.Page[feed.TrendRow], error) {
	none := page.Page[feed.TrendRow]{}
	if _, err := actor.Require(ctx, actor.Operator); err != nil {
		return none, err
	}
	state := in.State
	switch state {
	case "":
		state = trendPending
	case trendPending, trendApproved, trendDenied:
	default:
		return none, errs.ErrInvalid.With("state", "is not a state")
	}
	got, err := c.find.words.Find(ctx, docdb.Query{
		Index: "state", Equal: []any{state}, Descending: true, Limit: in.Size(usualPage, mostPage), After: in.After,
	})
	if err != nil {
		return none, fmt.Errorf("trend queue: %w", err)
	}
	return page.Map(got, trendWord.row), nil
}

func (w trendWord) row() feed.TrendRow {
	return feed.TrendRow{
		ID: w.ID, Text: w.Text, Kind: w.Kind, Lang: w.Lang, Place: w.Place,
		People: w.People, Heat: w.Heat, State: w.State, By: w.By, At: w.At,
	}
}

// JudgeTrend lets a word trend for a while, or never.
func (c *Core) JudgeTrend(ctx context.Context, in feed.JudgeTrend) (feed.TrendRow, error) {
	a, err := actor.Require(ctx, actor.Operator)
	if err != nil {
		return feed.TrendRow{}, err
	}
	now := c.Now().UTC().Truncate(time.Millisecond)
	w, err := c.find.words.Update(ctx, in.ID, func(w *trendWord) error {
		w.judge(in.Allow, a.User, now)
		return nil
	})
	if errors.Is(err, docdb.ErrNotFound) {
		return feed.TrendRow{}, feed.ErrNoSuchTrend
	}
	if err != nil {
		return feed.TrendRow{}, fmt.Errorf("judge a trend: %w", err)
	}
	j := judged{Kind: w.Kind, Text: w.Text, Allow: in.Allow}
	c.find.judged(j)
	b, err := json.Marshal(j)
	if err == nil {
		err = c.Bus.Cast(ctx, judgedSubject, b)
	}
	if err != nil {
		c.Log.WarnContext(ctx, "others hear of a trend later", "err", err)
	}
	return w.row(), nil
}

func (w *trendWord) judge(allow bool, by id.User, now time.Time) {
	w.By, w.At = by, now
	w.State, w.Until = trendDenied, time.Time{}
	if allow {
		w.State, w.Until = trendApproved, now.Add(approvedFor)
	}
}
