package mediacore

import "context"

// PrepareVideo makes ready the video that waits longest, and reports whether
// there was one. RunVideos does so again and again.
func (c *Core) PrepareVideo(ctx context.Context) (bool, error) { return c.prepareNext(ctx, c.Scratch) }
