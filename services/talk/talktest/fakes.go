package talktest

import (
	"context"
	"slices"
	"sync"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

// Neighbours stand in for the parts of the shop that comments ask, where a test
// is of comments alone.
type Neighbours struct {
	Now clock.Now

	mu       sync.Mutex // guards all below
	people   map[id.User]creator.Author
	posts    map[id.Post]creator.PostFacts
	pictures map[id.Media]media.Picture
	follows  map[[2]id.User]bool
	staff    map[[2]id.User]creator.StaffRole
	blocks   map[[2]id.User]bool
	mutes    map[[2]id.User]bool
	words    map[id.User][]string
	verdicts map[string]moderation.Verdict // by text
	checks   []moderation.Check
}

// NewNeighbours returns an empty neighbourhood.
func NewNeighbours(now clock.Now) *Neighbours {
	return &Neighbours{
		Now: now, people: map[id.User]creator.Author{}, posts: map[id.Post]creator.PostFacts{}, pictures: map[id.Media]media.Picture{},
		follows: map[[2]id.User]bool{}, staff: map[[2]id.User]creator.StaffRole{}, blocks: map[[2]id.User]bool{},
		mutes: map[[2]id.User]bool{}, words: map[id.User][]string{}, verdicts: map[string]moderation.Verdict{},
	}
}

// AddUser makes an account.
func (n *Neighbours) AddUser(name string) actor.Actor {
	n.mu.Lock()
	defer n.mu.Unlock()
	u := id.User(id.New("usr", n.Now()))
	n.people[u] = creator.Author{ID: u, Name: name}
	return actor.Actor{User: u, Roles: []actor.Role{actor.Viewer}}
}

// AddPost publishes a post that shows products.
func (n *Neighbours) AddPost(author id.User, shows ...id.Product) id.Post {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := id.Post(id.New("pst", n.Now()))
	n.posts[p] = creator.PostFacts{
		ID: p, Author: author, Kind: creator.Pictures, Title: "Title", Thumb: "/thumb", State: creator.Approved,
		Visible: true, Trace: id.Trace(id.New("trc", n.Now())), Tagged: shows, At: n.Now(),
	}
	return p
}

// RemovePost removes a post.
func (n *Neighbours) RemovePost(p id.Post) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.posts, p)
}

// AddPicture makes a finished picture for a purpose.
func (n *Neighbours) AddPicture(owner id.User, purpose media.Purpose) id.Media {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := id.Media(id.New("med", n.Now()))
	p := media.Picture{ID: m, Owner: owner, Purpose: purpose, Width: 1280, Height: 960, ThumbHash: "aGFzaA==", Likeness: "00ff00ff00ff00ff"}
	for _, name := range []media.Name{media.Thumb, media.Card, media.Full} {
		p.Renditions = append(p.Renditions, media.Rendition{Name: name, Type: "image/jpeg", Bytes: 1000, URL: media.PicturePath + string(m) + "/" + string(name)})
	}
	n.pictures[m] = p
	return m
}

// Follow, Hire, Block and Mute say so of two people.
func (n *Neighbours) Follow(who, whom id.User) { n.pair(n.follows, who, whom) }
func (n *Neighbours) Block(who, whom id.User)  { n.pair(n.blocks, who, whom) }
func (n *Neighbours) Mute(who, whom id.User)   { n.pair(n.mutes, who, whom) }
func (n *Neighbours) Hire(account, who id.User, role creator.StaffRole) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.staff[[2]id.User{account, who}] = role
}

func (n *Neighbours) pair(m map[[2]id.User]bool, a, b id.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	m[[2]id.User{a, b}] = true
}

// MuteWords are words that somebody does not want to read.
func (n *Neighbours) MuteWords(who id.User, words ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.words[who] = words
}

// Judge says what a check of this text answers.
func (n *Neighbours) Judge(text string, o moderation.Outcome) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.verdicts[text] = moderation.Verdict{Outcome: o}
}

// Checks returns what was checked.
func (n *Neighbours) Checks() []moderation.Check {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.checks)
}

// Creator answers as creator.Service, Moderation as moderation.Service and Media
// as media.Service. They refuse whoever is not a part of the shop.
func (n *Neighbours) Creator() creator.Service       { return writers{n: n} }
func (n *Neighbours) Moderation() moderation.Service { return judges{n: n} }
func (n *Neighbours) Media() media.Service           { return studio{n: n} }

type writers struct {
	creator.Service // nil: nothing else is asked
	n               *Neighbours
}

