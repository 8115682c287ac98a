package creator

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// draftBytes is how long a draft may be on its way: an article of twenty
// thousand characters, with their marks.
const draftBytes = 256 << 10

var (
	profile         = rpc.Endpoint[ByUser, Profile]{Name: "profile", Method: "GET", Path: "/creators/:id", Summary: "A profile"}
	editProfile     = rpc.Endpoint[EditProfile, Profile]{Name: "editProfile", Method: "PUT", Path: "/creators/me", Summary: "Edit your profile", Access: rpc.SignedIn}
	editPersona     = rpc.Endpoint[EditPersona, Profile]{Name: "editPersona", Method: "PUT", Path: "/creators/me/persona", Summary: "Edit how you present yourself", Access: rpc.SignedIn}
	personaHistory  = rpc.Endpoint[Follows, page.Page[PersonaChange]]{Name: "personaHistory", Method: "GET", Path: "/creators/:id/persona/history", Summary: "What a persona said before"}
	verifyTrait     = rpc.Endpoint[VerifyTrait, Profile]{Name: "verifyTrait", Method: "PUT", Path: "/creators/:id/traits", Summary: "Verify a trait, or withdraw it", Access: rpc.Only(actor.Moderator, actor.Operator)}
	myTier          = rpc.Endpoint[rpc.Empty, TierView]{Name: "myTier", Method: "GET", Path: "/creators/me/tier", Summary: "Your tier and what the next asks for", Access: rpc.SignedIn}
	findPeople      = rpc.Endpoint[FindPeople, AuthorList]{Name: "findPeople", Method: "GET", Path: "/people", Summary: "Up to 10 people by the beginning of their name", Access: rpc.SignedIn}
	follow          = rpc.Endpoint[ByUser, Profile]{Name: "follow", Method: "PUT", Path: "/creators/:id/follow", Summary: "Follow", Access: rpc.SignedIn}
	unfollow        = rpc.Endpoint[ByUser, Profile]{Name: "unfollow", Method: "DELETE", Path: "/creators/:id/follow", Summary: "Stop following", Access: rpc.SignedIn}
	showcase        = rpc.Endpoint[Follows, page.Page[Showcased]]{Name: "showcase", Method: "GET", Path: "/creators/:id/showcase", Summary: "A creator's shelf"}
	show            = rpc.Endpoint[Show, Showcased]{Name: "show", Method: "PUT", Path: "/showcase/:product", Summary: "Put a product on your shelf", Access: rpc.SignedIn}
	hide            = rpc.Endpoint[Hide, rpc.Empty]{Name: "hide", Method: "DELETE", Path: "/showcase/:product", Summary: "Take a product off your shelf", Access: rpc.SignedIn}
	arrangeShowcase = rpc.Endpoint[ArrangeShowcase, rpc.Empty]{Name: "arrangeShowcase", Method: "POST", Path: "/showcase/order", Summary: "Put products of your shelf in order", Access: rpc.SignedIn}
	staff           = rpc.Endpoint[rpc.Empty, StaffList]{Name: "staff", Method: "GET", Path: "/staff", Summary: "Who works for your account", Access: rpc.SignedIn}
	accounts        = rpc.Endpoint[rpc.Empty, AccountList]{Name: "accounts", Method: "GET", Path: "/accounts", Summary: "Whom you work for", Access: rpc.SignedIn}
	hire            = rpc.Endpoint[Hire, Staff]{Name: "hire", Method: "PUT", Path: "/staff/:id", Summary: "Give somebody a role in your account", Access: rpc.SignedIn}
	dismiss         = rpc.Endpoint[Dismiss, rpc.Empty]{Name: "dismiss", Method: "DELETE", Path: "/staff/:id", Summary: "End somebody's work, or your own", Access: rpc.SignedIn}
	abilities       = rpc.Endpoint[rpc.Empty, Abilities]{Name: "abilities", Method: "GET", Path: "/uploads/abilities", Summary: "What can be uploaded, and how much"}
	upload          = rpc.Endpoint[Upload, Ticket]{Name: "upload", Method: "POST", Path: "/uploads", Summary: "A ticket to upload one file", Access: rpc.SignedIn}
	uploadProgress  = rpc.Endpoint[ByUpload, Progress]{Name: "uploadProgress", Method: "GET", Path: "/uploads/:id", Summary: "Where an upload stands", Access: rpc.SignedIn}
	publish         = rpc.Endpoint[Publish, Post]{Name: "publish", Method: "POST", Path: "/posts", Summary: "Publish a post", Access: rpc.SignedIn, Idempotent: true, MaxBody: draftBytes}
	edit            = rpc.Endpoint[EditPost, Post]{Name: "editPost", Method: "PUT", Path: "/posts/:id", Summary: "Edit a post", Access: rpc.SignedIn, MaxBody: draftBytes}
	unpublish       = rpc.Endpoint[ByPost, Post]{Name: "unpublish", Method: "POST", Path: "/posts/:id/unpublish", Summary: "Hide a post", Access: rpc.SignedIn}
	republish       = rpc.Endpoint[ByPost, Post]{Name: "republish", Method: "POST", Path: "/posts/:id/republish", Summary: "Show a hidden post again", Access: rpc.SignedIn}
	remove          = rpc.Endpoint[ByPost, rpc.Empty]{Name: "removePost", Method: "DELETE", Path: "/posts/:id", Summary: "Take a post away for good", Access: rpc.SignedIn}
	versions        = rpc.Endpoint[ByPost, VersionList]{Name: "versions", Method: "GET", Path: "/posts/:id/versions", Summary: "What a post said before", Access: rpc.SignedIn}
	original        = rpc.Endpoint[ByPost, DraftContent]{Name: "original", Method: "GET", Path: "/posts/:id/original", Summary: "A post as it was written, for editing", Access: rpc.SignedIn}
	post            = rpc.Endpoint[ReadPost, Post]{Name: "post", Method: "GET", Path: "/posts/:id", Summary: "A post"}
	postsBy         = rpc.Endpoint[PostsBy, page.Page[Card]]{Name: "postsBy", Method: "GET", Path: "/creators/:id/posts", Summary: "A creator's posts, newest first"}
	works           = rpc.Endpoint[Works, page.Page[Work]]{Name: "works", Method: "GET", Path: "/works", Summary: "Your posts in any state, newest first", Access: rpc.SignedIn}
	begin           = rpc.Endpoint[Begin, Draft]{Name: "begin", Method: "POST", Path: "/drafts", Summary: "Begin a draft", Access: rpc.SignedIn, Idempotent: true, MaxBody: draftBytes}
	saveDraft       = rpc.Endpoint[SaveDraft, Draft]{Name: "saveDraft", Method: "PUT", Path: "/drafts/:id", Summary: "Save a draft", Access: rpc.SignedIn, MaxBody: draftBytes}
	draft           = rpc.Endpoint[ByDraft, Draft]{Name: "draft", Method: "GET", Path: "/drafts/:id", Summary: "A draft", Access: rpc.SignedIn}
	drafts          = rpc.Endpoint[ListDrafts, page.Page[Draft]]{Name: "drafts", Method: "GET", Path: "/drafts", Summary: "Your drafts, latest first", Access: rpc.SignedIn}
	dropDraft       = rpc.Endpoint[ByDraft, rpc.Empty]{Name: "dropDraft", Method: "DELETE", Path: "/drafts/:id", Summary: "Delete a draft", Access: rpc.SignedIn}
	publishDraft    = rpc.Endpoint[PublishDraft, Post]{Name: "publishDraft", Method: "POST", Path: "/drafts/:id/publish", Summary: "Publish a draft", Access: rpc.SignedIn}
	schedule        = rpc.Endpoint[Schedule, Draft]{Name: "schedule", Method: "PUT", Path: "/drafts/:id/schedule", Summary: "Publish a draft later", Access: rpc.SignedIn}
	unschedule      = rpc.Endpoint[ByDraft, Draft]{Name: "unschedule", Method: "DELETE", Path: "/drafts/:id/schedule", Summary: "Do not publish it by itself", Access: rpc.SignedIn}
	calendar        = rpc.Endpoint[Calendar, CalendarDays]{Name: "calendar", Method: "GET", Path: "/calendar", Summary: "What was and will be published", Access: rpc.SignedIn}
	like            = rpc.Endpoint[ByPost, Reaction]{Name: "like", Method: "PUT", Path: "/posts/:id/like", Summary: "Like", Access: rpc.SignedIn}
	unlike          = rpc.Endpoint[ByPost, Reaction]{Name: "unlike", Method: "DELETE", Path: "/posts/:id/like", Summary: "Take a like back", Access: rpc.SignedIn}
	save            = rpc.Endpoint[Save, Reaction]{Name: "save", Method: "PUT", Path: "/posts/:id/save", Summary: "Save, also into collections", Access: rpc.SignedIn}
	unsave          = rpc.Endpoint[ByPost, Reaction]{Name: "unsave", Method: "DELETE", Path: "/posts/:id/save", Summary: "Take a save back", Access: rpc.SignedIn}
	saved           = rpc.Endpoint[page.Ask, page.Page[Card]]{Name: "saved", Method: "GET", Path: "/saved", Summary: "What you saved, latest first", Access: rpc.SignedIn}
	collections     = rpc.Endpoint[AskCollections, CollectionList]{Name: "collections", Method: "GET", Path: "/collections", Summary: "Your collections", Access: rpc.SignedIn}
	newCollection   = rpc.Endpoint[NewCollection, Collection]{Name: "newCollection", Method: "POST", Path: "/collections", Summary: "Make a collection", Access: rpc.SignedIn, Idempotent: true}
	editCollection  = rpc.Endpoint[EditCollection, Collection]{Name: "editCollection", Method: "PUT", Path: "/collections/:id", Summary: "Rename a collection, open or close it", Access: rpc.SignedIn}
	dropCollection  = rpc.Endpoint[ByCollection, rpc.Empty]{Name: "dropCollection", Method: "DELETE", Path: "/collections/:id", Summary: "Delete a collection", Access: rpc.SignedIn}
	collected       = rpc.Endpoint[Collected, page.Page[Card]]{Name: "collected", Method: "GET", Path: "/collections/:id/posts", Summary: "What a collection holds, latest first"}
	uncollect       = rpc.Endpoint[Uncollect, rpc.Empty]{Name: "uncollect", Method: "DELETE", Path: "/collections/:id/posts/:post", Summary: "Take a post out of a collection", Access: rpc.SignedIn}
	sharePost       = rpc.Endpoint[ByPost, Share]{Name: "sharePost", Method: "POST", Path: "/posts/:id/share", Summary: "Your link to a post", Access: rpc.SignedIn}
	openShare       = rpc.Endpoint[OpenShare, Share]{Name: "openShare", Method: "GET", Path: "/shares/:code", Summary: "What a share link stands for"}
	cards           = rpc.Endpoint[Cards, CardList]{Name: "cards", Method: "POST", Path: "/internal/cards", Access: rpc.Internal}
	facts           = rpc.Endpoint[Cards, FactList]{Name: "facts", Method: "POST", Path: "/internal/posts/facts", Access: rpc.Internal}
	authors         = rpc.Endpoint[Authors, AuthorList]{Name: "authors", Method: "POST", Path: "/internal/authors", Access: rpc.Internal}
	follows         = rpc.Endpoint[Follows, page.Page[id.User]]{Name: "follows", Method: "GET", Path: "/internal/creators/:id/follows", Access: rpc.Internal}
	followers       = rpc.Endpoint[Follows, page.Page[id.User]]{Name: "followers", Method: "GET", Path: "/internal/creators/:id/followers", Access: rpc.Internal}
	followsAmong    = rpc.Endpoint[AskAmong, Among]{Name: "followsAmong", Method: "POST", Path: "/internal/follows/among", Access: rpc.Internal}
	allPosts        = rpc.Endpoint[page.Ask, page.Page[PublishedData]]{Name: "allPosts", Method: "GET", Path: "/internal/posts", Access: rpc.Internal}
	openLink        = rpc.Endpoint[OpenLink, Attribution]{Name: "openLink", Method: "POST", Path: "/internal/links/open", Access: rpc.Internal}
	mayAct          = rpc.Endpoint[MayAct, Allowed]{Name: "mayAct", Method: "POST", Path: "/internal/staff", Access: rpc.Internal}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, profile, s.Profile)
	rpc.Mount(r, editProfile, s.EditProfile)
	rpc.Mount(r, editPersona, s.EditPersona)
	rpc.Mount(r, personaHistory, s.PersonaHistory)
	rpc.Mount(r, verifyTrait, s.VerifyTrait)
	rpc.Mount(r, myTier, s.MyTier)
	rpc.Mount(r, findPeople, s.FindPeople)
	rpc.Mount(r, follow, s.Follow)
	rpc.Mount(r, unfollow, s.Unfollow)
	rpc.Mount(r, showcase, s.Showcase)
	rpc.Mount(r, show, s.Show)
	rpc.Mount(r, hide, s.Hide)
	rpc.Mount(r, arrangeShowcase, s.ArrangeShowcase)
	rpc.Mount(r, staff, s.Staff)
	rpc.Mount(r, accounts, s.Accounts)
	rpc.Mount(r, hire, s.Hire)
	rpc.Mount(r, dismiss, s.Dismiss)
	rpc.Mount(r, abilities, s.Abilities)
	rpc.Mount(r, upload, s.Upload)
	rpc.Mount(r, uploadProgress, s.UploadProgress)
	rpc.Mount(r, publish, s.Publish)
	rpc.Mount(r, edit, s.Edit)
	rpc.Mount(r, unpublish, s.Unpublish)
	rpc.Mount(r, republish, s.Republish)
	rpc.Mount(r, remove, s.Remove)
	rpc.Mount(r, versions, s.Versions)
	rpc.Mount(r, original, s.Original)
	rpc.Mount(r, post, s.Post)
	rpc.Mount(r, postsBy, s.PostsBy)
	rpc.Mount(r, works, s.Works)
	rpc.Mount(r, begin, s.Begin)
	rpc.Mount(r, saveDraft, s.SaveDraft)
	rpc.Mount(r, draft, s.Draft)
	rpc.Mount(r, drafts, s.Drafts)
	rpc.Mount(r, dropDraft, s.DropDraft)
	rpc.Mount(r, publishDraft, s.PublishDraft)
	rpc.Mount(r, schedule, s.Schedule)
	rpc.Mount(r, unschedule, s.Unschedule)
	rpc.Mount(r, calendar, s.Calendar)
	rpc.Mount(r, like, s.Like)
	rpc.Mount(r, unlike, s.Unlike)
	rpc.Mount(r, save, s.Save)
	rpc.Mount(r, unsave, s.Unsave)
	rpc.Mount(r, saved, s.Saved)
	rpc.Mount(r, collections, s.Collections)
	rpc.Mount(r, newCollection, s.NewCollection)
	rpc.Mount(r, editCollection, s.EditCollection)
	rpc.Mount(r, dropCollection, s.DropCollection)
	rpc.Mount(r, collected, s.Collected)
	rpc.Mount(r, uncollect, s.Uncollect)
	rpc.Mount(r, sharePost, s.SharePost)
	rpc.Mount(r, openShare, s.OpenShare)
	rpc.Mount(r, cards, s.Cards)
	rpc.Mount(r, facts, s.Facts)
	rpc.Mount(r, authors, s.Authors)
	rpc.Mount(r, follows, s.Follows)
	rpc.Mount(r, followers, s.Followers)
	rpc.Mount(r, followsAmong, s.FollowsAmong)
	rpc.Mount(r, allPosts, s.AllPosts)
	rpc.Mount(r, openLink, s.OpenLink)
	rpc.Mount(r, mayAct, s.MayAct)
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

