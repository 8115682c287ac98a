package talk

import (
	"context"

	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	comments      = rpc.Endpoint[Comments, page.Page[Comment]]{Name: "comments", Method: "GET", Path: "/posts/:id/comments", Summary: "Comments, or replies to one"}
	say           = rpc.Endpoint[Say, Comment]{Name: "say", Method: "POST", Path: "/posts/:id/comments", Summary: "Comment or reply", Access: rpc.SignedIn, Idempotent: true}
	unsay         = rpc.Endpoint[ByComment, rpc.Empty]{Name: "unsay", Method: "DELETE", Path: "/comments/:id", Summary: "Remove a comment", Access: rpc.SignedIn}
	likeComment   = rpc.Endpoint[ByComment, CommentLikes]{Name: "likeComment", Method: "PUT", Path: "/comments/:id/like", Summary: "Like a comment", Access: rpc.SignedIn}
	unlikeComment = rpc.Endpoint[ByComment, CommentLikes]{Name: "unlikeComment", Method: "DELETE", Path: "/comments/:id/like", Summary: "Take a like of a comment back", Access: rpc.SignedIn}
	pin           = rpc.Endpoint[ByComment, Comment]{Name: "pin", Method: "PUT", Path: "/comments/:id/pin", Summary: "Pin a comment under your post", Access: rpc.SignedIn}
	unpin         = rpc.Endpoint[ByComment, Comment]{Name: "unpin", Method: "DELETE", Path: "/comments/:id/pin", Summary: "Unpin a comment", Access: rpc.SignedIn}
	rules         = rpc.Endpoint[rpc.Empty, Rules]{Name: "commentRules", Method: "GET", Path: "/comment-rules", Summary: "What you let others say", Access: rpc.SignedIn}
	setRules      = rpc.Endpoint[Rules, Rules]{Name: "setCommentRules", Method: "PUT", Path: "/comment-rules", Summary: "Change what you let others say", Access: rpc.SignedIn}
	held          = rpc.Endpoint[page.Ask, page.Page[Comment]]{Name: "heldComments", Method: "GET", Path: "/comments/held", Summary: "Comments that wait for you, oldest first", Access: rpc.SignedIn}
	let           = rpc.Endpoint[ByComment, Comment]{Name: "letComment", Method: "POST", Path: "/comments/:id/let", Summary: "Let a held comment through", Access: rpc.SignedIn}
	questions     = rpc.Endpoint[Questions, page.Page[Question]]{Name: "questions", Method: "GET", Path: "/questions", Summary: "Questions without an answer, longest waiting first", Access: rpc.SignedIn}
	settle        = rpc.Endpoint[ByComment, rpc.Empty]{Name: "settleQuestion", Method: "POST", Path: "/comments/:id/settle", Summary: "Take a question off the list", Access: rpc.SignedIn}
	response      = rpc.Endpoint[AskResponse, Response]{Name: "response", Method: "GET", Path: "/questions/response", Summary: "How fast questions are answered", Access: rpc.SignedIn}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, comments, s.Comments)
	rpc.Mount(r, say, s.Say)
	rpc.Mount(r, unsay, s.Unsay)
	rpc.Mount(r, likeComment, s.LikeComment)
	rpc.Mount(r, unlikeComment, s.UnlikeComment)
	rpc.Mount(r, pin, s.Pin)
	rpc.Mount(r, unpin, s.Unpin)
	rpc.Mount(r, rules, s.Rules)
	rpc.Mount(r, setRules, s.SetRules)
	rpc.Mount(r, held, s.Held)
	rpc.Mount(r, let, s.Let)
	rpc.Mount(r, questions, s.Questions)
	rpc.Mount(r, settle, s.Settle)
	rpc.Mount(r, response, s.Response)
}

// Client is comments in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Comments(ctx context.Context, in Comments) (page.Page[Comment], error) {
	return rpc.Call(ctx, c.Peer, comments, in)
}

func (c Client) Say(ctx context.Context, in Say) (Comment, error) {
	return rpc.Call(ctx, c.Peer, say, in)
}

func (c Client) Unsay(ctx context.Context, in ByComment) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, unsay, in)
}

func (c Client) LikeComment(ctx context.Context, in ByComment) (CommentLikes, error) {
	return rpc.Call(ctx, c.Peer, likeComment, in)
}

func (c Client) UnlikeComment(ctx context.Context, in ByComment) (CommentLikes, error) {
	return rpc.Call(ctx, c.Peer, unlikeComment, in)
}

func (c Client) Pin(ctx context.Context, in ByComment) (Comment, error) {
	return rpc.Call(ctx, c.Peer, pin, in)
}

func (c Client) Unpin(ctx context.Context, in ByComment) (Comment, error) {
	return rpc.Call(ctx, c.Peer, unpin, in)
}

func (c Client) Rules(ctx context.Context, in rpc.Empty) (Rules, error) {
	return rpc.Call(ctx, c.Peer, rules, in)
}

func (c Client) SetRules(ctx context.Context, in Rules) (Rules, error) {
	return rpc.Call(ctx, c.Peer, setRules, in)
}

func (c Client) Held(ctx context.Context, in page.Ask) (page.Page[Comment], error) {
	return rpc.Call(ctx, c.Peer, held, in)
}

func (c Client) Let(ctx context.Context, in ByComment) (Comment, error) {
	return rpc.Call(ctx, c.Peer, let, in)
}

func (c Client) Questions(ctx context.Context, in Questions) (page.Page[Question], error) {
	return rpc.Call(ctx, c.Peer, questions, in)
}

func (c Client) Settle(ctx context.Context, in ByComment) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, settle, in)
}

func (c Client) Response(ctx context.Context, in AskResponse) (Response, error) {
	return rpc.Call(ctx, c.Peer, response, in)
}
