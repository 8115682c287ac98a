package talkcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/talk"
)

// How fast one may comment.
const (
	perMinute = 10
	perHour   = 100
)

// pace is what somebody said within the last hour, oldest first. It decides
// alone whether they may say more.
type pace struct {
	Said  []said    `bson:"said"`
	Until time.Time `bson:"until"` // the record is of no use after
}

type said struct {
	Comment id.Comment `bson:"comment"`
	At      time.Time  `bson:"at"`
}

// admit takes a comment into the pace, once, or returns talk.ErrFast.
func (p *pace) admit(k id.Comment, now time.Time) error {
	recent, lately := p.Said[:0:0], 0
	for _, s := range p.Said {
		if s.Comment == k {
			return errSame
		}
		if now.Sub(s.At) < time.Hour {
			recent = append(recent, s)
		}
		if now.Sub(s.At) < time.Minute {
			lately++
		}
	}
	if lately >= perMinute || len(recent) >= perHour {
		return talk.ErrFast
	}
	p.Said, p.Until = append(recent, said{k, now}), now.Add(time.Hour)
	return nil
}

// admit counts k for me. A part of the shop that speaks for somebody, as the
// demonstration does, is not counted.
func (c *Core) admit(ctx context.Context, me id.User, k id.Comment) error {
	if actor.From(ctx).System != "" {
		return nil
	}
	now := c.Now()
	_, err := c.paces.Upsert(ctx, string(me), func(p *pace) error { return p.admit(k, now) })
	switch {
	case err == nil, errors.Is(err, errSame):
		return nil
	case errors.Is(err, talk.ErrFast):
		return err
	}
	return fmt.Errorf("pace: %w", err)
}
