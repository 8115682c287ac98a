package feed

import (
	"context"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	newest         = rpc.Endpoint[page.Ask, page.Page[creator.Card]]{Name: "newest", Method: "GET", Path: "/feed/newest", Summary: "All posts, latest first"}
	following      = rpc.Endpoint[AskFollowing, page.Page[creator.Card]]{Name: "following", Method: "GET", Path: "/feed/following", Summary: "Posts of whom you follow, latest first or ranked", Access: rpc.SignedIn}
	forYou         = rpc.Endpoint[AskForYou, page.Page[Shown]]{Name: "forYou", Method: "GET", Path: "/feed/foryou", Summary: "What suits you best"}
	related        = rpc.Endpoint[AskRelated, page.Page[Shown]]{Name: "related", Method: "GET", Path: "/posts/:id/related", Summary: "Posts that go with one"}
	topic          = rpc.Endpoint[AskTopic, Topic]{Name: "topic", Method: "GET", Path: "/topics/:topic", Summary: "A topic"}
	topicPosts     = rpc.Endpoint[AskTopicPosts, page.Page[Shown]]{Name: "topicPosts", Method: "GET", Path: "/topics/:topic/posts", Summary: "Posts of a topic"}
	why            = rpc.Endpoint[AskWhy, Why]{Name: "why", Method: "GET", Path: "/posts/:id/why", Summary: "Why a post would be shown to you, as a sum"}
	hide           = rpc.Endpoint[Hide, Empty]{Name: "hidePost", Method: "PUT", Path: "/feed/hidden/:id", Summary: "Not interested", Access: rpc.SignedIn}
	unhide         = rpc.Endpoint[OfPost, Empty]{Name: "unhidePost", Method: "DELETE", Path: "/feed/hidden/:id", Summary: "Interested again", Access: rpc.SignedIn}
	preferences    = rpc.Endpoint[Empty, Preferences]{Name: "feedPreferences", Method: "GET", Path: "/feed/preferences", Summary: "How you want your feed", Access: rpc.SignedIn}
	setPreferences = rpc.Endpoint[Preferences, Preferences]{Name: "setFeedPreferences", Method: "PUT", Path: "/feed/preferences", Summary: "Change how you want your feed", Access: rpc.SignedIn}
	chooseTopic    = rpc.Endpoint[OneTopic, Empty]{Name: "chooseTopic", Method: "PUT", Path: "/feed/topics/:topic", Summary: "Choose a topic", Access: rpc.SignedIn}
	unchooseTopic  = rpc.Endpoint[OneTopic, Empty]{Name: "unchooseTopic", Method: "DELETE", Path: "/feed/topics/:topic", Summary: "Choose a topic no more", Access: rpc.SignedIn}
	muteTopic      = rpc.Endpoint[OneTopic, Empty]{Name: "muteTopic", Method: "PUT", Path: "/feed/muted/:topic", Summary: "Mute a topic", Access: rpc.SignedIn}
	unmuteTopic    = rpc.Endpoint[OneTopic, Empty]{Name: "unmuteTopic", Method: "DELETE", Path: "/feed/muted/:topic", Summary: "Mute a topic no more", Access: rpc.SignedIn}
	profile        = rpc.Endpoint[Empty, Profile]{Name: "feedProfile", Method: "GET", Path: "/feed/profile", Summary: "What the feed believes about you", Access: rpc.SignedIn}
	history        = rpc.Endpoint[page.Ask, page.Page[Deed]]{Name: "feedHistory", Method: "GET", Path: "/feed/history", Summary: "What the feed remembers that you did", Access: rpc.SignedIn}
	exportHistory  = rpc.Endpoint[Empty, File]{Name: "exportFeedHistory", Method: "GET", Path: "/feed/history/export", Summary: "All of it as CSV", Access: rpc.SignedIn}
	eraseHistory   = rpc.Endpoint[Empty, Empty]{Name: "eraseFeedHistory", Method: "DELETE", Path: "/feed/history", Summary: "Forget what I did", Access: rpc.SignedIn}
	reset          = rpc.Endpoint[Empty, Preferences]{Name: "resetFeed", Method: "POST", Path: "/feed/reset", Summary: "Forget what I did and what I chose", Access: rpc.SignedIn}
	pools          = rpc.Endpoint[AskPools, page.Page[PoolRow]]{Name: "pools", Method: "GET", Path: "/feed/pools", Summary: "How far your posts were passed on", Access: rpc.SignedIn}
	balance        = rpc.Endpoint[OfAccount, Balance]{Name: "promotionBalance", Method: "GET", Path: "/feed/balance", Summary: "How much of what you show is promotion", Access: rpc.SignedIn}
	health         = rpc.Endpoint[Empty, Health]{Name: "feedHealth", Method: "GET", Path: "/feed/health", Summary: "How large the feed is", Access: rpc.Only(actor.Operator)}
	similar        = rpc.Endpoint[OfProduct, Products]{Name: "similarProducts", Method: "GET", Path: "/products/:id/similar", Summary: "What could be bought instead"}
	complements    = rpc.Endpoint[OfProduct, Products]{Name: "complements", Method: "GET", Path: "/products/:id/complements", Summary: "What goes with it"}
	productPosts   = rpc.Endpoint[AskProductPosts, page.Page[creator.Card]]{Name: "productPosts", Method: "GET", Path: "/products/:id/posts", Summary: "Posts that tag a product"}
	shop           = rpc.Endpoint[AskShop, page.Page[Offer]]{Name: "shopForYou", Method: "GET", Path: "/feed/shop", Summary: "Products that suit you"}
	search         = rpc.Endpoint[Search, Results]{Name: "search", Method: "GET", Path: "/search", Summary: "Posts, products and creators that match"}
	suggest        = rpc.Endpoint[AskSuggest, Suggestions]{Name: "suggest", Method: "GET", Path: "/search/suggest", Summary: "Completions of what is typed"}
	searched       = rpc.Endpoint[Empty, Searches]{Name: "searched", Method: "GET", Path: "/search/history", Summary: "What you searched for", Access: rpc.SignedIn}
	forgetSearch   = rpc.Endpoint[OneSearch, Empty]{Name: "forgetSearch", Method: "DELETE", Path: "/search/history/one", Summary: "Forget one search", Access: rpc.SignedIn}
	forgetSearches = rpc.Endpoint[Empty, Empty]{Name: "forgetSearches", Method: "DELETE", Path: "/search/history", Summary: "Forget all searches", Access: rpc.SignedIn}
	trends         = rpc.Endpoint[AskTrends, Trends]{Name: "trends", Method: "GET", Path: "/trends", Summary: "What many search for and post about"}
	trendQueue     = rpc.Endpoint[AskQueue, page.Page[TrendRow]]{Name: "trendQueue", Method: "GET", Path: "/trends/queue", Summary: "Words that wait for review", Access: rpc.Only(actor.Operator)}
	judgeTrend     = rpc.Endpoint[JudgeTrend, TrendRow]{Name: "judgeTrend", Method: "PUT", Path: "/trends/:id", Summary: "Let a word trend, or not", Access: rpc.Only(actor.Operator)}
	candidates     = rpc.Endpoint[CandidateAsk, CandidateList]{Name: "candidates", Method: "POST", Path: "/internal/feed/candidates", Access: rpc.Internal}
	followingShard = rpc.Endpoint[FollowingShard, PlaceList]{Name: "followingShard", Method: "POST", Path: "/internal/feed/following", Access: rpc.Internal}
	topicShard     = rpc.Endpoint[AskTopic, Topic]{Name: "topicShard", Method: "GET", Path: "/internal/feed/topics/:topic", Access: rpc.Internal}
	topicListShard = rpc.Endpoint[TopicList, WarmList]{Name: "topicListShard", Method: "POST", Path: "/internal/feed/topics", Access: rpc.Internal}
	whyShard       = rpc.Endpoint[WhyShard, Why]{Name: "whyShard", Method: "POST", Path: "/internal/feed/why", Access: rpc.Internal}
	stageShard     = rpc.Endpoint[StageShard, StageList]{Name: "stageShard", Method: "POST", Path: "/internal/feed/stages", Access: rpc.Internal}
	consents       = rpc.Endpoint[AskConsents, Consents]{Name: "feedConsents", Method: "POST", Path: "/internal/feed/consents", Access: rpc.Internal}
	balanceShard   = rpc.Endpoint[BalanceShard, Balance]{Name: "balanceShard", Method: "POST", Path: "/internal/feed/balance", Access: rpc.Internal}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, newest, s.Newest)
	rpc.Mount(r, following, s.Following)
	rpc.Mount(r, forYou, s.ForYou)
	rpc.Mount(r, related, s.Related)
	rpc.Mount(r, topic, s.Topic)
	rpc.Mount(r, topicPosts, s.TopicPosts)
	rpc.Mount(r, why, s.Why)
	rpc.Mount(r, hide, s.Hide)
	rpc.Mount(r, unhide, s.Unhide)
	rpc.Mount(r, preferences, s.Preferences)
	rpc.Mount(r, setPreferences, s.SetPreferences)
	rpc.Mount(r, chooseTopic, s.ChooseTopic)
	rpc.Mount(r, unchooseTopic, s.UnchooseTopic)
	rpc.Mount(r, muteTopic, s.MuteTopic)
	rpc.Mount(r, unmuteTopic, s.UnmuteTopic)
	rpc.Mount(r, profile, s.Profile)
	rpc.Mount(r, history, s.History)
	rpc.Mount(r, exportHistory, s.ExportHistory)
	rpc.Mount(r, eraseHistory, s.EraseHistory)
	rpc.Mount(r, reset, s.Reset)
	rpc.Mount(r, pools, s.Pools)
	rpc.Mount(r, balance, s.Balance)
	rpc.Mount(r, health, s.Health)
	rpc.Mount(r, similar, s.Similar)
	rpc.Mount(r, complements, s.Complements)
	rpc.Mount(r, productPosts, s.ProductPosts)
	rpc.Mount(r, shop, s.Shop)
	rpc.Mount(r, search, s.Search)
	rpc.Mount(r, suggest, s.Suggest)
	rpc.Mount(r, searched, s.Searched)
	rpc.Mount(r, forgetSearch, s.ForgetSearch)
	rpc.Mount(r, forgetSearches, s.ForgetSearches)
	rpc.Mount(r, trends, s.Trends)
	rpc.Mount(r, trendQueue, s.TrendQueue)
	rpc.Mount(r, judgeTrend, s.JudgeTrend)
	rpc.Mount(r, candidates, s.Candidates)
	rpc.Mount(r, followingShard, s.FollowingShard)
	rpc.Mount(r, topicShard, s.TopicShard)
	rpc.Mount(r, topicListShard, s.TopicListShard)
	rpc.Mount(r, whyShard, s.WhyShard)
	rpc.Mount(r, stageShard, s.StageShard)
	rpc.Mount(r, balanceShard, s.BalanceShard)
	rpc.Mount(r, consents, s.Consents)
}

