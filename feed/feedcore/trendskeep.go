package feedcore

import "context"

type trendPart struct {
	ID string `bson:"_id"`
}

func (c *Core) loadTrends(context.Context) error { return nil }
func (c *Core) keepTrends(context.Context) error { return nil }
