package app

import (
	"context"

	"meadow/feed"
	"meadow/gateway"
	"meadow/media"
	"meadow/services/account"
	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/fulfil"
	carriers "meadow/services/fulfil/carrier/sandbox"
	"meadow/services/insight"
	"meadow/services/ledger"
	"meadow/services/moderation"
	"meadow/services/platform/notify"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

// Inbox is what messages are shown to a developer, in place of being sent.
type Inbox struct {
	Items []notify.Received `json:"items"`
}

var devInbox = rpc.Endpoint[rpc.Empty, Inbox]{
	Name: "devInbox", Method: "GET", Path: "/dev/inbox",
	Summary: "One-time codes and other messages, where the shop sends none (never in production)",
}

// Version is what this build calls itself.
const Version = "0.1.0"

// Routes are all endpoints of the shop, internal ones too.
func Routes() []rpc.Route {
	c := &rpc.Collector{}
	account.Mount(c, account.Client{})
	creator.Mount(c, creator.Client{})
	talk.Mount(c, talk.Client{})
	moderation.Mount(c, moderation.Client{})
	engage.Mount(c, engage.Client{})
	insight.Mount(c, insight.Client{})
	catalog.Mount(c, catalog.Client{})
	checkout.Mount(c, checkout.Client{})
	ledger.Mount(c, ledger.Client{})
	promotionsAt(nil).mount(c)
	fulfil.Mount(c, fulfil.Client{})
	aftersale.Mount(c, aftersale.Client{})
	feed.Mount(c, feed.Client{})
	media.Mount(c, media.Client{})
	sandbox.Mount(c, sandbox.Client{})
	carriers.Mount(c, carriers.Client{})
	rpc.Mount(c, devInbox, func(context.Context, rpc.Empty) (Inbox, error) { return Inbox{}, nil })
	gateway.Routes(c)
	return c.Routes
}

// OpenAPI is the document of the public API.
func OpenAPI() ([]byte, error) {
	return rpc.OpenAPI(rpc.Info{Title: "Meadow", Version: Version, Description: "Social content commerce: posts that sell."}, Routes())
}
