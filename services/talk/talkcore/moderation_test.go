package talkcore_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"meadow/services/talk"
)

func TestWhoWasToldOfACommentHearsWhenItIsUnsaid(t *testing.T) {
	t.Parallel()
	tn := build(t)
	e := listen(t, tn.bus)
	run(t, tn.Core)
	lin, fan, ann, bob := tn.AddUser("Lin"), tn.AddUser("Fan"), tn.AddUser("Ann"), tn.AddUser("Bob")
	p := tn.AddPost(lin.User)
	top := tn.say(t, fan, p, "", "Lovely")
	reply := must(tn.Say(as(t, ann), talk.Say{
		ID: p, Parent: top.ID, Body: "Is it, Bob?", Mentions: []id.User{bob.User, ann.User}, RequestID: "1",
	}))(t)
	told := map[id.Comment][]id.User{top.ID: {lin.User}, reply.ID: {lin.User, fan.User, bob.User}}
	heard := func(said, unsaid int) func() bool {
		return e.look(func() bool { return len(e.said) == said && len(e.unsaid) == unsaid })
	}
	until(t, "both to be said", heard(2, 0))
	tn.decide(t, reply.ID, moderation.Limited, 1)
	until(t, "what was limited to be unsaid", heard(2, 1))
	tn.decide(t, reply.ID, moderation.Rejected, 2) // nobody knows of it
	tn.decide(t, reply.ID, moderation.Approved, 3)
	until(t, "what came back to be said again", heard(3, 1))
	must(tn.Unsay(as(t, fan), talk.ByComment{ID: top.ID}))(t)
	until(t, "the thread to be unsaid", heard(3, 3))
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.unsaid {
		slices.Sort(told[d.Comment])
		if diff := cmp.Diff(told[d.Comment], d.Told); diff != "" || d.Post != p {
			t.Errorf("%+v: %s", d, diff)
		}
	}
	if again := e.said[2]; again.Comment != reply.ID || again.Body != reply.Body || len(again.Mentions) != 2 {
		t.Errorf("said again as %+v", again)
	}
}

func TestAMutedWordIsLeftOutHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	tn := still(t)
	fan, eve := tn.AddUser("Fan"), tn.AddUser("Eve")
	p := tn.AddPost(tn.AddUser("Lin").User)
	tn.MuteWords(eve.User, "скидка", "café", "sale") // as moderation keeps them
	for _, body := range []string{"Большая СКИДКА", "My CAFE\u0301", "my Café", "ｓａｌｅ now"} {
		tn.say(t, fan, p, "", body)
	}
	tn.say(t, fan, p, "", "Скид, cafe")
	if got := tn.list(t, eve, talk.Comments{ID: p}); len(got) != 1 || got[0].Body != "Скид, cafe" {
		t.Errorf("she reads %+v", got)
	}
	if got := tn.list(t, fan, talk.Comments{ID: p}); len(got) != 5 {
		t.Errorf("others read %d", len(got))
	}
}

func TestWhatModerationSaysOfACommentHolds(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.Core)
	lin, fan, eve := tn.AddUser("Lin"), tn.AddUser("Fan"), tn.AddUser("Eve")
	p := tn.AddPost(lin.User)
	states := map[moderation.Outcome]talk.State{
		moderation.Approved: talk.Shown, moderation.Pending: talk.Held, moderation.Limited: talk.Limited, moderation.Rejected: talk.Limited,
	}
	ids := map[moderation.Outcome]id.Comment{}
	for outcome, want := range states {
		tn.Judge(string(outcome), outcome)
		k := tn.say(t, fan, p, "", string(outcome))
		if ids[outcome] = k.ID; k.State != want {
			t.Errorf("%s is %s, want %s", outcome, k.State, want)
		}
	}
	if got := tn.list(t, eve, talk.Comments{ID: p}); len(got) != 1 || got[0].Body != "approved" {
		t.Errorf("others read %+v", got)
	}
	if got := tn.list(t, fan, talk.Comments{ID: p}); len(got) != 4 {
		t.Errorf("who wrote them reads %d", len(got))
	}
	if _, err := tn.Let(as(t, lin), talk.ByComment{ID: ids[moderation.Rejected]}); !errors.Is(err, talk.ErrNoSuchComment) {
		t.Errorf("the author lets through what was rejected: %v", err)
	}
	seen := func() map[string]bool {
		out := map[string]bool{}
		for _, k := range tn.list(t, eve, talk.Comments{ID: p}) {
			out[k.Body] = true
		}
		return out
	}
	tn.decide(t, ids[moderation.Pending], moderation.Approved, 3)
	until(t, "what was approved", func() bool { return seen()["pending"] })
	tn.decide(t, ids[moderation.Pending], moderation.Rejected, 2) // older, and late
	tn.decide(t, ids[moderation.Approved], moderation.Limited, 1)
	until(t, "what was limited to go", func() bool { return !seen()["approved"] })
	tn.decide(t, ids[moderation.Rejected], moderation.Approved, 1) // an appeal
	until(t, "what was approved in the end", func() bool { return seen()["rejected"] })
	if d := cmp.Diff(map[string]bool{"pending": true, "rejected": true}, seen()); d != "" {
		t.Error(d)
	}
	until(t, "the counts", func() bool { n, _, _ := tn.Counts(t.Context(), p); return n == 2 })
	until(t, "the books to be right", func() bool {
		wrong, err := tn.Audit(t.Context())
		return err == nil && len(wrong) == 0
	})
}

