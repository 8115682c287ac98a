package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"meadow/feed/engine"
	"meadow/services/kernel/id"
)

// feedData makes up a shop's people and posts, always the same. People lean to
// three topics each, posts are of one or two, and a few of all are had by most.
type feedData struct {
	feedSize
	authors, topics int
	end             time.Time
	rng             *rand.Rand
	user, author    *rand.Zipf
	topic, rank     *rand.Zipf
	userIDs         []id.User
	postIDs         []id.Post
	authorIDs       []id.User
}

const feedDays = 45

func newFeedData(size feedSize, end time.Time) *feedData {
	d := &feedData{feedSize: size, authors: max(5, size.Posts/20), topics: max(5, min(5000, size.Posts/50)), end: end}
	d.rng = rand.New(rand.NewPCG(1, 2))
	d.user = rand.NewZipf(d.rng, 1.01, float64(size.Users)/3, uint64(size.Users-1))
	d.author = rand.NewZipf(d.rng, 1.1, 50, uint64(d.authors-1))
	d.topic = rand.NewZipf(d.rng, 1.1, 20, uint64(d.topics-1))
	d.rank = rand.NewZipf(d.rng, 1.05, 30, uint64(max(1, size.Posts/d.topics)))
	for n := range size.Users {
		d.userIDs = append(d.userIDs, id.User(fmt.Sprintf("usr_v%025d", n)))
	}
	for n := range size.Posts {
		d.postIDs = append(d.postIDs, id.Post(fmt.Sprintf("pst_%026d", n)))
	}
	for n := range d.authors {
		d.authorIDs = append(d.authorIDs, id.User(fmt.Sprintf("usr_a%025d", n)))
	}
	return d
}

var (
	feedKinds = []string{"pictures", "pictures", "pictures", "video", "video", "article"}
	feedLangs = []string{"zh-Hans", "zh-Hans", "en", "zh-Hant"}
)

// post is the nth post; later ones are newer.
func (d *feedData) post(n int) engine.Post {
	p := engine.Post{
		ID: d.postIDs[n], Author: d.authorIDs[d.author.Uint64()], Rev: 1, Open: true,
		At:   d.end.Add(-feedDays*24*time.Hour + time.Duration(float64(n)/float64(d.Posts)*feedDays*24*float64(time.Hour))),
		Kind: feedKinds[n%len(feedKinds)], Lang: feedLangs[n/7%len(feedLangs)], Genre: fmt.Sprintf("genre%d", n%d.topics%40),
		Topics: []string{feedTopic(n % d.topics)},
	}
	if n%3 == 0 {
		p.Topics = append(p.Topics, feedTopic(int(d.topic.Uint64())))
	}
	if n%5 == 0 {
		p.Products, p.OnSale, p.Promo = []id.Product{"prd_1"}, true, n%10 == 0
	}
	if n%11 == 0 {
		p.Place = fmt.Sprintf("place%d", n%300)
	}
	return p
}

func feedTopic(n int) string { return fmt.Sprintf("topic%d", n) }

// event is the nth thing done.
func (d *feedData) event(n int) engine.Event {
	u := int(d.user.Uint64())
	topic := (u*7919 + int(d.rng.Uint32N(3))*104729) % d.topics
	if d.rng.Uint32N(10) < 3 {
		topic = int(d.topic.Uint64())
	}
	most := d.Posts / d.topics
	p := (most-1-int(d.rank.Uint64())%max(1, most))*d.topics + topic // of a topic the newest most
	p = max(0, min(p, d.Posts-1))
	ev := engine.Event{
		ID: fmt.Sprintf("evt_%026d", n), User: d.userIDs[u], Post: d.postIDs[p], Product: "prd_1", Consent: true,
		At: d.end.Add(-feedDays * 24 * time.Hour / 2).Add(time.Duration(float64(n) / float64(d.Events) * feedDays * 12 * float64(time.Hour))),
	}
	switch k := d.rng.Uint32N(1000); {
	case k < 600:
		ev.Kind = engine.Impression
	case k < 700:
		ev.Kind = engine.View
	case k < 880:
		ev.Kind, ev.Millis, ev.Percent = engine.Dwell, int64(d.rng.Uint32N(30_000)), int(d.rng.Uint32N(101))
	case k < 930:
		ev.Kind = engine.Like
	case k < 945:
		ev.Kind = engine.Save
	case k < 952:
		ev.Kind = engine.Comment
	case k < 957:
		ev.Kind = engine.Share
	case k < 965:
		ev.Kind = engine.Follow
	case k < 990:
		ev.Kind = engine.Click
	case k < 994:
		ev.Kind = engine.Cart
	case k < 996:
		ev.Kind = engine.Purchase
	default:
		ev.Kind = engine.Hide
	}
	return ev
}

// followees are whom a user follows: some of the great, and many others.
func (d *feedData) followees(user int, buf []id.User) []id.User {
	x := uint64(user)*0x9e3779b97f4a7c15 + 1
	for range d.Followees {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		most := d.authors
		if x&3 == 0 {
			most = min(most, 1000)
		}
		buf = append(buf, d.authorIDs[int(x>>8)%most])
	}
	return buf
}
