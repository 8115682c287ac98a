package feedcore

import (
	"context"
	"errors"
	"time"

	"meadow/feed"
	"meadow/feed/shelf"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

var errOwed = errors.New("owed")

func (c *Core) Candidates(ctx context.Context, in feed.CandidateAsk) (feed.CandidateList, error) {
	return feed.CandidateList{}, errOwed
}

func (c *Core) FollowingShard(ctx context.Context, in feed.FollowingShard) (feed.PlaceList, error) {
	return feed.PlaceList{}, errOwed
}

func (c *Core) ForYou(ctx context.Context, in feed.AskForYou) (page.Page[feed.Shown], error) {
	return page.Page[feed.Shown]{}, errOwed
}

func (c *Core) Related(ctx context.Context, in feed.AskRelated) (page.Page[feed.Shown], error) {
	return page.Page[feed.Shown]{}, errOwed
}

func (c *Core) Topic(ctx context.Context, in feed.AskTopic) (feed.Topic, error) {
	return feed.Topic{}, errOwed
}

func (c *Core) TopicPosts(ctx context.Context, in feed.AskTopicPosts) (page.Page[feed.Shown], error) {
	return page.Page[feed.Shown]{}, errOwed
}

func (c *Core) Why(ctx context.Context, in feed.AskWhy) (feed.Why, error) {
	return feed.Why{}, errOwed
}

func (c *Core) Profile(ctx context.Context, in feed.Empty) (feed.Profile, error) {
	return feed.Profile{}, errOwed
}

func (c *Core) History(ctx context.Context, in page.Ask) (page.Page[feed.Deed], error) {
	return page.Page[feed.Deed]{}, errOwed
}

func (c *Core) ExportHistory(ctx context.Context, in feed.Empty) (feed.File, error) {
	return feed.File{}, errOwed
}

func (c *Core) Pools(ctx context.Context, in feed.AskPools) (page.Page[feed.PoolRow], error) {
	return page.Page[feed.PoolRow]{}, errOwed
}

func (c *Core) Balance(ctx context.Context, in feed.OfAccount) (feed.Balance, error) {
	return feed.Balance{}, errOwed
}

func (c *Core) Health(ctx context.Context, in feed.Empty) (feed.Health, error) {
	return feed.Health{}, errOwed
}

// touched is the products that somebody met.
func (c *Core) touched(id.User) []shelf.Touch { return nil }

// forgetAll forgets somebody in every process.
func (c *Core) forgetAll(ctx context.Context, who id.User, until time.Time) error {
	return c.forgetBuyer(ctx, who)
}

func (c *Core) TopicShard(ctx context.Context, in feed.AskTopic) (feed.Topic, error) {
	return feed.Topic{}, errOwed
}

func (c *Core) WhyShard(ctx context.Context, in feed.WhyShard) (feed.Why, error) {
	return feed.Why{}, errOwed
}

func (c *Core) StageShard(ctx context.Context, in feed.StageShard) (feed.StageList, error) {
	return feed.StageList{}, errOwed
}

func (c *Core) BalanceShard(ctx context.Context, in feed.BalanceShard) (feed.Balance, error) {
	return feed.Balance{}, errOwed
}

func (c *Core) TopicListShard(ctx context.Context, in feed.TopicList) (feed.WarmList, error) {
	return feed.WarmList{}, errOwed
}
