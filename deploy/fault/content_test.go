package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"meadow/deploy/shopper"
	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/talk"
)

const (
	// crew is how many people a round has: all write, and follow each other.
	crew = 3
	// saves is how often each saves a draft before it is a post, remarks how many
	// comments each makes: fewer than moderation finds too many.
	saves   = 3
	remarks = 4
	// contentKills is within which span of its round each kill falls.
	contentKills = 700 * time.Millisecond
	// scheduled is how far ahead a draft is scheduled.
	scheduled = 1500 * time.Millisecond
)

// writer is somebody in a round, and what the shop has answered them.
type writer struct {
	*shopper.Person
	name    string
	uploads []*shopper.Uploading
	posts   map[string]string // title → body, of what was acknowledged
	maybe   map[string]bool   // titles of what was asked for once and not answered
	waiting map[string]bool   // titles of what was scheduled
	said    map[string]bool   // what was said under the round's post: whether it was answered
	liked   bool              // whether a like of it was answered
}

// TestNothingAcknowledgedIsLostWhenTheShopIsKilled has people upload, publish,
// save, schedule, comment and like, and kills the process at random moments
// meanwhile: what was answered is there afterwards, once.
func TestNothingAcknowledgedIsLostWhenTheShopIsKilled(t *testing.T) {
	w := settleIn(t, t.TempDir(), 0)
	n := max(2, rounds(t)/3)
	kills, posts, unheard := 0, 0, 0
	var evenings []*evening
	for round := range n {
		e := w.evening(t, round)
		kills += e.kills
		e.kept(t)
		if t.Failed() {
			return
		}
		evenings = append(evenings, e)
		unheard += e.unheard()
	}
	for _, e := range evenings {
		posts += e.told(t)
	}
	w.boxes(t)
	must(t, w.Restart(t.Context()))
	for _, e := range evenings { // and nothing came twice with the last of the events
		e.kept(t)
		e.told(t)
	}
	t.Logf("%d rounds, %d kills, %d posts; %d requests went unanswered for good", n, kills, posts, unheard)
}

// evening is a round: a crew, and the post that they talk about.
type evening struct {
	round int
	crew  []*writer
	post  id.Post
	kills int
}

// evening lets a new crew loose and kills the shop under them.
func (w *town) evening(t *testing.T, round int) *evening {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 180*time.Second)
	defer cancel()
	e := &evening{round: round}
	door := shopper.Open(w.URL)
	for i := range crew {
		p := &writer{
			Person: door.Person(), name: fmt.Sprintf("r%dw%d", round, i),
			posts: map[string]string{}, maybe: map[string]bool{}, waiting: map[string]bool{}, said: map[string]bool{},
		}
		must(t, p.SignUp(ctx, p.name))
		must(t, p.BecomeCreator(ctx))
		e.crew = append(e.crew, p)
	}
	for _, p := range e.crew {
		must(t, p.follow(ctx, e.crew))
	}
	first, err := e.crew[0].publish(ctx, "first")
	must(t, err)
	e.post = first.ID

	over := make(chan struct{})
	var killer, wg sync.WaitGroup
	killer.Go(func() { e.kills = w.harass(t, ctx, contentKills, over) })
	for _, p := range e.crew {
		for what, f := range map[string]func(context.Context) error{
			"post":     p.post,
			"draft":    p.draft,
			"schedule": p.schedule,
			"talk":     func(ctx context.Context) error { return p.talk(ctx, e.post) },
			"whim":     func(ctx context.Context) error { return p.careless(ctx, e.post) },
		} {
			wg.Go(func() {
				if err := f(ctx); err != nil {
					t.Errorf("round %d: %s: %s: %v", round, p.name, what, err)
				}
			})
		}
	}
	wg.Wait()
	close(over)
	killer.Wait()
	return e
}