func (c Client) EditPersona(ctx context.Context, in EditPersona) (Profile, error) {
	return rpc.Call(ctx, c.Peer, editPersona, in)
}

func (c Client) PersonaHistory(ctx context.Context, in Follows) (page.Page[PersonaChange], error) {
	return rpc.Call(ctx, c.Peer, personaHistory, in)
}

func (c Client) VerifyTrait(ctx context.Context, in VerifyTrait) (Profile, error) {
	return rpc.Call(ctx, c.Peer, verifyTrait, in)
}

func (c Client) MyTier(ctx context.Context, in rpc.Empty) (TierView, error) {
	return rpc.Call(ctx, c.Peer, myTier, in)
}

func (c Client) FindPeople(ctx context.Context, in FindPeople) (AuthorList, error) {
	return rpc.Call(ctx, c.Peer, findPeople, in)
}

func (c Client) Follow(ctx context.Context, in ByUser) (Profile, error) {
	return rpc.Call(ctx, c.Peer, follow, in)
}

func (c Client) Unfollow(ctx context.Context, in ByUser) (Profile, error) {
	return rpc.Call(ctx, c.Peer, unfollow, in)
}

func (c Client) Showcase(ctx context.Context, in Follows) (page.Page[Showcased], error) {
	return rpc.Call(ctx, c.Peer, showcase, in)
}

