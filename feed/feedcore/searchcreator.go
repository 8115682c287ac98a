package feedcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meadow/feed"
	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/platform/docdb"
	"meadow/services/platform/search"
)

// author is somebody who posts for everybody, as they can be found. Name is of
// the account's version NameRev; 0 is as their profile said.
type author struct {
	ID        id.User   `bson:"_id"`
	Name      string    `bson:"name"`
	NameRev   int64     `bson:"name_rev"`
	Bio       string    `bson:"bio"`
	Style     string    `bson:"style"`
	Story     string    `bson:"story"`
	Followers int64     `bson:"followers"`
	Gone      bool      `bson:"gone"`
	At        time.Time `bson:"at"`  // when their profile was looked up
	Ban       ban       `bson:"ban"` // their name is suggested to nobody meanwhile
	Rev       int64     `bson:"rev"` // of the record; a higher one is newer
}

// ban is that somebody is suspended, as it was announced. What they posted stays.
type ban struct {
	On    bool      `bson:"on"`
	Until time.Time `bson:"until,omitempty"` // zero: for good
	Rev   int64     `bson:"rev"`
}

func (b ban) holds(now time.Time) bool { return b.On && (b.Until.IsZero() || now.Before(b.Until)) }

// profileTTL is how old what is known of an author may be when they post.
const profileTTL = time.Hour

func (a author) id() string      { return string(a.ID) }
func (a author) shown() bool     { return !a.Gone && a.Name != "" }
func (a author) version() string { return fmt.Sprint(a.At.UnixMilli(), a.NameRev, a.Gone) }

func (a author) doc() search.Doc {
	return search.Doc{
		ID: string(a.ID), Kind: kindCreator, Title: a.Name, Tags: []string{a.Style}, Body: a.Bio + "\n" + a.Story,
		Facets: facets(facet(facetKind, feed.FindCreator)), Rank: a.Followers,
		Nums: map[string]int64{search.NumAt: a.At.UnixMilli()},
	}
}

// meet takes in who made posts that are for everybody, unless it was done a
// while ago.
func (c *Core) meet(ctx context.Context, posts []post) error {
	var ids []string
	names := map[string]string{}
	for _, p := range posts {
		if key := string(p.Author); p.shown() && !slices.Contains(ids, key) {
			ids, names[key] = append(ids, key), p.Name
		}
	}
	known, err := c.find.authors.GetMany(ctx, ids)
	if err != nil {
		return fmt.Errorf("authors: %w", err)
	}
	for _, a := range known {
		if a.NameRev > 0 && a.Name != names[a.id()] { // announced before they were renamed, and heard of after
			if err := c.renamePosts(ctx, a); err != nil {
				return err
			}
		}
		fresh := c.Now().Sub(a.At) < profileTTL && (a.NameRev > 0 || a.Name == names[a.id()])
		if fresh && !a.Gone {
			ids = slices.DeleteFunc(ids, func(u string) bool { return u == a.id() })
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return each(ids, func(u string) error { return c.lookUp(ctx, id.User(u)) })
}

// lookUp takes in what a profile says now.
func (c *Core) lookUp(ctx context.Context, u id.User) error {
	p, err := c.Creator.Profile(asFeed(ctx), creator.ByUser{ID: u})
	gone := errors.Is(err, creator.ErrNoSuchProfile)
	if err != nil && !gone {
		return fmt.Errorf("profile: %w", err)
	}
	return c.takeAuthor(ctx, u, func(a *author) error {
		if a.NameRev == 0 {
			a.Name = p.Name
		}
		a.Bio, a.Style, a.Story = p.Bio, p.Persona.Style, p.Persona.Story
		a.Followers, a.Gone, a.At = p.Followers, gone, c.Now().UTC().Truncate(time.Millisecond)
		return nil
	})
}

func (c *Core) takeAuthor(ctx context.Context, u id.User, change func(*author) error) error {
	a, err := c.find.authors.Upsert(ctx, string(u), func(a *author) error {
		a.ID = u
		a.Rev++
		return change(a)
	})
	if err != nil {
		return fmt.Errorf("take author: %w", err)
	}
	c.find.hints.author(a, c.Now())
	return reindex(ctx, c.Index, c.find.authors, []string{string(u)})
}

// suspended takes over that somebody is banned, or no longer.
func (c *Core) suspended(ctx context.Context, d moderation.RestrictedData) error {
	return c.takeAuthor(ctx, d.User, func(a *author) error {
		if d.Rev > a.Ban.Rev {
			a.Ban = ban{On: d.On, Until: d.Until, Rev: d.Rev}
		}
		return nil
	})
}

// renamed takes in another name of an author that is known, also into what they
// posted.
func (c *Core) renamed(ctx context.Context, d account.ChangedData) error {
	a, err := c.find.authors.Get(ctx, string(d.User))
	if errors.Is(err, docdb.ErrNotFound) || err == nil && a.NameRev >= d.Version {
		return nil
	}
	if err != nil {
		return fmt.Errorf("renamed: %w", err)
	}
	err = c.takeAuthor(ctx, d.User, func(a *author) error {
		if d.Version > a.NameRev {
			a.Name, a.NameRev = d.Name, d.Version
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.renamePosts(ctx, author{ID: d.User, Name: d.Name, NameRev: d.Version})
}

// renamePosts puts an author's name into the posts that bear an earlier one.
func (c *Core) renamePosts(ctx context.Context, a author) error {
	for q := (docdb.Query{Index: "author", Equal: []any{string(a.ID)}, Limit: 4 * batch}); ; {
		got, err := c.posts.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("rename posts: %w", err)
		}
		var ids []string
		for _, p := range got.Items {
			if p.NameRev < a.NameRev {
				ids = append(ids, p.id())
			}
		}
		err = each(ids, func(key string) error {
			_, err := c.posts.Update(ctx, key, func(p *post) error {
				if p.NameRev < a.NameRev {
					p.Name, p.NameRev = a.Name, a.NameRev
				}
				return nil
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("rename posts: %w", err)
		}
		if err := reindex(ctx, c.Index, c.posts, ids); err != nil {
			return err
		}
		if q.After = got.Next; q.After == "" {
			return nil
		}
	}
}

// rebuildAuthors puts every author that is known into an index that was made
// empty.
func (c *Core) rebuildAuthors(ctx context.Context) error {
	var ids []string
	flush := func() error {
		defer func() { ids = ids[:0] }()
		return reindex(ctx, c.Index, c.find.authors, ids)
	}
	err := c.find.authors.Each(ctx, func(u string, _ author) error {
		if ids = append(ids, u); len(ids) < batch {
			return nil
		}
		return flush()
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	return flush()
}

// creators returns the authors that the caller may be shown: none whom they
// block or mute.
func (c *Core) creators(ctx context.Context, ids []id.User) (map[id.User]creator.Author, error) {
	out := map[id.User]creator.Author{}
	if len(ids) == 0 {
		return out, nil
	}
	got, err := c.Creator.Authors(asFeed(ctx), creator.Authors{IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("creators: %w", err)
	}
	for _, a := range got.Items {
		p, err := c.Creator.Profile(ctx, creator.ByUser{ID: a.ID})
		if errors.Is(err, creator.ErrNoSuchProfile) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("creators: %w", err)
		}
		if !p.Blocked && !p.Muted {
			out[a.ID] = a
		}
	}
	return out, nil
}
