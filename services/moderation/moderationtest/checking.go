package moderationtest

import (
	"fmt"
	"sync"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
)

func oneAnswer(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	p := NewPost()
	bad := moderation.Facts{Text: "Add my WeChat: kk" + "20301234 " + word()}
	want := s.Check(t, p, 1, amy, bad)
	if want.Outcome != moderation.Pending || want.Rule != "contact" || want.Reason != moderation.Fraud {
		t.Fatalf("got %+v", want)
	}
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			// Whatever it says now: the answer was given.
			if got := s.Check(t, p, 1, amy, moderation.Facts{Text: "something else"}); got != want {
				t.Errorf("then %+v", got)
			}
		})
	}
	work.Wait()
	c, _ := s.Waiting(t, mod, moderation.ToReview, p)
	if c.Rev != 1 || c.Facts.Text != bad.Text || c.Rule != "contact" || c.Verdict != want || c.Author != amy.User || c.Name != "Amy" {
		t.Errorf("waits as %+v", c)
	}
	if got := s.Check(t, p, 2, amy, moderation.Facts{Text: harmless()}); got.Outcome != moderation.Approved {
		t.Errorf("the next revision: %+v", got)
	}
	if _, _, waits := s.look(t, mod, moderation.ToReview, p); waits {
		t.Error("what is harmless now still waits")
	}
	if got := s.Check(t, p, 1, amy, bad); got != want {
		t.Errorf("the earlier revision: %+v", got)
	}
	if got := must(s.Moderation.Case(as(t, mod), moderation.ByCase{ID: c.ID}))(t); got.Rev != 2 || got.Verdict.Outcome != moderation.Approved {
		t.Errorf("an older revision's question changed what stands: %+v", got)
	}
	for _, of := range []moderation.Subject{{Kind: "shop", ID: "x"}, {Kind: moderation.Post}, {}} {
		_, err := s.Moderation.Check(inside(t), moderation.Check{Subject: of, Rev: 1, Author: amy.User})
		wantErr(t, fmt.Sprint(of), err, errs.ErrInvalid)
	}
}