func (c Client) Show(ctx context.Context, in Show) (Showcased, error) {
	return rpc.Call(ctx, c.Peer, show, in)
}

func (c Client) Hide(ctx context.Context, in Hide) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, hide, in)
}

func (c Client) ArrangeShowcase(ctx context.Context, in ArrangeShowcase) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, arrangeShowcase, in)
}

func (c Client) Staff(ctx context.Context, in rpc.Empty) (StaffList, error) {
	return rpc.Call(ctx, c.Peer, staff, in)
}

func (c Client) Accounts(ctx context.Context, in rpc.Empty) (AccountList, error) {
	return rpc.Call(ctx, c.Peer, accounts, in)
}

func (c Client) Hire(ctx context.Context, in Hire) (Staff, error) {
	return rpc.Call(ctx, c.Peer, hire, in)
}

func (c Client) Dismiss(ctx context.Context, in Dismiss) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, dismiss, in)
}

func (c Client) Abilities(ctx context.Context, in rpc.Empty) (Abilities, error) {
	return rpc.Call(ctx, c.Peer, abilities, in)
}

func (c Client) Upload(ctx context.Context, in Upload) (Ticket, error) {
	return rpc.Call(ctx, c.Peer, upload, in)
}

func (c Client) UploadProgress(ctx context.Context, in ByUpload) (Progress, error) {
	return rpc.Call(ctx, c.Peer, uploadProgress, in)
}