func (w writers) Facts(ctx context.Context, in creator.Cards) (creator.FactList, error) {
	if err := inShop(ctx); err != nil {
		return creator.FactList{}, err
	}
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	out := creator.FactList{Items: []creator.PostFacts{}}
	for _, p := range in.IDs {
		if f, ok := w.n.posts[p]; ok {
			f.Visible = f.Visible && !w.n.blocks[[2]id.User{f.Author, in.For}]
			out.Items = append(out.Items, f)
		}
	}
	return out, nil
}

func (w writers) Authors(ctx context.Context, in creator.Authors) (creator.AuthorList, error) {
	if err := inShop(ctx); err != nil {
		return creator.AuthorList{}, err
	}
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	out := creator.AuthorList{Items: []creator.Author{}}
	for _, u := range in.IDs {
		if a, ok := w.n.people[u]; ok {
			out.Items = append(out.Items, a)
		}
	}
	return out, nil
}

func (w writers) MayAct(ctx context.Context, in creator.MayAct) (creator.Allowed, error) {
	if err := inShop(ctx); err != nil {
		return creator.Allowed{}, err
	}
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	role := w.n.staff[[2]id.User{in.Account, in.User}]
	return creator.Allowed{OK: in.User == in.Account || slices.Contains(in.Roles, role)}, nil
}

func (w writers) Profile(ctx context.Context, in creator.ByUser) (creator.Profile, error) {
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	a, ok := w.n.people[in.ID]
	if !ok {
		return creator.Profile{}, creator.ErrNoSuchProfile
	}
	return creator.Profile{ID: a.ID, Name: a.Name, Followed: w.n.follows[[2]id.User{actor.From(ctx).User, in.ID}]}, nil
}

type judges struct {
	moderation.Service // nil: nothing else is asked
	n                  *Neighbours
}

func (j judges) Check(ctx context.Context, in moderation.Check) (moderation.Verdict, error) {
	if err := inShop(ctx); err != nil {
		return moderation.Verdict{}, err
	}
	j.n.mu.Lock()
	defer j.n.mu.Unlock()
	j.n.checks = append(j.n.checks, in)
	if v, ok := j.n.verdicts[in.Facts.Text]; ok {
		return v, nil
	}
	return moderation.Verdict{Outcome: moderation.Approved}, nil
}

func (j judges) Shield(ctx context.Context, in moderation.AskShield) (moderation.Shield, error) {
	if err := inShop(ctx); err != nil {
		return moderation.Shield{}, err
	}
	j.n.mu.Lock()
	defer j.n.mu.Unlock()
	s := moderation.Shield{Words: j.n.words[in.User]}
	for pair := range j.n.blocks {
		for i, u := range pair {
			if u == in.User {
				s.Silent = append(s.Silent, pair[1-i])
			}
		}
	}
	s.Hidden = slices.Clone(s.Silent)
	for pair := range j.n.mutes {
		if pair[0] == in.User {
			s.Hidden = append(s.Hidden, pair[1])
		}
	}
	slices.Sort(s.Hidden)
	slices.Sort(s.Silent)
	s.Hidden, s.Silent = slices.Compact(s.Hidden), slices.Compact(s.Silent)
	return s, nil
}

type studio struct {
	media.Service // nil: nothing else is asked
	n             *Neighbours
}

func (s studio) Pictures(ctx context.Context, in media.PicturesIn) (media.Pictures, error) {
	if err := inShop(ctx); err != nil {
		return media.Pictures{}, err
	}
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	out := media.Pictures{Items: []media.Picture{}}
	for _, m := range in.IDs {
		if p, ok := s.n.pictures[m]; ok {
			out.Items = append(out.Items, p)
		}
	}
	return out, nil
}

func (s studio) Claim(ctx context.Context, in media.ClaimIn) (media.Pictures, error) {
	found, err := s.Pictures(ctx, media.PicturesIn{IDs: in.IDs})
	if err != nil {
		return found, err
	}
	if len(found.Items) < len(in.IDs) {
		return media.Pictures{}, media.ErrNoSuchPicture
	}
	for _, p := range found.Items {
		if p.Owner != in.Owner {
			return media.Pictures{}, media.ErrNotOwner.With(string(p.ID), "is somebody else's")
		}
	}
	return found, nil
}

func inShop(ctx context.Context) error {
	if actor.From(ctx).System == "" {
		return actor.ErrForbidden
	}
	return nil
}
