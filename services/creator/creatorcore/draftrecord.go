package creatorcore

import (
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/outbox"
)

// draft is content that is not published. One that was published or deleted
// stays for a while as a record without words, so that its request and its
// publishing are answered as they were.
type draft struct {
	ID         id.Draft `bson:"_id"`
	outbox.Box `bson:",inline"`
	Account    id.User              `bson:"account"` // whose post it will be
	Content    creator.DraftContent `bson:"content"`
	Cover      string               `bson:"cover"`
	Face       id.Media             `bson:"face"` // what the cover is of
	Rev        int64                `bson:"rev"`
	SavedAt    time.Time            `bson:"saved_at"`
	SavedBy    id.User              `bson:"saved_by"`
	Hands      []id.User            `bson:"hands"`   // everybody who wrote it
	Claimed    []id.Media           `bson:"claimed"` // what it shows and that media keeps for it
	Request    string               `bson:"request"` // what was asked when it was begun

	// ListedAt is SavedAt as long as it is a draft. PublishAt is when it becomes a
	// post by itself, Zone where that was said, By who said it.
	ListedAt  time.Time `bson:"listed_at,omitempty"`
	PublishAt time.Time `bson:"publish_at,omitempty"`
	Zone      string    `bson:"zone"`
	By        id.User   `bson:"by"`
	Earns     bool      `bson:"earns"` // the account was a creator's when it was scheduled
	Problem   string    `bson:"problem"`

	// Due is when somebody must look at it next: to publish it, or to see whether
	// an upload has become ready. Sending is whether somebody publishes it now,
	// until Due; Turn counts whoever took it. Fixed is whether its post may be
	// there: nobody makes it a draft again then, but for who knows better.
	Due     time.Time `bson:"due,omitempty"`
	Sending bool      `bson:"sending"`
	Turn    int64     `bson:"turn"`
	Fixed   bool      `bson:"fixed,omitempty"`

	Post   id.Post   `bson:"post"` // what it became
	GoneAt time.Time `bson:"gone_at,omitempty"`
}

const (
	// lease is how long publishing one may take before somebody else tries.
	lease = 30 * time.Second
	// again is how soon what is not ready is tried again, uploadsAgain how soon an
	// upload that a draft waits for is asked after, and uploadsFor how long.
	again        = time.Second
	uploadsAgain = time.Minute
	uploadsFor   = 48 * time.Hour
	// tombstone is how long the record of a draft that is none any more stays.
	tombstone = 30 * 24 * time.Hour
)

// open reports whether it is still a draft.
func (d draft) open() bool { return !d.ListedAt.IsZero() }

// sending reports whether somebody publishes it now.
func (d draft) sending(now time.Time) bool { return d.Sending && now.Before(d.Due) }

// wait sets when to look at it next.
func (d *draft) wait(now time.Time, secured bool) {
	d.Due = d.PublishAt
	if look := now.Add(uploadsAgain); !secured && now.Sub(d.SavedAt) < uploadsFor && (d.Due.IsZero() || look.Before(d.Due)) {
		d.Due = look
	}
}

func (d draft) view(account creator.Author) creator.Draft {
	return creator.Draft{
		ID: d.ID, Account: account, Content: full(d.Content), Cover: d.Cover, Rev: d.Rev, SavedAt: d.SavedAt, SavedBy: d.SavedBy,
		PublishAt: d.PublishAt, Zone: d.Zone, Problem: d.Problem, Post: d.Post,
	}
}

// full is content with empty lists that travel as [].
func full(k creator.DraftContent) creator.DraftContent {
	k.Topics, k.Pictures, k.Tags = some(k.Topics), some(k.Pictures), some(k.Tags)
	return k
}

// post is the id of what it becomes.
func (d draft) post() id.Post { return id.Post(id.Derive("pst", "draft", string(d.ID))) }