func rulesStop(t *testing.T, s Shop) {
	for text, want := range map[string]moderation.Verdict{
		"A quiet walk by the lake. I loved the light!":          {Outcome: moderation.Approved},
		"最近天气很好,最后还是去了公园。":                                      {Outcome: moderation.Approved},
		"This cream was 39元 and works well for me.":             {Outcome: moderation.Approved},
		"Read my review on www.example.com, it took two weeks.": {Outcome: moderation.Approved},
		"Great product.Thanks to everybody here.":               {Outcome: moderation.Approved},
		"喜欢的姐妹加我微信聊":                                            {Outcome: moderation.Pending, Reason: moderation.Fraud, Rule: "contact"},
		"喜欢的 加 . 微 . 信":                                         {Outcome: moderation.Pending, Reason: moderation.Fraud, Rule: "contact"},
		"vx:abc88123 想要的来":                                      {Outcome: moderation.Pending, Reason: moderation.Fraud, Rule: "contact"},
		"电话 138-0013-8000":                                      {Outcome: moderation.Pending, Reason: moderation.Fraud, Rule: "contact"},
		"write to me at someone.else@example.org":               {Outcome: moderation.Pending, Reason: moderation.Fraud, Rule: "contact"},
		"私下转账更便宜哦":                                              {Outcome: moderation.Pending, Reason: moderation.Fraud, Rule: "contact"},
		"a.com b.com c.com d.com":                               {Outcome: moderation.Pending, Reason: moderation.Spam, Rule: "many_links"},
		"全网最低价,只要 39元,戳 https://buy.example/x":                  {Outcome: moderation.Limited, Reason: moderation.Hidden, Rule: "hidden_ad"},
		"Only $9 with promo code LAKE at the shop":              {Outcome: moderation.Limited, Reason: moderation.Hidden, Rule: "hidden_ad"},
		"BUY THIS NOW IT IS THE ONLY THING YOU WILL EVER NEED":  {Outcome: moderation.Limited, Reason: moderation.Spam, Rule: "shouting"},
		"😀😀😃😄😁😆😅😂🤣😊😇🙂🙃😉😌😍":                                      {Outcome: moderation.Limited, Reason: moderation.Spam, Rule: "shouting"},
		"yesssssssssssssssss I love it":                         {Outcome: moderation.Limited, Reason: moderation.Spam, Rule: "shouting"},
	} {
		if got := s.Check(t, NewPost(), 1, s.Old(t), moderation.Facts{Text: text}); got != want {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]moderation.Verdict{
		"全网最低价,只要 39元,戳 https://buy.example/x":     {Outcome: moderation.Limited, Reason: moderation.False, Rule: "absolute_claims"},
		"Only $9 with promo code LAKE at the shop": {Outcome: moderation.Approved},
	} {
		if got := s.Check(t, NewPost(), 1, s.Old(t), moderation.Facts{Text: text, Ad: true}); got != want {
			t.Errorf("labelled, %s: got %+v, want %+v", text, got, want)
		}
	}
	comment := moderation.Subject{Kind: moderation.Comment, ID: "cmt_" + id.Secret()[:26]}
	if got := s.Check(t, comment, 1, s.User(t, "Amy"), moderation.Facts{Text: "www.one.com and www.two.com"}); got.Rule != "many_links" {
		t.Errorf("two addresses in a comment: %+v", got)
	}
}

func (s Shop) list(t *testing.T, by actor.Actor, l moderation.ListKind, value string, o moderation.Outcome) moderation.Entry {
	t.Helper()
	return must(s.Moderation.AddEntry(as(t, by), moderation.AddEntry{List: l, Value: value, Outcome: o, Reason: moderation.Banned}))(t)
}

func wordsAreFound(t *testing.T, s Shop) {
	mod := s.User(t, "Mod", actor.Moderator)
	w := word()
	spread := ""
	for _, r := range w {
		spread += string(r) + "."
	}
	wide := ""
	for _, r := range w {
		wide += string(r - 'a' + 'a')
	}
	spelt := []string{
		w, "Buy " + w + "!", "(" + w + ")", "\u200b" + w[:3] + "\u200b" + w[3:], "say " + spread + " now",
		w[:4] + "-" + w[4:], w[:2] + "\u0301" + w[2:], wide, "好" + w + "好",
	}
	innocent := []string{w + "ish words", "pre" + w, "quite " + w[:6] + " " + w[6:]}
	check := func(text string) moderation.Verdict {
		t.Helper()
		return s.Check(t, NewPost(), 1, s.User(t, "Amy"), moderation.Facts{Text: text})
	}
	if got := check(w); got.Outcome != moderation.Approved {
		t.Fatalf("before: %+v", got)
	}
	e := s.list(t, mod, moderation.Words, w, moderation.Rejected)
	for text, want := range map[string]bool{"say " + spread + " now": true, "quite " + w[:6] + " " + w[6:]: false} {
		if got := must(s.Moderation.Listed(actor.AsSystem(t.Context(), "test"), moderation.AskListed{Text: text}))(t); got.OK != want {
			t.Errorf("%q is on the list: %t, want %t", text, got.OK, want)
		}
	}
	if again := s.list(t, mod, moderation.Words, w, moderation.Rejected); again.ID != e.ID {
		t.Errorf("twice on the list: %+v, %+v", e, again)
	}
	for _, text := range spelt {
		if got := check(text); got.Outcome != moderation.Rejected || got.Rule != "banned_words" || got.Reason != moderation.Banned {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, text := range innocent {
		if got := check(text); got.Outcome != moderation.Approved {
			t.Errorf("%q: %+v", text, got)
		}
	}
	must(s.Moderation.DropEntry(as(t, mod), moderation.ByEntry{ID: e.ID}))(t)
	must(s.Moderation.DropEntry(as(t, mod), moderation.ByEntry{ID: e.ID}))(t)
	if got := check(w); got.Outcome != moderation.Approved {
		t.Errorf("after: %+v", got)
	}
	han := "测" + "\u8bd5禁词" + string(rune(0x4e00+int(w[0])*7)) + string(rune(0x4e00+int(w[1])*11))
	s.list(t, mod, moderation.Words, han, moderation.Pending)
	runes := []rune(han)
	for _, text := range []string{"这是" + han + "吧", string(runes[:2]) + " · " + string(runes[2:])} {
		if got := check(text); got.Outcome != moderation.Pending || got.Rule != "banned_words" {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func domainsAreFound(t *testing.T, s Shop) {
	mod, host := s.User(t, "Mod", actor.Moderator), word()+".example"
	e := s.list(t, mod, moderation.Domains, "https://WWW."+host+"/path", moderation.Rejected)
	for text, want := range map[string]moderation.Outcome{
		"see https://" + host + "/a?b":    moderation.Rejected,
		"see HTTP://shop." + host:         moderation.Rejected,
		"see www." + host + " now":        moderation.Rejected,
		"see https://un" + host:           moderation.Approved,
		"see https://" + host + ".org":    moderation.Approved,
		"a sentence.Another one about it": moderation.Approved,
	} {
		if got := s.Check(t, NewPost(), 1, s.Old(t), moderation.Facts{Text: text}); got.Outcome != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	must(s.Moderation.DropEntry(as(t, mod), moderation.ByEntry{ID: e.ID}))(t)
}

func picturesAreFound(t *testing.T, s Shop) {
	mod := s.User(t, "Mod", actor.Moderator)
	e := s.list(t, mod, moderation.Pictures, "f0f0a5a53c3cc3c3", moderation.Rejected)
	for hex, want := range map[string]moderation.Outcome{
		"f0f0a5a53c3cc3c3": moderation.Rejected,
		"f0f0a5a53c3cc3fc": moderation.Rejected, // 6 bits
		"f0f0a5a53c3cc33c": moderation.Approved, // 8 bits
		"0f0f5a5ac3c33c3c": moderation.Approved,
		"nonsense":         moderation.Approved,
	} {
		got := s.Check(t, NewPost(), 1, s.User(t, "Amy"), moderation.Facts{Text: harmless(), Likenesses: []string{"123456789abcdef0", hex}})
		if got.Outcome != want {
			t.Errorf("%s: %+v", hex, got)
		}
	}
	must(s.Moderation.DropEntry(as(t, mod), moderation.ByEntry{ID: e.ID}))(t)
}

func badEntries(t *testing.T, s Shop) {
	mod := s.User(t, "Mod", actor.Moderator)
	for _, in := range []moderation.AddEntry{
		{List: moderation.Words, Value: "x"}, {List: moderation.Words, Value: " . "}, {List: moderation.Words, Value: "的"},
		{List: moderation.Domains, Value: "com"}, {List: moderation.Domains, Value: "two words"},
		{List: moderation.Pictures, Value: "0000000000000000"}, {List: moderation.Pictures, Value: "ffffffffffffffff"},
		{List: moderation.Pictures, Value: "f0f0"}, {List: moderation.Pictures, Value: "xyz0a5a53c3cc3c3"},
	} {
		in.Outcome, in.Reason = moderation.Rejected, moderation.Spam
		_, err := s.Moderation.AddEntry(as(t, mod), in)
		wantErr(t, fmt.Sprintf("%+v", in), err, moderation.ErrEntry)
	}
	must(s.Moderation.DropEntry(as(t, mod), moderation.ByEntry{ID: "ent_none"}))(t)
}

func repetition(t *testing.T, s Shop) {
	amy, bob, text := s.User(t, "Amy"), s.User(t, "Bob"), harmless()
	check := func(a actor.Actor, of moderation.Subject, rev int64, text string) moderation.Verdict {
		return s.Check(t, of, rev, a, moderation.Facts{Text: text})
	}
	first := NewPost()
	for rev := range int64(6) { // one thing, edited, is one thing
		if got := check(amy, first, rev+1, text); got.Outcome != moderation.Approved {
			t.Fatalf("revision %d: %+v", rev, got)
		}
	}
	for i := range 2 {
		if got := check(amy, NewPost(), 1, text); got.Outcome != moderation.Approved {
			t.Fatalf("after %d: %+v", i+1, got)
		}
	}
	for _, text := range []string{text, "  " + text + "!!"} {
		if got := check(amy, NewPost(), 1, text); got.Rule != "repeated_text" || got.Outcome != moderation.Pending {
			t.Errorf("%q again: %+v", text, got)
		}
	}
	if got := check(bob, NewPost(), 1, text); got.Outcome != moderation.Approved {
		t.Errorf("somebody else: %+v", got)
	}
}

func doubtsWait(t *testing.T, s Shop) {
	amy, mod := s.User(t, "Amy"), s.User(t, "Mod", actor.Moderator)
	p := NewPost()
	s.Check(t, p, 1, amy, moderation.Facts{Text: "call 13900139000 " + word()})
	c, _ := s.Waiting(t, mod, moderation.ToReview, p)
	got := must(s.Moderation.Decide(as(t, mod), approves(c)))(t)
	if got.Queue != moderation.Done || got.Verdict != (moderation.Verdict{Outcome: moderation.Approved}) || len(got.History) != 1 || got.History[0].By != mod.User {
		t.Errorf("decided: %+v", got)
	}
	if v := s.Check(t, p, 1, amy, moderation.Facts{}); v.Outcome != moderation.Approved {
		t.Errorf("checked again after a decision: %+v", v)
	}
	if _, _, waits := s.look(t, mod, moderation.ToReview, p); waits {
		t.Error("still waits")
	}
	if _, _, done := s.look(t, mod, moderation.Done, p); !done {
		t.Error("is not done")
	}
}

func rulesAreListed(t *testing.T, s Shop) {
	mod := s.User(t, "Mod", actor.Moderator)
	p := NewPost()
	s.Check(t, p, 1, s.User(t, "Amy"), moderation.Facts{Text: "WHAT A DAY THIS IS MY FRIENDS I CANNOT BELIEVE IT AT ALL"})
	found := false
	for _, r := range must(s.Moderation.RuleList(as(t, mod), nothing))(t).Items {
		if r.Name == "" || r.Does == "" || r.Outcome == "" || r.Quota < 1 {
			t.Errorf("says nothing: %+v", r)
		}
		if r.Name == "shouting" {
			found = r.Hour > 0 && r.Total >= r.Hour
		}
	}
	if !found {
		t.Error("a rule that fired is not counted")
	}
	_, err := s.Moderation.CloseBreaker(as(t, mod), moderation.ByRule{Name: "no such"})
	wantErr(t, "no rule", err, moderation.ErrNoRule)
	if r := must(s.Moderation.CloseBreaker(as(t, mod), moderation.ByRule{Name: "shouting"}))(t); r.Open {
		t.Errorf("open: %+v", r)
	}
}
