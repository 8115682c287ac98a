// Package feed is the reading side of content: what to show next, why, and what
// answers a search. It keeps nothing about posts and products that cannot be
// rebuilt from what it was told of; of people it keeps what they did for as long
// as they allow.
//
// The contract is read file by file: lists.go (what to show), control.go (what
// people decide about it), grow.go (what creators see of it), shelf.go
// (products), find.go (search and trends).
package feed

import (
	"context"

	"meadow/services/kernel/errs"
	"meadow/services/platform/rpc"
)

// Service is the feed.
type Service interface {
	Lists
	Control
	Grow
	Shelf
	Find
	Parts
}

// Parts is for other feed processes (actor.AsSystem); nobody else finds it
// (rpc.ErrNoRoute).
type Parts interface {
	// Candidates returns what this process would show of the posts it keeps, ranked:
	// the one in front merges the answers of all and makes a page of them.
	Candidates(ctx context.Context, in CandidateAsk) (CandidateList, error)
	// FollowingShard returns the newest posts by those authors that this process keeps.
	FollowingShard(ctx context.Context, in FollowingShard) (PlaceList, error)
}

var (
	ErrNoSuchTopic = errs.New(errs.NotFound, "no_such_topic", "Nobody has posted about this yet.")
	ErrTooMany     = errs.New(errs.Exhausted, "too_many_topics", "That is as many topics as one can choose or mute.")
	ErrNoSuchTrend = errs.New(errs.NotFound, "no_such_trend", "This word is not waiting for review.")
)

// Empty is the answer of what only has to be done.
type Empty = rpc.Empty