func (c Client) Publish(ctx context.Context, in Publish) (Post, error) {
	return rpc.Call(ctx, c.Peer, publish, in)
}

func (c Client) Edit(ctx context.Context, in EditPost) (Post, error) {
	return rpc.Call(ctx, c.Peer, edit, in)
}

func (c Client) Unpublish(ctx context.Context, in ByPost) (Post, error) {
	return rpc.Call(ctx, c.Peer, unpublish, in)
}

func (c Client) Republish(ctx context.Context, in ByPost) (Post, error) {
	return rpc.Call(ctx, c.Peer, republish, in)
}

func (c Client) Remove(ctx context.Context, in ByPost) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, remove, in)
}

func (c Client) Versions(ctx context.Context, in ByPost) (VersionList, error) {
	return rpc.Call(ctx, c.Peer, versions, in)
}

func (c Client) Original(ctx context.Context, in ByPost) (DraftContent, error) {
	return rpc.Call(ctx, c.Peer, original, in)
}

func (c Client) Post(ctx context.Context, in ReadPost) (Post, error) {
	return rpc.Call(ctx, c.Peer, post, in)
}

func (c Client) PostsBy(ctx context.Context, in PostsBy) (page.Page[Card], error) {
	return rpc.Call(ctx, c.Peer, postsBy, in)
}