func TestAnAnswerThatIsShownLateAnswersToo(t *testing.T) {
	t.Parallel()
	tn := build(t)
	lin, fan := tn.AddUser("Lin"), tn.AddUser("Fan")
	q := tn.say(t, fan, tn.AddPost(lin.User), "", "How much?")
	tn.Judge("20", moderation.Pending)
	run(t, tn.Core)
	a := tn.say(t, lin, q.Post, q.ID, "20")
	asked := func() int { return len(must(tn.Questions(as(t, lin), talk.Questions{}))(t).Items) }
	if got := asked(); a.State != talk.Held || got != 1 {
		t.Errorf("an answer that is %s left %d", a.State, got)
	}
	if got := must(tn.Let(as(t, lin), talk.ByComment{ID: a.ID}))(t); got.State != talk.Held || asked() != 1 {
		t.Errorf("its author cleared what moderation holds: %+v", got)
	}
	tn.decide(t, a.ID, moderation.Approved, 1)
	until(t, "the answer to answer", func() bool { return asked() == 0 })
	until(t, "the books to be right", func() bool { wrong, err := tn.Audit(t.Context()); return err == nil && len(wrong) == 0 })
}

func TestWhatModerationHoldsOnlyAModeratorLetsThrough(t *testing.T) {
	t.Parallel()
	tn := build(t)
	run(t, tn.Core)
	lin, fan, eve := tn.AddUser("Lin"), tn.AddUser("Fan"), tn.AddUser("Eve")
	p := tn.AddPost(lin.User)
	must(tn.SetRules(as(t, lin), talk.Rules{Who: talk.Everybody, Hold: talk.HoldLinks}))(t)
	tn.Judge("add me", moderation.Pending)
	tn.Judge("www.example.com", moderation.Pending)
	own, theirs, both := tn.say(t, lin, p, "", "add me"), tn.say(t, fan, p, "", "add me"), tn.say(t, fan, p, "", "www.example.com")
	waiting := func() (out []id.Comment) {
		for _, k := range must(tn.Held(as(t, lin), page.Ask{}))(t).Items {
			out = append(out, k.ID)
		}
		return out
	}
	seen := func() (n int) { return len(tn.list(t, eve, talk.Comments{ID: p})) }
	if got := must(tn.Let(as(t, lin), talk.ByComment{ID: own.ID}))(t); got.State != talk.Held {
		t.Errorf("their own comment is %s", got.State)
	}
	for _, k := range []id.Comment{theirs.ID, both.ID} {
		if _, err := tn.Let(as(t, lin), talk.ByComment{ID: k}); !errors.Is(err, talk.ErrNoSuchComment) {
			t.Errorf("the post's author lets it: %v", err)
		}
	}
	if got := waiting(); len(got) != 0 || seen() != 0 {
		t.Errorf("for the post's author wait %v, others read %d", got, seen())
	}
	for _, k := range []id.Comment{own.ID, theirs.ID, both.ID} {
		tn.decide(t, k, moderation.Approved, 1)
	}
	until(t, "what was approved", func() bool { return seen() == 2 && slices.Equal(waiting(), []id.Comment{both.ID}) })
	if got := must(tn.Let(as(t, lin), talk.ByComment{ID: both.ID}))(t); got.State != talk.Shown || seen() != 3 || len(waiting()) != 0 {
		t.Errorf("approved and let, it is %s to %d", got.State, seen())
	}
	tn.decide(t, both.ID, moderation.Pending, 2)
	until(t, "what is held again", func() bool { return seen() == 2 })
	if got := waiting(); len(got) != 0 {
		t.Errorf("for the post's author wait %v", got)
	}
	until(t, "the books to be right", func() bool { wrong, err := tn.Audit(t.Context()); return err == nil && len(wrong) == 0 })
}

// decide publishes what a moderator decided about a comment.
func (tn *town) decide(t *testing.T, k id.Comment, o moderation.Outcome, rev int64) {
	t.Helper()
	d := moderation.DecidedData{
		Decision: id.Secret(), Subject: moderation.Subject{Kind: moderation.Comment, ID: string(k)}, Verdict: moderation.Verdict{Outcome: o}, Rev: rev,
	}
	if err := tn.bus.Publish(t.Context(), moderation.Decided.Event(tn.clock.Now(), d.Decision, d), false); err != nil {
		t.Fatal(err)
	}
}
