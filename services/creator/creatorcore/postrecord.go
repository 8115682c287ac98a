package creatorcore

import (
	"strconv"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/kernel/video"
	"meadow/services/moderation"
	"meadow/services/platform/outbox"
)

// post is a creator's content. One that was removed stays as an empty record,
// so that its request cannot bring it back.
type post struct {
	ID         id.Post `bson:"_id"`
	outbox.Box `bson:",inline"`
	Author     id.User   `bson:"author"`
	By         id.User   `bson:"by"`    // who wrote it last
	Hands      []id.User `bson:"hands"` // everybody who wrote it
	Earns      bool      `bson:"earns"` // its links credit the author
	Trace      id.Trace  `bson:"trace"`
	Content    `bson:",inline"`
	Written    string `bson:"written"` // what the content was made of, a creator.DraftContent as JSON

	// Edits counts what it said, from 1, and Rev every change of what others see
	// of it or of whether they do.
	Edits   int64 `bson:"edits"`
	Rev     int64 `bson:"rev"`
	Told    bool  `bson:"told"` // others have heard of it
	Verdict `bson:",inline"`

	// At is of first publication. The others are At as long as: it is kept, it is
	// shown to anybody beside its author, to followers, to everybody.
	At       time.Time `bson:"at"`
	KeptAt   time.Time `bson:"kept_at,omitempty"`
	ShownAt  time.Time `bson:"shown_at,omitempty"`
	FansAt   time.Time `bson:"fans_at,omitempty"`
	PublicAt time.Time `bson:"public_at,omitempty"`
	EditedAt time.Time `bson:"edited_at,omitempty"`
	Past     []version `bson:"history,omitempty"` // what it said before, on its way to a document of its own
	Request  string    `bson:"request"`           // what was asked when it was published

	Likes       int64 `bson:"likes"`
	Saves       int64 `bson:"saves"`
	Shares      int64 `bson:"shares"`
	Comments    int64 `bson:"comments"`
	CommentsRev int64 `bson:"comments_rev"`
	Notes       notes `bson:"notes,omitempty"`
	Tally       tally `bson:"tally"`
}

// Verdict is what may become of a post. Judged is under which revision its
// content was, or is to be, judged; Checks is the last revision given out.
type Verdict struct {
	State   creator.State      `bson:"state"`
	Outcome moderation.Outcome `bson:"outcome"` // "" is not judged yet
	Why     moderation.Reason  `bson:"why"`
	Off     bool               `bson:"off"` // unpublished by its author
	Judged  int64              `bson:"judged"`
	Checks  int64              `bson:"checks"`
	// JudgeAt is since when it waits to be judged, absent once it is.
	JudgeAt time.Time `bson:"judge_at,omitempty"`
	// Decided is the revision of the last decision about it, 0 if a rule judged.
	Decided int64 `bson:"decided"`
}

// Content is what an edit may change.
type Content struct {
	Kind       creator.Kind       `bson:"kind"`
	Title      string             `bson:"title"`
	Body       string             `bson:"body"`
	Topics     []string           `bson:"topics"`
	Mentions   []creator.Mention  `bson:"mentions"`
	Place      string             `bson:"place"`
	Genre      creator.Genre      `bson:"genre"`
	Pictures   []picture.Picture  `bson:"pictures"`
	Likenesses []string           `bson:"likenesses"` // of its pictures, for moderation
	Video      *video.Video       `bson:"video,omitempty"`
	Blocks     []creator.Block    `bson:"blocks"`
	Chapters   []creator.Chapter  `bson:"chapters"`
	Room       id.Room            `bson:"room"`
	Tags       []tag              `bson:"tags"`
	Verified   bool               `bson:"bought"`
	Ad         bool               `bson:"ad"`
	PaidBy     string             `bson:"paid_by"`
	AI         bool               `bson:"ai"`
	Lang       string             `bson:"lang"`
	Visibility creator.Visibility `bson:"visibility"`
}

// tag is a product in a post. Title is of when it was tagged, for when the
// catalogue does not answer. Bought is whether the author bought it here.
type tag struct {
	Product id.Product `bson:"product"`
	Picture int        `bson:"picture"`
	X       int64      `bson:"x"`
	Y       int64      `bson:"y"`
	Title   string     `bson:"title"`
	Bought  bool       `bson:"bought"`
}

// kept reports whether it was not removed.
func (p post) kept() bool { return !p.KeptAt.IsZero() }

// shown reports whether anybody beside its author may see it.
func (p post) shown() bool { return !p.ShownAt.IsZero() }

func (p post) tags(product id.Product) bool {
	_, ok := tagIn(p.Tags, product)
	return ok
}

func tagIn(tags []tag, product id.Product) (tag, bool) {
	for _, t := range tags {
		if t.Product == product {
			return t, true
		}
	}
	return tag{}, false
}

// turn ends a change of what others may see of p, or of whether they may: it
// adds the event that says how things are now. name is the author's.
func (p *post) turn(now time.Time, name string) {
	p.Rev++
	p.place()
	if !p.FansAt.IsZero() && !p.Told {
		p.At, p.Told = now, true
		p.place()
	}
	p.Tally.owe(now)
	switch {
	case !p.FansAt.IsZero():
		p.Add(now, creator.Published.Event(now, p.key(), p.data(name)))
	case p.Told:
		p.Add(now, creator.Removed.Event(now, p.key(), creator.RemovedData{Post: p.ID, Author: p.Author, Rev: p.Rev}))
	}
}

// place puts p into the lists it belongs to.
func (p *post) place() {
	p.State = p.stands()
	p.ShownAt, p.FansAt, p.PublicAt = time.Time{}, time.Time{}, time.Time{}
	if !p.kept() {
		return
	}
	p.KeptAt = p.At
	if p.State != creator.Approved && p.State != creator.Limited {
		return
	}
	p.ShownAt = p.At
	if p.Visibility != creator.OnlyMe {
		p.FansAt = p.At
	}
	if p.Visibility == creator.Public && p.State == creator.Approved {
		p.PublicAt = p.At
	}
}

func (v Verdict) stands() creator.State {
	switch {
	case v.Off:
		return creator.Unpublished
	case v.Outcome == "":
		return creator.Pending
	}
	return creator.State(v.Outcome)
}

// data is a post as others hear of it.
func (p post) data(name string) creator.PublishedData {
	products := make([]id.Product, len(p.Tags))
	for i, t := range p.Tags {
		products[i] = t.Product
	}
	mentions := make([]id.User, len(p.Mentions))
	for i, m := range p.Mentions {
		mentions[i] = m.ID
	}
	return creator.PublishedData{
		Post: p.ID, Author: p.Author, Name: name, Kind: p.Kind, Genre: p.Genre, Title: p.Title, Body: p.Body,
		Topics: some(p.Topics), Mentions: mentions, Products: products, Ad: p.Ad,
		AI: p.AI, Verified: p.Verified, Place: p.Place, Visibility: p.Visibility,
		Limited: p.State == creator.Limited, Trace: p.Trace, Lang: p.Lang, At: p.At, Rev: p.Rev,
	}
}

// key names this change of a post.
func (p post) key() string { return string(p.ID) + "." + strconv.FormatInt(p.Rev, 10) }