// Client is the feed in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Newest(ctx context.Context, in page.Ask) (page.Page[creator.Card], error) {
	return rpc.Call(ctx, c.Peer, newest, in)
}

func (c Client) Following(ctx context.Context, in AskFollowing) (page.Page[creator.Card], error) {
	return rpc.Call(ctx, c.Peer, following, in)
}

func (c Client) ForYou(ctx context.Context, in AskForYou) (page.Page[Shown], error) {
	return rpc.Call(ctx, c.Peer, forYou, in)
}

func (c Client) Related(ctx context.Context, in AskRelated) (page.Page[Shown], error) {
	return rpc.Call(ctx, c.Peer, related, in)
}

func (c Client) Topic(ctx context.Context, in AskTopic) (Topic, error) {
	return rpc.Call(ctx, c.Peer, topic, in)
}

func (c Client) TopicPosts(ctx context.Context, in AskTopicPosts) (page.Page[Shown], error) {
	return rpc.Call(ctx, c.Peer, topicPosts, in)
}

func (c Client) Why(ctx context.Context, in AskWhy) (Why, error) {
	return rpc.Call(ctx, c.Peer, why, in)
}

func (c Client) Hide(ctx context.Context, in Hide) (Empty, error) {
	return rpc.Call(ctx, c.Peer, hide, in)
}

