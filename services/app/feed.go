package app

import (
	"context"
	"fmt"

	"meadow/feed"
	"meadow/feed/feedcore"
	"meadow/services/kernel/actor"
	"meadow/services/moderation"
	"meadow/services/platform/rpc"
)

// newFeed builds the feed of this process's part of the posts.
func (s *System) newFeed(ctx context.Context) error {
	shard, shards, err := s.cfg.feedShard()
	if err != nil {
		return err
	}
	peers, err := s.cfg.peers()
	if err != nil {
		return err
	}
	parts := make([]feed.Parts, shards)
	for i := range parts {
		parts[i] = feed.Client{Peer: &rpc.Peer{URL: peers[fmt.Sprintf("%s.%d", Feed, i)], HTTP: s.http, Signer: s.signer(), Inject: s.inject}}
	}
	s.FeedCore, err = feedcore.New(ctx, feedcore.Deps{
		DB: s.stores.DB, Bus: s.stores.Bus, Now: s.now, Log: s.log,
		Creator: s.Creator, Catalog: s.Catalog, Index: s.stores.Search, Blob: s.stores.Blob,
		Shard: shard, Shards: shards, Peers: parts, MaxBytes: s.cfg.FeedMB << 20,
	})
	if err != nil {
		return err
	}
	s.FeedCore.Refuse(func(ctx context.Context, text string) (bool, error) {
		got, err := s.Moderation.Listed(actor.AsSystem(ctx, feedcore.Consumer), moderation.AskListed{Text: text})
		return got.OK, err
	})
	s.Feed = s.FeedCore
	s.runs("feed", s.FeedCore.Run)
	return nil
}
