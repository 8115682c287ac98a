package creatorcore

import (
	"context"

	"meadow/services/creator"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var errPending = errs.New(errs.NotFound, "not_here_yet", "This is not here yet.")

// openPeople opens the collections of people and collections.
func (c *Core) openPeople(context.Context) error { return nil }

// mayAct reports whether a user may work for an account.
func (c *Core) mayAct(_ context.Context, user, account id.User, _ ...creator.StaffRole) (bool, error) {
	return user == account, nil
}

// collect puts a saved post into collections of user's, all or none of which
// exist: creator.ErrNoSuchCollection.
func (c *Core) collect(_ context.Context, _ id.User, _ id.Post, into []id.Collection) error {
	if len(into) > 0 {
		return creator.ErrNoSuchCollection
	}
	return nil
}

// uncollect takes a post out of all collections of user's.
func (c *Core) uncollect(context.Context, id.User, id.Post) error { return nil }

func (c *Core) EditPersona(context.Context, creator.EditPersona) (creator.Profile, error) {
	return creator.Profile{}, errPending
}

func (c *Core) PersonaHistory(context.Context, creator.Follows) (page.Page[creator.PersonaChange], error) {
	return page.Page[creator.PersonaChange]{}, errPending
}

func (c *Core) VerifyTrait(context.Context, creator.VerifyTrait) (creator.Profile, error) {
	return creator.Profile{}, errPending
}

func (c *Core) MyTier(context.Context, rpc.Empty) (creator.TierView, error) {
	return creator.TierView{}, errPending
}

func (c *Core) FindPeople(context.Context, creator.FindPeople) (creator.AuthorList, error) {
	return creator.AuthorList{}, errPending
}

func (c *Core) Showcase(context.Context, creator.Follows) (page.Page[creator.Showcased], error) {
	return page.Page[creator.Showcased]{}, errPending
}

func (c *Core) Show(context.Context, creator.Show) (creator.Showcased, error) {
	return creator.Showcased{}, errPending
}

func (c *Core) Hide(context.Context, creator.Hide) (rpc.Empty, error) {
	return rpc.Empty{}, errPending
}

func (c *Core) ArrangeShowcase(context.Context, creator.ArrangeShowcase) (rpc.Empty, error) {
	return rpc.Empty{}, errPending
}

func (c *Core) Staff(context.Context, rpc.Empty) (creator.StaffList, error) {
	return creator.StaffList{}, errPending
}

func (c *Core) Accounts(context.Context, rpc.Empty) (creator.AccountList, error) {
	return creator.AccountList{}, errPending
}

func (c *Core) Hire(context.Context, creator.Hire) (creator.Staff, error) {
	return creator.Staff{}, errPending
}

func (c *Core) Dismiss(context.Context, creator.Dismiss) (rpc.Empty, error) {
	return rpc.Empty{}, errPending
}

func (c *Core) Authors(context.Context, creator.Authors) (creator.AuthorList, error) {
	return creator.AuthorList{}, errPending
}

func (c *Core) Followers(context.Context, creator.Follows) (page.Page[id.User], error) {
	return page.Page[id.User]{}, errPending
}

func (c *Core) MayAct(context.Context, creator.MayAct) (creator.Allowed, error) {
	return creator.Allowed{}, errPending
}

func (c *Core) Collections(context.Context, creator.AskCollections) (creator.CollectionList, error) {
	return creator.CollectionList{}, errPending
}

func (c *Core) NewCollection(context.Context, creator.NewCollection) (creator.Collection, error) {
	return creator.Collection{}, errPending
}

func (c *Core) EditCollection(context.Context, creator.EditCollection) (creator.Collection, error) {
	return creator.Collection{}, errPending
}

func (c *Core) DropCollection(context.Context, creator.ByCollection) (rpc.Empty, error) {
	return rpc.Empty{}, errPending
}

func (c *Core) Collected(context.Context, creator.Collected) (page.Page[creator.Card], error) {
	return page.Page[creator.Card]{}, errPending
}

func (c *Core) Uncollect(context.Context, creator.Uncollect) (rpc.Empty, error) {
	return rpc.Empty{}, errPending
}
