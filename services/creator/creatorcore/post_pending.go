package creatorcore

import (
	"context"

	"meadow/services/creator"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

func (c *Core) Abilities(context.Context, rpc.Empty) (creator.Abilities, error) {
	return creator.Abilities{}, errPending
}

func (c *Core) UploadProgress(context.Context, creator.ByUpload) (creator.Progress, error) {
	return creator.Progress{}, errPending
}

func (c *Core) Unpublish(context.Context, creator.ByPost) (creator.Post, error) {
	return creator.Post{}, errPending
}

func (c *Core) Republish(context.Context, creator.ByPost) (creator.Post, error) {
	return creator.Post{}, errPending
}

func (c *Core) Versions(context.Context, creator.ByPost) (creator.VersionList, error) {
	return creator.VersionList{}, errPending
}

func (c *Core) Original(context.Context, creator.ByPost) (creator.DraftContent, error) {
	return creator.DraftContent{}, errPending
}

func (c *Core) Works(context.Context, creator.Works) (page.Page[creator.Work], error) {
	return page.Page[creator.Work]{}, errPending
}

func (c *Core) Begin(context.Context, creator.Begin) (creator.Draft, error) {
	return creator.Draft{}, errPending
}

func (c *Core) SaveDraft(context.Context, creator.SaveDraft) (creator.Draft, error) {
	return creator.Draft{}, errPending
}

func (c *Core) Draft(context.Context, creator.ByDraft) (creator.Draft, error) {
	return creator.Draft{}, errPending
}

func (c *Core) Drafts(context.Context, creator.ListDrafts) (page.Page[creator.Draft], error) {
	return page.Page[creator.Draft]{}, errPending
}

func (c *Core) DropDraft(context.Context, creator.ByDraft) (rpc.Empty, error) {
	return rpc.Empty{}, errPending
}

func (c *Core) PublishDraft(context.Context, creator.PublishDraft) (creator.Post, error) {
	return creator.Post{}, errPending
}

func (c *Core) Schedule(context.Context, creator.Schedule) (creator.Draft, error) {
	return creator.Draft{}, errPending
}

func (c *Core) Unschedule(context.Context, creator.ByDraft) (creator.Draft, error) {
	return creator.Draft{}, errPending
}

func (c *Core) Calendar(context.Context, creator.Calendar) (creator.CalendarDays, error) {
	return creator.CalendarDays{}, errPending
}

func (c *Core) SharePost(context.Context, creator.ByPost) (creator.Share, error) {
	return creator.Share{}, errPending
}

func (c *Core) OpenShare(context.Context, creator.OpenShare) (creator.Share, error) {
	return creator.Share{}, errPending
}

func (c *Core) Facts(context.Context, creator.Cards) (creator.FactList, error) {
	return creator.FactList{}, errPending
}
