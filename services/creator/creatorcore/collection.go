package creatorcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/rpc"
)

// shelf is somebody's collections, latest first. It is one document: which
// there are, how they are called and how many there can be is decided in it.
type shelf struct {
	Owner   id.User         `bson:"_id"`
	Items   []named         `bson:"items"`
	Dropped []id.Collection `bson:"dropped,omitempty"` // lately, so that no late request brings one back
}

// named is a collection on its owner's shelf.
type named struct {
	ID      id.Collection `bson:"id"`
	Name    string        `bson:"name"`
	Open    bool          `bson:"open"`
	MadeAt  time.Time     `bson:"made_at"`
	Request string        `bson:"request"` // what was asked when it was made
}

// gathered counts a collection's posts. It stays when the collection goes.
type gathered struct {
	ID    id.Collection `bson:"_id"`
	Owner id.User       `bson:"owner"`
	Posts int64         `bson:"posts"`
	Notes notes         `bson:"notes,omitempty"`
}

// kept is that a collection holds a post, or did: At is absent then.
type kept struct {
	Collection id.Collection `bson:"collection"`
	Owner      id.User       `bson:"owner"`
	Post       id.Post       `bson:"post"`
	At         time.Time     `bson:"at,omitempty"`
	Tally      tally         `bson:"tally"`
}

func keptID(k id.Collection, p id.Post) string { return id.Derive("kep", string(k), string(p)) }

const (
	maxCollectionName = 30
	// droppedKept is how many collections that were deleted are remembered.
	droppedKept = 100
)

func (s shelf) find(k id.Collection) int {
	return slices.IndexFunc(s.Items, func(n named) bool { return n.ID == k })
}

// takes reports whether another collection than k has this name already.
func (s shelf) takes(name string, k id.Collection) bool {
	return slices.ContainsFunc(s.Items, func(n named) bool { return n.ID != k && strings.EqualFold(n.Name, name) })
}

// shelfFor returns somebody's collections; who has none has an empty shelf.
func (c *Core) shelfFor(ctx context.Context, owner id.User) (shelf, error) {
	s, err := c.people.shelves.Get(ctx, string(owner))
	if errors.Is(err, docdb.ErrNotFound) {
		return shelf{Owner: owner}, nil
	}
	if err != nil {
		return s, fmt.Errorf("collections: %w", err)
	}
	return s, nil
}

// NewCollection makes one under an id derived from the request.
func (c *Core) NewCollection(ctx context.Context, in creator.NewCollection) (creator.Collection, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Collection{}, err
	}
	if in.RequestID == "" {
		return creator.Collection{}, rpc.ErrNoKey
	}
	name, err := line("name", oneLine(in.Name), 1, maxCollectionName)
	if err != nil {
		return creator.Collection{}, err
	}
	if _, err := c.profile(ctx, me); err != nil {
		return creator.Collection{}, err
	}
	next := named{
		ID: id.Collection(id.Derive("col", string(me), in.RequestID)), Name: name, Open: in.Open, MadeAt: c.Now(),
		Request: fingerprint(in),
	}
	_, err = c.people.shelves.Upsert(ctx, string(me), func(s *shelf) error {
		s.Owner = me
		at := s.find(next.ID)
		switch {
		case at >= 0 && s.Items[at].Request != next.Request:
			return rpc.ErrReused
		case at >= 0:
			return nil
		case slices.Contains(s.Dropped, next.ID):
			return creator.ErrNoSuchCollection
		case len(s.Items) >= creator.MaxCollections:
			return creator.ErrCollections
		case s.takes(name, next.ID):
			return creator.ErrNamed
		}
		s.Items = slices.Insert(s.Items, 0, next)
		return nil
	})
	if err != nil {
		return creator.Collection{}, fmt.Errorf("new collection: %w", err)
	}
	if err := c.gather(ctx, me, next.ID); err != nil {
		return creator.Collection{}, err
	}
	return c.oneCollection(ctx, me, next.ID)
}

// gather makes sure that there is where a collection's posts are counted.
func (c *Core) gather(ctx context.Context, owner id.User, k id.Collection) error {
	err := c.people.gathered.Insert(ctx, string(k), gathered{ID: k, Owner: owner})
	if err != nil && !errors.Is(err, docdb.ErrExists) {
		return fmt.Errorf("collection: %w", err)
	}
	return nil
}

// EditCollection renames one of the caller's, opens or closes it.
func (c *Core) EditCollection(ctx context.Context, in creator.EditCollection) (creator.Collection, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return creator.Collection{}, err
	}
	name, err := line("name", oneLine(in.Name), 1, maxCollectionName)
	if err != nil {
		return creator.Collection{}, err
	}
	_, err = c.people.shelves.Upsert(ctx, string(me), func(s *shelf) error {
		at := s.find(in.ID)
		switch {
		case at < 0:
			return creator.ErrNoSuchCollection
		case s.takes(name, in.ID):
			return creator.ErrNamed
		}
		s.Items[at].Name, s.Items[at].Open = name, in.Open
		return nil
	})
	if err != nil {
		return creator.Collection{}, fmt.Errorf("edit collection: %w", err)
	}
	return c.oneCollection(ctx, me, in.ID)
}

// DropCollection deletes one of the caller's; what it held stays saved. Once it
// is off the shelf nobody finds it; what is left of it is swept out then.
func (c *Core) DropCollection(ctx context.Context, in creator.ByCollection) (rpc.Empty, error) {
	me, err := actor.Signed(ctx)
	if err != nil {
		return rpc.Empty{}, err
	}
	_, err = c.people.shelves.Upsert(ctx, string(me), func(s *shelf) error {
		at := s.find(in.ID)
		if at < 0 {
			return creator.ErrNoSuchCollection
		}
		s.Items = slices.Delete(s.Items, at, at+1)
		s.Dropped = append(s.Dropped, in.ID)
		s.Dropped = s.Dropped[max(0, len(s.Dropped)-droppedKept):]
		return nil
	})
	if err != nil {
		return rpc.Empty{}, fmt.Errorf("drop collection: %w", err)
	}
	return rpc.Empty{}, c.empty(ctx, in.ID)
}

// empty deletes what a dropped collection held.
func (c *Core) empty(ctx context.Context, k id.Collection) error {
	const batch = 200
	for {
		found, err := c.people.keeping.Find(ctx, docdb.Query{Index: "collection", Equal: []any{string(k)}, Limit: batch})
		if err != nil {
			return fmt.Errorf("empty collection: %w", err)
		}
		for _, x := range found.Items {
			if err := c.people.keeping.Delete(ctx, keptID(k, x.Post)); err != nil && !errors.Is(err, docdb.ErrNotFound) {
				return fmt.Errorf("empty collection: %w", err)
			}
		}
		if found.Next == "" {
			return nil
		}
	}
}
