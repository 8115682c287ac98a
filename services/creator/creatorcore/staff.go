package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// crew is who works for an account. It is one document: who may act, and how
// many there can be, is decided in it.
type crew struct {
	Account id.User  `bson:"_id"`
	Members []member `bson:"members"`
}

type member struct {
	Person id.User           `bson:"person"`
	Role   creator.StaffRole `bson:"role"`
	At     time.Time         `bson:"at"`
}

// job is that somebody works for an account, or did: the crew knows. It is how
// a person's accounts are found.
type job struct {
	Account id.User   `bson:"account"`
	Person  id.User   `bson:"person"`
	At      time.Time `bson:"at"`
}

func jobID(account, person id.User) string { return id.Derive("job", string(account), string(person)) }

func (w crew) find(person id.User) int {
	return slices.IndexFunc(w.Members, func(m member) bool { return m.Person == person })
}

func (c *Core) crewOf(ctx context.Context, account id.User) (crew, error) {
	w, err := c.people.crews.Get(ctx, string(account))
	if errors.Is(err, docdb.ErrNotFound) {
		return crew{Account: account}, nil
	}
	if err != nil {
		return w, fmt.Errorf("staff: %w", err)
	}
	return w, nil
}

// mayAct reports whether a user may work for an account: as its owner, or as
// staff with one of the roles, if any are named.
func (c *Core) mayAct(ctx context.Context, user, account id.User, roles ...creator.StaffRole) (bool, error) {
	if user == "" || account == "" {
		return false, nil
	}
	if user == account {
		return true, nil
	}
	w, err := c.crewOf(ctx, account)
	if err != nil {
		return false, err
	}
	at := w.find(user)
	return at >= 0 && (len(roles) == 0 || slices.Contains(roles, w.Members[at].Role)), nil
}

// MayAct reports whether a user may work for an account.
func (c *Core) MayAct(ctx context.Context, in creator.MayAct) (creator.Allowed, error) {
	if err := internal(ctx); err != nil {
		return creator.Allowed{}, err
	}
	ok, err := c.mayAct(ctx, in.User, in.Account, in.Roles...)
	return creator.Allowed{OK: ok}, err
}

// Hire gives somebody a role in the caller's account.
func (c *Core) Hire(ctx context.Context, in creator.Hire) (creator.Staff, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Staff{}, err
	}
	switch {
	case in.ID == me:
		return creator.Staff{}, errs.ErrInvalid.With("id", "is yourself")
	case in.Role != creator.Editor && in.Role != creator.Analyst:
		return creator.Staff{}, errs.ErrInvalid.With("role", "is not one of editor, analyst")
	}
	person, err := c.profile(ctx, in.ID)
	if err != nil {
		return creator.Staff{}, err
	}
	if err := c.onSpeakingTerms(ctx, me, in.ID); err != nil {
		return creator.Staff{}, err
	}
	now := c.Now()
	// The job first: one that leads to no crew is passed over, one that is missing
	// would hide an account from who works for it.
	_, err = c.people.jobs.Upsert(ctx, jobID(me, in.ID), func(j *job) error {
		*j = job{Account: me, Person: in.ID, At: now}
		return nil
	})
	if err != nil {
		return creator.Staff{}, fmt.Errorf("hire: %w", err)
	}
	w, err := c.people.crews.Upsert(ctx, string(me), func(w *crew) error {
		w.Account = me
		if at := w.find(in.ID); at >= 0 {
			w.Members[at].Role = in.Role
			return nil
		}
		if len(w.Members) >= creator.MaxStaff {
			return creator.ErrStaffFull
		}
		w.Members = append(w.Members, member{Person: in.ID, Role: in.Role, At: now})
		return nil
	})
	if err != nil {
		return creator.Staff{}, fmt.Errorf("hire: %w", err)
	}
	m := w.Members[w.find(in.ID)]
	return creator.Staff{Person: person.author(), Role: m.Role, At: m.At}, nil
}

// Dismiss ends somebody's work for the caller's account, or the caller's own
// for another's.
func (c *Core) Dismiss(ctx context.Context, in creator.Dismiss) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	from := in.Account
	if from == "" {
		from = me
	}
	if from != me && in.ID != me {
		return rpc.Empty{}, creator.ErrNotStaff
	}
	_, err = c.people.crews.Update(ctx, string(from), func(w *crew) error {
		w.Members = slices.DeleteFunc(w.Members, func(m member) bool { return m.Person == in.ID })
		return nil
	})
	if err != nil && !errors.Is(err, docdb.ErrNotFound) {
		return rpc.Empty{}, fmt.Errorf("dismiss: %w", err)
	}
	return rpc.Empty{}, nil
}

// Staff lists who works for the caller's account, longest first.
func (c *Core) Staff(ctx context.Context, _ rpc.Empty) (creator.StaffList, error) {
	out := creator.StaffList{Items: []creator.Staff{}}
	me, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	w, err := c.crewOf(ctx, me)
	if err != nil {
		return out, err
	}
	ids := make([]id.User, len(w.Members))
	for i, m := range w.Members {
		ids[i] = m.Person
	}
	people, err := c.profilesOf(ctx, ids)
	if err != nil {
		return out, err
	}
	for _, m := range w.Members {
		out.Items = append(out.Items, creator.Staff{Person: people[m.Person].author(), Role: m.Role, At: m.At})
	}
	return out, nil
}

const (
	jobsPage = 200
	// maxJobs is how many accounts that hired somebody last are looked at.
	maxJobs = 1000
)

// Accounts lists for whom the caller works, latest first.
func (c *Core) Accounts(ctx context.Context, _ rpc.Empty) (creator.AccountList, error) {
	out := creator.AccountList{Items: []creator.StaffOf{}}
	me, err := actor.Signed(ctx)
	if err != nil {
		return out, err
	}
	q := docdb.Query{Index: "person", Equal: []any{string(me)}, Descending: true, Limit: jobsPage}
	for range maxJobs / jobsPage {
		found, err := c.people.jobs.Find(ctx, q)
		if err != nil {
			return out, fmt.Errorf("accounts: %w", err)
		}
		items, err := c.worksFor(ctx, me, found.Items)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, items...)
		if q.After = found.Next; q.After == "" {
			break
		}
	}
	return out, nil
}

// worksFor returns those of somebody's jobs that a crew confirms.
func (c *Core) worksFor(ctx context.Context, person id.User, jobs []job) ([]creator.StaffOf, error) {
	ids := make([]id.User, len(jobs))
	for i, j := range jobs {
		ids[i] = j.Account
	}
	crews, err := c.people.crews.GetMany(ctx, texts(ids))
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	people, err := c.profilesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []creator.StaffOf
	for _, w := range crews {
		if at := w.find(person); at >= 0 {
			out = append(out, creator.StaffOf{Account: people[w.Account].author(), Role: w.Members[at].Role})
		}
	}
	return out, nil
}
