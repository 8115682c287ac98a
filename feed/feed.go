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
// (rpc.ErrNoRoute). Each keeps the posts of some authors, and answers for them
// alone.
type Parts interface {
	// Candidates returns what this process would show of the posts it keeps, ranked:
	// the one in front merges the answers of all and makes a page of them.
	Candidates(ctx context.Context, in CandidateAsk) (CandidateList, error)
	// FollowingShard returns the newest posts by those authors that this process keeps.
	FollowingShard(ctx context.Context, in FollowingShard) (PlaceList, error)
	// TopicShard counts the posts of a topic, and who made them.
	TopicShard(ctx context.Context, in AskTopic) (Topic, error)
	// TopicListShard returns posts of a topic, in the order asked for.
	TopicListShard(ctx context.Context, in TopicList) (WarmList, error)
	// WhyShard takes a post's score for somebody apart: creator.ErrNoSuchPost.
	WhyShard(ctx context.Context, in WhyShard) (Why, error)
	// StageShard says how far posts were passed on; others than its own are left out.
	StageShard(ctx context.Context, in StageShard) (StageList, error)
	// BalanceShard is Balance of an account whose posts it keeps.
	BalanceShard(ctx context.Context, in BalanceShard) (Balance, error)
	// Consents says who of these people lets what they do be used now. It is for the
	// whole shop: who tells of what people do asks before it names anybody.
	Consents(ctx context.Context, in AskConsents) (Consents, error)
}

var (
	ErrNoSuchTopic = errs.New(errs.NotFound, "no_such_topic", "Nobody has posted about this yet.")
	ErrTooMany     = errs.New(errs.Exhausted, "too_many_topics", "That is as many topics as one can choose or mute.")
	ErrNoSuchTrend = errs.New(errs.NotFound, "no_such_trend", "This word is not waiting for review.")
)

// Empty is the answer of what only has to be done.
type Empty = rpc.Empty
