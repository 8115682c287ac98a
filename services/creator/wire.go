package creator

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	profile     = rpc.Endpoint[ByUser, Profile]{Name: "profile", Method: "GET", Path: "/creators/:id", Summary: "A profile"}
	editProfile = rpc.Endpoint[EditProfile, Profile]{Name: "editProfile", Method: "PUT", Path: "/creators/me", Summary: "Edit your profile", Access: rpc.SignedIn}
	follow      = rpc.Endpoint[ByUser, Profile]{Name: "follow", Method: "PUT", Path: "/creators/:id/follow", Summary: "Follow", Access: rpc.SignedIn}
	unfollow    = rpc.Endpoint[ByUser, Profile]{Name: "unfollow", Method: "DELETE", Path: "/creators/:id/follow", Summary: "Stop following", Access: rpc.SignedIn}
	upload      = rpc.Endpoint[Upload, Ticket]{Name: "upload", Method: "POST", Path: "/uploads", Summary: "A ticket to upload one picture", Access: rpc.SignedIn}
	publish     = rpc.Endpoint[Publish, Post]{Name: "publish", Method: "POST", Path: "/posts", Summary: "Publish a post", Access: rpc.Only(actor.Creator), Idempotent: true}
	edit        = rpc.Endpoint[EditPost, Post]{Name: "editPost", Method: "PUT", Path: "/posts/:id", Summary: "Edit a post", Access: rpc.Only(actor.Creator)}
	remove      = rpc.Endpoint[ByPost, rpc.Empty]{Name: "removePost", Method: "DELETE", Path: "/posts/:id", Summary: "Take a post away", Access: rpc.SignedIn}
	post        = rpc.Endpoint[ByPost, Post]{Name: "post", Method: "GET", Path: "/posts/:id", Summary: "A post"}
	postsBy     = rpc.Endpoint[PostsBy, page.Page[Card]]{Name: "postsBy", Method: "GET", Path: "/creators/:id/posts", Summary: "A creator's posts, newest first"}
	saved       = rpc.Endpoint[page.Ask, page.Page[Card]]{Name: "saved", Method: "GET", Path: "/saved", Summary: "What you saved, latest first", Access: rpc.SignedIn}
	like        = rpc.Endpoint[ByPost, Reaction]{Name: "like", Method: "PUT", Path: "/posts/:id/like", Summary: "Like", Access: rpc.SignedIn}
	unlike      = rpc.Endpoint[ByPost, Reaction]{Name: "unlike", Method: "DELETE", Path: "/posts/:id/like", Summary: "Take a like back", Access: rpc.SignedIn}
	save        = rpc.Endpoint[ByPost, Reaction]{Name: "save", Method: "PUT", Path: "/posts/:id/save", Summary: "Save", Access: rpc.SignedIn}
	unsave      = rpc.Endpoint[ByPost, Reaction]{Name: "unsave", Method: "DELETE", Path: "/posts/:id/save", Summary: "Take a save back", Access: rpc.SignedIn}
	comments    = rpc.Endpoint[Comments, page.Page[Comment]]{Name: "comments", Method: "GET", Path: "/posts/:id/comments", Summary: "Comments, or replies to one"}
	say         = rpc.Endpoint[Say, Comment]{Name: "say", Method: "POST", Path: "/posts/:id/comments", Summary: "Comment or reply", Access: rpc.SignedIn, Idempotent: true}
	unsay       = rpc.Endpoint[ByComment, rpc.Empty]{Name: "unsay", Method: "DELETE", Path: "/comments/:id", Summary: "Remove a comment", Access: rpc.SignedIn}
	cards       = rpc.Endpoint[Cards, CardList]{Name: "cards", Method: "POST", Path: "/internal/cards", Access: rpc.Internal}
	follows     = rpc.Endpoint[Follows, page.Page[id.User]]{Name: "follows", Method: "GET", Path: "/internal/creators/:id/follows", Access: rpc.Internal}
	allPosts    = rpc.Endpoint[page.Ask, page.Page[PublishedData]]{Name: "allPosts", Method: "GET", Path: "/internal/posts", Access: rpc.Internal}
	openLink    = rpc.Endpoint[OpenLink, Attribution]{Name: "openLink", Method: "POST", Path: "/internal/links/open", Access: rpc.Internal}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, profile, s.Profile)
	rpc.Mount(r, editProfile, s.EditProfile)
	rpc.Mount(r, follow, s.Follow)
	rpc.Mount(r, unfollow, s.Unfollow)
	rpc.Mount(r, upload, s.Upload)
	rpc.Mount(r, publish, s.Publish)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, remove, s.Remove)
	rpc.Mount(r, post, s.Post)
	rpc.Mount(r, postsBy, s.PostsBy)
	rpc.Mount(r, saved, s.Saved)
	rpc.Mount(r, like, s.Like)
	rpc.Mount(r, unlike, s.Unlike)
	rpc.Mount(r, save, s.Save)
	rpc.Mount(r, unsave, s.Unsave)
	rpc.Mount(r, comments, s.Comments)
	rpc.Mount(r, say, s.Say)
	rpc.Mount(r, unsay, s.Unsay)
	rpc.Mount(r, cards, s.Cards)
	rpc.Mount(r, follows, s.Follows)
	rpc.Mount(r, allPosts, s.AllPosts)
	rpc.Mount(r, openLink, s.OpenLink)
}