func (c Client) Works(ctx context.Context, in Works) (page.Page[Work], error) {
	return rpc.Call(ctx, c.Peer, works, in)
}

func (c Client) Begin(ctx context.Context, in Begin) (Draft, error) {
	return rpc.Call(ctx, c.Peer, begin, in)
}

func (c Client) SaveDraft(ctx context.Context, in SaveDraft) (Draft, error) {
	return rpc.Call(ctx, c.Peer, saveDraft, in)
}

func (c Client) Draft(ctx context.Context, in ByDraft) (Draft, error) {
	return rpc.Call(ctx, c.Peer, draft, in)
}

func (c Client) Drafts(ctx context.Context, in ListDrafts) (page.Page[Draft], error) {
	return rpc.Call(ctx, c.Peer, drafts, in)
}

func (c Client) DropDraft(ctx context.Context, in ByDraft) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, dropDraft, in)
}

func (c Client) PublishDraft(ctx context.Context, in PublishDraft) (Post, error) {
	return rpc.Call(ctx, c.Peer, publishDraft, in)
}

func (c Client) Schedule(ctx context.Context, in Schedule) (Draft, error) {
	return rpc.Call(ctx, c.Peer, schedule, in)
}

func (c Client) Unschedule(ctx context.Context, in ByDraft) (Draft, error) {
	return rpc.Call(ctx, c.Peer, unschedule, in)
}

