package creatorcore

import (
	"context"
	"errors"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
	"meadow/services/platform/outbox"
)

// people is what is kept of people beside their profiles and follows.
type people struct {
	personas  *docdb.Collection[pastPersona]
	showcases *docdb.Collection[showcase]
	crews     *docdb.Collection[crew]
	jobs      *docdb.Collection[job]
	shelves   *docdb.Collection[shelf]
	gathered  *docdb.Collection[gathered]
	keeping   *docdb.Collection[kept]

	told *outbox.Relay[follow]   // who follows whom
	kept counter[kept, gathered] // posts of a collection
}

// Standing is the part of a profile that somebody makes of themselves. Verified
// counts their posts of what they bought.
type Standing struct {
	Key      string        `bson:"key,omitempty"` // the name as it is searched for
	Merchant id.Merchant   `bson:"merchant,omitempty"`
	Verified int64         `bson:"verified"`
	Tier     *creator.Tier `bson:"tier,omitempty"`
	Persona  persona       `bson:"persona"`
	Changes  int64         `bson:"changes"`        // of the persona
	Past     []pastPersona `bson:"past,omitempty"` // on its way to a document of its own
}

// follow is that one user follows another, or did: At is absent then. Rev
// counts how often that changed.
type follow struct {
	ID         string `bson:"_id"`
	outbox.Box `bson:",inline"`
	Follower   id.User   `bson:"follower"`
	Followed   id.User   `bson:"followed"`
	At         time.Time `bson:"at,omitempty"`
	Rev        int64     `bson:"rev"`
	To         tally     `bson:"to"`   // the followed one's followers
	From       tally     `bson:"from"` // the follower's following
}

func followID(follower, followed id.User) string {
	return id.Derive("fol", string(follower), string(followed))
}

// openPeople opens the collections of people and of what they collect.
func (c *Core) openPeople(ctx context.Context) error {
	var errs [9]error
	p := &c.people
	c.profiles, errs[0] = docdb.Open[profile](ctx, c.DB, c.Now, docdb.Schema{Name: "profiles", Indexes: []docdb.Index{
		{Name: "key", Keys: []string{"key"}},
	}})
	c.follows, errs[1] = docdb.Open[follow](ctx, c.DB, c.Now, docdb.Schema{Name: "follows", Indexes: []docdb.Index{
		outbox.Index,
		{Name: "follower", Keys: []string{"follower", "at"}},
		{Name: "followed", Keys: []string{"followed", "at"}},
		{Name: "owed_followed", Keys: []string{"to.owed"}},
		{Name: "owed_follower", Keys: []string{"from.owed"}},
	}})
	p.personas, errs[2] = docdb.Open[pastPersona](ctx, c.DB, c.Now, docdb.Schema{Name: "personas", Indexes: []docdb.Index{
		{Name: "user", Keys: []string{"user", "rev"}},
	}})
	p.showcases, errs[3] = docdb.Open[showcase](ctx, c.DB, c.Now, docdb.Schema{Name: "showcases"})
	p.crews, errs[4] = docdb.Open[crew](ctx, c.DB, c.Now, docdb.Schema{Name: "crews"})
	p.jobs, errs[5] = docdb.Open[job](ctx, c.DB, c.Now, docdb.Schema{Name: "jobs_of_staff", Indexes: []docdb.Index{
		{Name: "person", Keys: []string{"person", "at"}},
	}})
	p.shelves, errs[6] = docdb.Open[shelf](ctx, c.DB, c.Now, docdb.Schema{Name: "shelves"})
	p.gathered, errs[7] = docdb.Open[gathered](ctx, c.DB, c.Now, docdb.Schema{Name: "collections"})
	p.keeping, errs[8] = docdb.Open[kept](ctx, c.DB, c.Now, docdb.Schema{Name: "collected", Indexes: []docdb.Index{
		{Name: "collection", Keys: []string{"collection", "at"}},
		{Name: "post", Keys: []string{"owner", "post", "at"}},
		{Name: "owed", Keys: []string{"tally.owed"}},
	}})
	p.told = outbox.NewRelay(c.follows, "follows", func(f *follow) *outbox.Box { return &f.Box },
		outbox.Deps{Bus: c.Bus, Now: c.Now, Log: c.Log})
	p.kept = counter[kept, gathered]{
		sources: p.keeping, targets: p.gathered, now: c.Now, path: "tally", index: "owed",
		tally:  func(k *kept) *tally { return &k.Tally },
		want:   func(k kept) map[string]int64 { return one("posts", !k.At.IsZero()) },
		target: func(k kept) string { return string(k.Collection) },
		notes:  func(g gathered) notes { return g.Notes },
	}
	return errors.Join(errs[:]...)
}