func (c Client) Unhide(ctx context.Context, in OfPost) (Empty, error) {
	return rpc.Call(ctx, c.Peer, unhide, in)
}

func (c Client) Preferences(ctx context.Context, in Empty) (Preferences, error) {
	return rpc.Call(ctx, c.Peer, preferences, in)
}

func (c Client) SetPreferences(ctx context.Context, in Preferences) (Preferences, error) {
	return rpc.Call(ctx, c.Peer, setPreferences, in)
}

func (c Client) ChooseTopic(ctx context.Context, in OneTopic) (Empty, error) {
	return rpc.Call(ctx, c.Peer, chooseTopic, in)
}

func (c Client) UnchooseTopic(ctx context.Context, in OneTopic) (Empty, error) {
	return rpc.Call(ctx, c.Peer, unchooseTopic, in)
}

func (c Client) MuteTopic(ctx context.Context, in OneTopic) (Empty, error) {
	return rpc.Call(ctx, c.Peer, muteTopic, in)
}

func (c Client) UnmuteTopic(ctx context.Context, in OneTopic) (Empty, error) {
	return rpc.Call(ctx, c.Peer, unmuteTopic, in)
}

func (c Client) Profile(ctx context.Context, in Empty) (Profile, error) {
	return rpc.Call(ctx, c.Peer, profile, in)
}

