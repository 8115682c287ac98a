package engage

import (
	"context"

	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	notices        = rpc.Endpoint[AskNotices, page.Page[Notice]]{Name: "notices", Method: "GET", Path: "/notices", Summary: "Your notices, latest first", Access: rpc.SignedIn}
	unread         = rpc.Endpoint[rpc.Empty, Counts]{Name: "unread", Method: "GET", Path: "/notices/unread", Summary: "How many notices are unread", Access: rpc.SignedIn}
	markRead       = rpc.Endpoint[MarkRead, Counts]{Name: "markRead", Method: "POST", Path: "/notices/read", Summary: "Mark notices as read", Access: rpc.SignedIn}
	preferences    = rpc.Endpoint[rpc.Empty, Preferences]{Name: "preferences", Method: "GET", Path: "/preferences", Summary: "What you want to hear of, and how", Access: rpc.SignedIn}
	setPreferences = rpc.Endpoint[Preferences, Preferences]{Name: "setPreferences", Method: "PUT", Path: "/preferences", Summary: "Change what you want to hear of", Access: rpc.SignedIn}
	pushKey        = rpc.Endpoint[rpc.Empty, PushKey]{Name: "pushKey", Method: "GET", Path: "/push/key", Summary: "The key a browser subscribes with"}
	subscribe      = rpc.Endpoint[Subscription, rpc.Empty]{Name: "subscribe", Method: "PUT", Path: "/push/subscription", Summary: "Get pushes in this browser", Access: rpc.SignedIn}
	unsubscribe    = rpc.Endpoint[Unsubscribe, rpc.Empty]{Name: "unsubscribe", Method: "DELETE", Path: "/push/subscription", Summary: "Get no more pushes in this browser", Access: rpc.SignedIn}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, notices, s.Notices)
	rpc.Mount(r, unread, s.Unread)
	rpc.Mount(r, markRead, s.MarkRead)
	rpc.Mount(r, preferences, s.Preferences)
	rpc.Mount(r, setPreferences, s.SetPreferences)
	rpc.Mount(r, pushKey, s.PushKey)
	rpc.Mount(r, subscribe, s.Subscribe)
	rpc.Mount(r, unsubscribe, s.Unsubscribe)
}

// Client is news in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Notices(ctx context.Context, in AskNotices) (page.Page[Notice], error) {
	return rpc.Call(ctx, c.Peer, notices, in)
}

func (c Client) Unread(ctx context.Context, in rpc.Empty) (Counts, error) {
	return rpc.Call(ctx, c.Peer, unread, in)
}

func (c Client) MarkRead(ctx context.Context, in MarkRead) (Counts, error) {
	return rpc.Call(ctx, c.Peer, markRead, in)
}

func (c Client) Preferences(ctx context.Context, in rpc.Empty) (Preferences, error) {
	return rpc.Call(ctx, c.Peer, preferences, in)
}

func (c Client) SetPreferences(ctx context.Context, in Preferences) (Preferences, error) {
	return rpc.Call(ctx, c.Peer, setPreferences, in)
}

func (c Client) PushKey(ctx context.Context, in rpc.Empty) (PushKey, error) {
	return rpc.Call(ctx, c.Peer, pushKey, in)
}

func (c Client) Subscribe(ctx context.Context, in Subscription) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, subscribe, in)
}

func (c Client) Unsubscribe(ctx context.Context, in Unsubscribe) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, unsubscribe, in)
}