// Client is creators and their posts in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Profile(ctx context.Context, in ByUser) (Profile, error) {
	return rpc.Call(ctx, c.Peer, profile, in)
}

func (c Client) EditProfile(ctx context.Context, in EditProfile) (Profile, error) {
	return rpc.Call(ctx, c.Peer, editProfile, in)
}

func (c Client) Follow(ctx context.Context, in ByUser) (Profile, error) {
	return rpc.Call(ctx, c.Peer, follow, in)
}

func (c Client) Unfollow(ctx context.Context, in ByUser) (Profile, error) {
	return rpc.Call(ctx, c.Peer, unfollow, in)
}

func (c Client) Upload(ctx context.Context, in Upload) (Ticket, error) {
	return rpc.Call(ctx, c.Peer, upload, in)
}

func (c Client) Publish(ctx context.Context, in Publish) (Post, error) {
	return rpc.Call(ctx, c.Peer, publish, in)
}

func (c Client) Edit(ctx context.Context, in EditPost) (Post, error) {
	return rpc.Call(ctx, c.Peer, edit, in)
}

func (c Client) Remove(ctx context.Context, in ByPost) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, remove, in)
}

func (c Client) Post(ctx context.Context, in ByPost) (Post, error) {
	return rpc.Call(ctx, c.Peer, post, in)
}

func (c Client) PostsBy(ctx context.Context, in PostsBy) (page.Page[Card], error) {
	return rpc.Call(ctx, c.Peer, postsBy, in)
}

func (c Client) Saved(ctx context.Context, in page.Ask) (page.Page[Card], error) {
	return rpc.Call(ctx, c.Peer, saved, in)
}

func (c Client) Like(ctx context.Context, in ByPost) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, like, in)
}

func (c Client) Unlike(ctx context.Context, in ByPost) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, unlike, in)
}

func (c Client) Save(ctx context.Context, in ByPost) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, save, in)
}

func (c Client) Unsave(ctx context.Context, in ByPost) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, unsave, in)
}

func (c Client) Comments(ctx context.Context, in Comments) (page.Page[Comment], error) {
	return rpc.Call(ctx, c.Peer, comments, in)
}

func (c Client) Say(ctx context.Context, in Say) (Comment, error) {
	return rpc.Call(ctx, c.Peer, say, in)
}

func (c Client) Unsay(ctx context.Context, in ByComment) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, unsay, in)
}

func (c Client) Cards(ctx context.Context, in Cards) (CardList, error) {
	return rpc.Call(ctx, c.Peer, cards, in)
}

func (c Client) Follows(ctx context.Context, in Follows) (page.Page[id.User], error) {
	return rpc.Call(ctx, c.Peer, follows, in)
}

func (c Client) AllPosts(ctx context.Context, in page.Ask) (page.Page[PublishedData], error) {
	return rpc.Call(ctx, c.Peer, allPosts, in)
}

func (c Client) OpenLink(ctx context.Context, in OpenLink) (Attribution, error) {
	return rpc.Call(ctx, c.Peer, openLink, in)
}