// follow follows everybody else of a crew.
func (p *writer) follow(ctx context.Context, crew []*writer) error {
	for _, other := range crew {
		if other == p {
			continue
		}
		who, err := other.me(ctx)
		if err == nil {
			err = p.Do(ctx, "PUT", "/creators/"+string(who)+"/follow", "", nil, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *writer) me(ctx context.Context) (id.User, error) {
	var me struct {
		ID id.User `json:"id"`
	}
	err := p.Do(ctx, "GET", "/account/me", "", nil, &me)
	return me.ID, err
}

var guard sync.Mutex // of what a writer's errands note, which run beside each other

// upload uploads a picture in three pieces, insists, and waits until it can be
// shown.
func (p *writer) upload(ctx context.Context) (id.Media, error) {
	file, err := shopper.Photo(120, 150)
	if err != nil {
		return "", err
	}
	u := &shopper.Uploading{Person: p.Person, Purpose: "post", Data: file, Pieces: 3}
	if err := shopper.Insist(ctx, func() error { return u.Send(ctx) }); err != nil {
		return "", fmt.Errorf("upload: %w", err)
	}
	guard.Lock()
	p.uploads = append(p.uploads, u)
	guard.Unlock()
	return u.Media, ready(ctx, u)
}

// ready waits until what was uploaded can be shown.
func ready(ctx context.Context, u *shopper.Uploading) error {
	for {
		var at media.Progress
		err := shopper.Insist(ctx, func() (err error) { at, err = u.Progress(ctx); return err })
		switch {
		case err != nil:
			return fmt.Errorf("progress: %w", err)
		case at.Step == media.Ready:
			return nil
		case at.Step == media.Rejected || at.Step == media.Uploading:
			return fmt.Errorf("an upload that was acknowledged is %s: %s", at.Step, at.Reason)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// content is a post of p's with a picture of its own.
func (p *writer) content(ctx context.Context, what string) (creator.DraftContent, error) {
	pic, err := p.upload(ctx)
	return creator.DraftContent{
		Title: what + " of " + p.name, Body: "The " + what + " that " + p.name + " made.", Lang: "en",
		Pictures: []picture.Wanted{{ID: pic, Alt: "A cup"}},
	}, err
}

// acknowledged notes a post that the shop has answered with.
func (p *writer) acknowledged(out creator.Post) {
	guard.Lock()
	defer guard.Unlock()
	p.posts[out.Title] = out.Body
}

// publish publishes at once, and insists.
func (p *writer) publish(ctx context.Context, what string) (creator.Post, error) {
	var out creator.Post
	in, err := p.content(ctx, what)
	if err != nil {
		return out, err
	}
	key := id.Secret()
	if err := shopper.Insist(ctx, func() error { return p.Do(ctx, "POST", "/posts", key, in, &out) }); err != nil {
		return out, fmt.Errorf("publish: %w", err)
	}
	p.acknowledged(out)
	return out, nil
}

// begin begins a draft and saves it a few times, as autosave does.
func (p *writer) begin(ctx context.Context, what string) (creator.Draft, error) {
	var d creator.Draft
	in, err := p.content(ctx, what)
	if err != nil {
		return d, err
	}
	key := id.Secret()
	if err := shopper.Insist(ctx, func() error { return p.Do(ctx, "POST", "/drafts", key, in, &d) }); err != nil {
		return d, fmt.Errorf("begin: %w", err)
	}
	for i := range saves {
		in.Body += strings.Repeat(" And more.", i+1)
		save := creator.SaveDraft{Rev: d.Rev, Content: in}
		if err := shopper.Insist(ctx, func() error { return p.Do(ctx, "PUT", "/drafts/"+string(d.ID), "", save, &d) }); err != nil {
			return d, fmt.Errorf("save: %w", err)
		}
		if d.Content.Body != in.Body {
			return d, fmt.Errorf("saved %q, want %q", d.Content.Body, in.Body)
		}
	}
	return d, nil
}

// draft publishes a draft by hand, and insists.
func (p *writer) draft(ctx context.Context) error {
	d, err := p.begin(ctx, "draft")
	if err != nil {
		return err
	}
	var out creator.Post
	err = shopper.Insist(ctx, func() error {
		return p.Do(ctx, "POST", "/drafts/"+string(d.ID)+"/publish", "", creator.PublishDraft{Rev: d.Rev}, &out)
	})
	if err != nil {
		return fmt.Errorf("publish draft: %w", err)
	}
	if out.Body != d.Content.Body {
		return fmt.Errorf("a draft that said %q became %q", d.Content.Body, out.Body)
	}
	p.acknowledged(out)
	return nil
}

// schedule has a draft published in a moment, and insists. If an answer was lost
// it may be a post already when asked again.
func (p *writer) schedule(ctx context.Context) error {
	d, err := p.begin(ctx, "plan")
	if err != nil {
		return err
	}
	err = shopper.Insist(ctx, func() error {
		in := creator.Schedule{Rev: d.Rev, At: time.Now().Add(scheduled), Zone: "Asia/Shanghai"}
		return p.Do(ctx, "PUT", "/drafts/"+string(d.ID)+"/schedule", "", in, nil)
	})
	if err != nil && !errors.Is(err, creator.ErrSent) {
		return fmt.Errorf("schedule: %w", err)
	}
	guard.Lock()
	p.waiting[d.Content.Title] = true
	p.posts[d.Content.Title] = d.Content.Body
	guard.Unlock()
	return nil
}

// talk likes a post, again and again, and comments on it.
func (p *writer) talk(ctx context.Context, post id.Post) error {
	for i := range remarks {
		err := shopper.Insist(ctx, func() error { return p.Do(ctx, "PUT", "/posts/"+string(post)+"/like", "", nil, nil) })
		if err != nil {
			return fmt.Errorf("like: %w", err)
		}
		p.liked = true
		if err := p.say(ctx, post, fmt.Sprintf("remark %d of %s", i, p.name), shopper.Insist); err != nil {
			return fmt.Errorf("say: %w", err)
		}
	}
	return nil
}

// say comments, and notes whether that was answered.
func (p *writer) say(ctx context.Context, post id.Post, body string, how func(context.Context, func() error) error) error {
	key := id.Secret()
	err := how(ctx, func() error {
		return p.Do(ctx, "POST", "/posts/"+string(post)+"/comments", key, talk.Say{Body: body}, nil)
	})
	guard.Lock()
	defer guard.Unlock()
	if err == nil || errors.Is(err, shopper.ErrDown) {
		p.said[body] = err == nil
	}
	return err
}

// post publishes, and publishes another with the same picture of which it does
// not insist to hear: it may be there or not, but not twice.
func (p *writer) post(ctx context.Context) error {
	first, err := p.publish(ctx, "photo")
	if err != nil {
		return err
	}
	in := creator.DraftContent{
		Title: "whim of " + p.name, Body: "A whim of " + p.name + ".", Lang: "en",
		Pictures: []picture.Wanted{{ID: first.Pictures[0].ID, Alt: "The same cup"}},
	}
	var out creator.Post
	switch err := p.Do(ctx, "POST", "/posts", id.Secret(), in, &out); {
	case err == nil:
		p.acknowledged(out)
	case errors.Is(err, shopper.ErrDown):
		guard.Lock()
		p.maybe[in.Title] = true
		guard.Unlock()
	default:
		return fmt.Errorf("publish once: %w", err)
	}
	return nil
}

// careless says things once only.
func (p *writer) careless(ctx context.Context, post id.Post) error {
	once := func(_ context.Context, f func() error) error { return f() }
	for i := range 3 {
		err := p.say(ctx, post, fmt.Sprintf("whim %d of %s", i, p.name), once)
		if err != nil && !errors.Is(err, shopper.ErrDown) {
			return fmt.Errorf("say once: %w", err)
		}
		time.Sleep(50 * time.Millisecond) // or the first dead moment takes them all
	}
	return nil
}
