package feedcore

import (
	"context"

	"meadow/feed"
	"meadow/services/kernel/page"
)

func (c *Core) Suggest(ctx context.Context, in feed.AskSuggest) (feed.Suggestions, error) {
	return feed.Suggestions{}, errOwed
}

func (c *Core) Searched(ctx context.Context, in feed.Empty) (feed.Searches, error) {
	return feed.Searches{}, errOwed
}

func (c *Core) ForgetSearch(ctx context.Context, in feed.OneSearch) (feed.Empty, error) {
	return feed.Empty{}, errOwed
}

func (c *Core) ForgetSearches(ctx context.Context, in feed.Empty) (feed.Empty, error) {
	return feed.Empty{}, errOwed
}

func (c *Core) Trends(ctx context.Context, in feed.AskTrends) (feed.Trends, error) {
	return feed.Trends{}, errOwed
}

func (c *Core) TrendQueue(ctx context.Context, in feed.AskQueue) (page.Page[feed.TrendRow], error) {
	return page.Page[feed.TrendRow]{}, errOwed
}

func (c *Core) JudgeTrend(ctx context.Context, in feed.JudgeTrend) (feed.TrendRow, error) {
	return feed.TrendRow{}, errOwed
}