func (c Client) Calendar(ctx context.Context, in Calendar) (CalendarDays, error) {
	return rpc.Call(ctx, c.Peer, calendar, in)
}

func (c Client) Like(ctx context.Context, in ByPost) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, like, in)
}

func (c Client) Unlike(ctx context.Context, in ByPost) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, unlike, in)
}

func (c Client) Save(ctx context.Context, in Save) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, save, in)
}

func (c Client) Unsave(ctx context.Context, in ByPost) (Reaction, error) {
	return rpc.Call(ctx, c.Peer, unsave, in)
}

func (c Client) Saved(ctx context.Context, in page.Ask) (page.Page[Card], error) {
	return rpc.Call(ctx, c.Peer, saved, in)
}

func (c Client) Collections(ctx context.Context, in AskCollections) (CollectionList, error) {
	return rpc.Call(ctx, c.Peer, collections, in)
}

func (c Client) NewCollection(ctx context.Context, in NewCollection) (Collection, error) {
	return rpc.Call(ctx, c.Peer, newCollection, in)
}

func (c Client) EditCollection(ctx context.Context, in EditCollection) (Collection, error) {
	return rpc.Call(ctx, c.Peer, editCollection, in)
}

func (c Client) DropCollection(ctx context.Context, in ByCollection) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, dropCollection, in)
}

func (c Client) Collected(ctx context.Context, in Collected) (page.Page[Card], error) {
	return rpc.Call(ctx, c.Peer, collected, in)
}

func (c Client) Uncollect(ctx context.Context, in Uncollect) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, uncollect, in)
}

func (c Client) SharePost(ctx context.Context, in ByPost) (Share, error) {
	return rpc.Call(ctx, c.Peer, sharePost, in)
}

func (c Client) OpenShare(ctx context.Context, in OpenShare) (Share, error) {
	return rpc.Call(ctx, c.Peer, openShare, in)
}

func (c Client) Cards(ctx context.Context, in Cards) (CardList, error) {
	return rpc.Call(ctx, c.Peer, cards, in)
}

func (c Client) Facts(ctx context.Context, in Cards) (FactList, error) {
	return rpc.Call(ctx, c.Peer, facts, in)
}

func (c Client) Authors(ctx context.Context, in Authors) (AuthorList, error) {
	return rpc.Call(ctx, c.Peer, authors, in)
}

func (c Client) Follows(ctx context.Context, in Follows) (page.Page[id.User], error) {
	return rpc.Call(ctx, c.Peer, follows, in)
}

func (c Client) Followers(ctx context.Context, in Follows) (page.Page[id.User], error) {
	return rpc.Call(ctx, c.Peer, followers, in)
}

func (c Client) FollowsAmong(ctx context.Context, in AskAmong) (Among, error) {
	return rpc.Call(ctx, c.Peer, followsAmong, in)
}

func (c Client) AllPosts(ctx context.Context, in page.Ask) (page.Page[PublishedData], error) {
	return rpc.Call(ctx, c.Peer, allPosts, in)
}

func (c Client) OpenLink(ctx context.Context, in OpenLink) (Attribution, error) {
	return rpc.Call(ctx, c.Peer, openLink, in)
}

func (c Client) MayAct(ctx context.Context, in MayAct) (Allowed, error) {
	return rpc.Call(ctx, c.Peer, mayAct, in)
}
