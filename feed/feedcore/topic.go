package feedcore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"meadow/feed"
	"meadow/feed/engine"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

// Topic says what is known about a topic.
func (c *Core) Topic(ctx context.Context, in feed.AskTopic) (feed.Topic, error) {
	name, err := topicOf("topic", in.Name)
	if err != nil {
		return feed.Topic{}, err
	}
	p, err := c.person(ctx, viewer(ctx))
	if err != nil {
		return feed.Topic{}, err
	}
	all := askAll(ctx, c, "topic", func(ctx context.Context, _ int, p feed.Parts) (feed.Topic, error) {
		return p.TopicShard(ctx, feed.AskTopic{Name: name})
	})
	if err := failure(all); err != nil {
		return feed.Topic{}, err
	}
	out := feed.Topic{Name: name, Chosen: has(p.Wishes.Topics, name), Muted: has(p.Wishes.Muted, name)}
	for _, a := range all {
		out.Posts += a.value.Posts
		out.People += a.value.People
	}
	if out.Posts == 0 {
		return feed.Topic{}, feed.ErrNoSuchTopic
	}
	return out, nil
}

// TopicShard counts the posts of a topic that this process keeps.
func (c *Core) TopicShard(ctx context.Context, in feed.AskTopic) (feed.Topic, error) {
	if err := internal(ctx); err != nil {
		return feed.Topic{}, err
	}
	out := feed.Topic{Name: in.Name}
	out.Posts, out.People, _ = c.engine.TopicPosts(in.Name)
	return out, nil
}

// TopicListShard returns posts of a topic that this process keeps.
func (c *Core) TopicListShard(ctx context.Context, in feed.TopicList) (feed.WarmList, error) {
	if err := internal(ctx); err != nil {
		return feed.WarmList{}, err
	}
	out := feed.WarmList{Items: []feed.Warm{}}
	if in.Hot {
		for _, w := range c.engine.HottestOf(in.Name, in.Shown, in.N, c.Now()) {
			out.Items = append(out.Items, feed.Warm{Place: w.Place, Heat: w.Heat})
		}
		return out, nil
	}
	for _, p := range c.engine.NewestOf(in.Name, in.Before, in.N) {
		out.Items = append(out.Items, feed.Warm{Place: p})
	}
	return out, nil
}

// TopicPosts pages through a topic's posts. The latest go on from a place in
// time, the hottest from what the walk has shown.
func (c *Core) TopicPosts(ctx context.Context, in feed.AskTopicPosts) (page.Page[feed.Shown], error) {
	none := page.Page[feed.Shown]{}
	name, err := topicOf("topic", in.Name)
	if err != nil {
		return none, err
	}
	t, err := c.openTopic(ctx, name, in)
	if err != nil {
		return none, err
	}
	if in.After == "" {
		if _, err := c.Topic(ctx, feed.AskTopic{Name: name}); err != nil {
			return none, err
		}
	}
	size := in.Size(usualPage, mostPage)
	out := page.Page[feed.Shown]{Items: []feed.Shown{}}
	for range rounds {
		next, err := t.take(ctx, size+1)
		if err != nil {
			return none, err
		}
		more := len(next) > size
		next = next[:min(size, len(next))]
		cards, err := c.visible(ctx, next)
		if err != nil {
			return none, err
		}
		if err := c.spare(ctx, t.person, cards, name); err != nil {
			return none, err
		}
		for i, p := range next {
			t.pass(p)
			if k, ok := cards[p]; ok {
				out.Items = append(out.Items, feed.Shown{Card: k, Hint: feed.Hint{Source: feed.FromTopic, Topic: name}})
			}
			if len(out.Items) == size && (more || i < len(next)-1) {
				out.Next = t.cursor()
				return out, nil
			}
		}
		if !more || len(t.walk.Shown) >= longest {
			return out, nil
		}
		out.Next = t.cursor()
	}
	return out, nil
}

// topicWalk is a way through a topic.
type topicWalk struct {
	*Core
	person person
	ask    feed.TopicList
	walk   engine.Walk // of the hottest
	at     map[id.Post]place
	last   place // of the latest
}

func (c *Core) openTopic(ctx context.Context, name string, in feed.AskTopicPosts) (*topicWalk, error) {
	t := &topicWalk{Core: c, ask: feed.TopicList{Name: name, Hot: in.Order != "new"}, at: map[id.Post]place{}}
	var err error
	if t.ask.Hot {
		t.walk, err = readWalk(in.After)
	} else {
		t.last, err = readPlace(in.After)
	}
	if err != nil {
		return nil, err
	}
	t.person, err = c.person(ctx, viewer(ctx))
	return t, err
}

// take returns the next posts, at most n.
func (t *topicWalk) take(ctx context.Context, n int) ([]id.Post, error) {
	ask := t.ask
	ask.N, ask.Shown, ask.Before = n, t.walk.Shown, feed.Place{Post: t.last.ID, At: t.last.At}
	all := askAll(ctx, t.Core, "topic", func(ctx context.Context, _ int, p feed.Parts) (feed.WarmList, error) {
		return p.TopicListShard(ctx, ask)
	})
	if err := failure(all); err != nil {
		return nil, fmt.Errorf("topic: %w", err)
	}
	var items []feed.Warm
	for _, a := range all {
		items = append(items, a.value.Items...)
	}
	slices.SortFunc(items, func(a, b feed.Warm) int {
		return cmp.Or(cmp.Compare(b.Heat, a.Heat), b.At.Compare(a.At), cmp.Compare(b.Post, a.Post))
	})
	out := make([]id.Post, min(n, len(items)))
	for i := range out {
		out[i] = items[i].Post
		t.at[out[i]] = place{items[i].At, items[i].Post}
	}
	return out, nil
}

// pass goes on behind a post.
func (t *topicWalk) pass(p id.Post) {
	if t.ask.Hot {
		t.walk.Show(p)
	} else {
		t.last = t.at[p]
	}
}

func (t *topicWalk) cursor() page.Cursor {
	if t.ask.Hot {
		return page.Cursor(t.walk.Encode())
	}
	return t.last.cursor()
}

// viewer is who asks, "" if nobody.
func viewer(ctx context.Context) id.User { return actor.From(ctx).User }