func (c Client) History(ctx context.Context, in page.Ask) (page.Page[Deed], error) {
	return rpc.Call(ctx, c.Peer, history, in)
}

func (c Client) ExportHistory(ctx context.Context, in Empty) (File, error) {
	return rpc.Call(ctx, c.Peer, exportHistory, in)
}

func (c Client) EraseHistory(ctx context.Context, in Empty) (Empty, error) {
	return rpc.Call(ctx, c.Peer, eraseHistory, in)
}

func (c Client) Reset(ctx context.Context, in Empty) (Preferences, error) {
	return rpc.Call(ctx, c.Peer, reset, in)
}

func (c Client) Pools(ctx context.Context, in AskPools) (page.Page[PoolRow], error) {
	return rpc.Call(ctx, c.Peer, pools, in)
}

func (c Client) Balance(ctx context.Context, in OfAccount) (Balance, error) {
	return rpc.Call(ctx, c.Peer, balance, in)
}

func (c Client) Health(ctx context.Context, in Empty) (Health, error) {
	return rpc.Call(ctx, c.Peer, health, in)
}

func (c Client) Similar(ctx context.Context, in OfProduct) (Products, error) {
	return rpc.Call(ctx, c.Peer, similar, in)
}

func (c Client) Complements(ctx context.Context, in OfProduct) (Products, error) {
	return rpc.Call(ctx, c.Peer, complements, in)
}

func (c Client) ProductPosts(ctx context.Context, in AskProductPosts) (page.Page[creator.Card], error) {
	return rpc.Call(ctx, c.Peer, productPosts, in)
}

func (c Client) Shop(ctx context.Context, in AskShop) (page.Page[Offer], error) {
	return rpc.Call(ctx, c.Peer, shop, in)
}

func (c Client) Search(ctx context.Context, in Search) (Results, error) {
	return rpc.Call(ctx, c.Peer, search, in)
}

func (c Client) Suggest(ctx context.Context, in AskSuggest) (Suggestions, error) {
	return rpc.Call(ctx, c.Peer, suggest, in)
}

func (c Client) Searched(ctx context.Context, in Empty) (Searches, error) {
	return rpc.Call(ctx, c.Peer, searched, in)
}

func (c Client) ForgetSearch(ctx context.Context, in OneSearch) (Empty, error) {
	return rpc.Call(ctx, c.Peer, forgetSearch, in)
}

func (c Client) ForgetSearches(ctx context.Context, in Empty) (Empty, error) {
	return rpc.Call(ctx, c.Peer, forgetSearches, in)
}

func (c Client) Trends(ctx context.Context, in AskTrends) (Trends, error) {
	return rpc.Call(ctx, c.Peer, trends, in)
}

func (c Client) TrendQueue(ctx context.Context, in AskQueue) (page.Page[TrendRow], error) {
	return rpc.Call(ctx, c.Peer, trendQueue, in)
}

func (c Client) JudgeTrend(ctx context.Context, in JudgeTrend) (TrendRow, error) {
	return rpc.Call(ctx, c.Peer, judgeTrend, in)
}

func (c Client) Candidates(ctx context.Context, in CandidateAsk) (CandidateList, error) {
	return rpc.Call(ctx, c.Peer, candidates, in)
}

func (c Client) FollowingShard(ctx context.Context, in FollowingShard) (PlaceList, error) {
	return rpc.Call(ctx, c.Peer, followingShard, in)
}

func (c Client) TopicShard(ctx context.Context, in AskTopic) (Topic, error) {
	return rpc.Call(ctx, c.Peer, topicShard, in)
}

func (c Client) TopicListShard(ctx context.Context, in TopicList) (WarmList, error) {
	return rpc.Call(ctx, c.Peer, topicListShard, in)
}

func (c Client) WhyShard(ctx context.Context, in WhyShard) (Why, error) {
	return rpc.Call(ctx, c.Peer, whyShard, in)
}

func (c Client) StageShard(ctx context.Context, in StageShard) (StageList, error) {
	return rpc.Call(ctx, c.Peer, stageShard, in)
}

func (c Client) BalanceShard(ctx context.Context, in BalanceShard) (Balance, error) {
	return rpc.Call(ctx, c.Peer, balanceShard, in)
}

func (c Client) Consents(ctx context.Context, in AskConsents) (Consents, error) {
	return rpc.Call(ctx, c.Peer, consents, in)
}
