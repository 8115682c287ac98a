package talkcore_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/talk"
	"meadow/services/talk/talkcore"
)

// fact is a comment as the model knows it.
type fact struct {
	id, parent id.Comment
	author     int
	body       string
	at         time.Time
	held, gone bool
	likes      map[int]bool
}

// model is one post and what was said under it, written the plain way.
type model struct {
	facts  []*fact
	pinned id.Comment
}

func (m *model) find(k id.Comment) *fact {
	i := slices.IndexFunc(m.facts, func(f *fact) bool { return f.id == k })
	return m.facts[i]
}

func (m *model) shown(f *fact) bool { return !f.gone && !f.held }

func (m *model) replies(parent id.Comment) (out []*fact) {
	for _, f := range m.facts {
		if f.parent == parent && m.shown(f) {
			out = append(out, f)
		}
	}
	return out // facts are in order of time
}

// listed is what a visitor reads under the post.
func (m *model) listed(o talk.Order) (out []*fact) {
	var pinned []*fact
	for _, f := range m.facts {
		switch {
		case f.parent != "" || !m.shown(f):
		case f.id == m.pinned:
			pinned = append(pinned, f)
		default:
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *fact) int {
		if o == talk.Hot {
			return cmp.Compare(m.heat(b), m.heat(a))
		}
		return b.at.Compare(a.at)
	})
	return append(pinned, out...)
}

func (m *model) heat(f *fact) int64 {
	return talkcore.Heat(f.at, int64(len(f.likes)), int64(len(m.replies(f.id))))
}

func TestWhateverHappensCommentsAreAsAPlainModelSays(t *testing.T) {
	t.Parallel()
	tn := still(t)
	lin := tn.AddUser("Lin")
	must(tn.SetRules(as(t, lin), talk.Rules{Who: talk.Everybody, Hold: talk.HoldLinks}))(t)
	people := []actor.Actor{lin}
	for i := range 4 {
		people = append(people, tn.AddUser(fmt.Sprint("Fan ", i)))
	}
	rapid.Check(t, func(rt *rapid.T) {
		p, m := tn.AddPost(lin.User), &model{}
		who := rapid.IntRange(0, len(people)-1)
		which := func(rt *rapid.T) *fact {
			if len(m.facts) == 0 {
				rt.Skip("nothing was said")
			}
			return m.facts[rapid.IntRange(0, len(m.facts)-1).Draw(rt, "which")]
		}
		outcome := func(rt *rapid.T, there bool, err error) {
			if there && err != nil || !there && !errors.Is(err, talk.ErrNoSuchComment) {
				rt.Fatalf("there %t, answered %v", there, err)
			}
		}
		say := func(rt *rapid.T, parent *fact) {
			tn.clock.Advance(time.Duration(rapid.IntRange(7, 100_000).Draw(rt, "seconds")) * time.Second)
			n, body := who.Draw(rt, "who"), rapid.SampledFrom([]string{"Words", "www.example.com", "How much?"}).Draw(rt, "body")
			in, there := talk.Say{ID: p, Body: body, RequestID: id.Secret()}, true
			f := &fact{author: n, body: body, held: n > 0 && body == "www.example.com", likes: map[int]bool{}}
			if parent != nil {
				in.Parent, there = parent.id, m.shown(parent)
				if f.parent = parent.id; parent.parent != "" {
					f.parent = parent.parent
					there = there && m.shown(m.find(f.parent))
				}
			}
			got, err := tn.Say(as(t, people[n]), in)
			if outcome(rt, there, err); err == nil {
				f.id, f.at = got.ID, got.At
				m.facts = append(m.facts, f)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"say":   func(rt *rapid.T) { say(rt, nil) },
			"reply": func(rt *rapid.T) { say(rt, which(rt)) },
			"like": func(rt *rapid.T) {
				f, n := which(rt), who.Draw(rt, "who")
				may := !f.gone && (!f.held || n == 0 || n == f.author)
				got, err := tn.LikeComment(as(t, people[n]), talk.ByComment{ID: f.id})
				if outcome(rt, may, err); err == nil {
					if f.likes[n] = true; got.Likes != int64(len(f.likes)) || !got.Liked {
						rt.Fatalf("%+v of %d", got, len(f.likes))
					}
				}
			},
			"unlike": func(rt *rapid.T) {
				f, n := which(rt), who.Draw(rt, "who")
				got, err := tn.UnlikeComment(as(t, people[n]), talk.ByComment{ID: f.id})
				if outcome(rt, !f.gone, err); err == nil {
					if delete(f.likes, n); got.Likes != int64(len(f.likes)) || got.Liked {
						rt.Fatalf("%+v of %d", got, len(f.likes))
					}
				}
			},
			"unsay": func(rt *rapid.T) {
				f := which(rt)
				_, err := tn.Unsay(as(t, lin), talk.ByComment{ID: f.id})
				outcome(rt, !f.gone, err)
				f.gone = true
				for _, r := range m.facts {
					r.gone = r.gone || r.parent == f.id
				}
			},
			"let": func(rt *rapid.T) {
				f := which(rt)
				_, err := tn.Let(as(t, lin), talk.ByComment{ID: f.id})
				if outcome(rt, !f.gone, err); err == nil {
					f.held = false
				}
			},
			"pin": func(rt *rapid.T) {
				f := which(rt)
				if f.parent != "" {
					rt.Skip("a reply")
				}
				_, err := tn.Pin(as(t, lin), talk.ByComment{ID: f.id})
				if outcome(rt, m.shown(f), err); err == nil {
					m.pinned = f.id
				}
			},
			"": func(rt *rapid.T) { check(t, rt, tn, p, m) },
		})
	})
	audit(t, tn, "after all")
}

// check reads everything as a visitor and compares it.
func check(t *testing.T, rt *rapid.T, tn *town, p id.Post, m *model) {
	line := func(k id.Comment, likes, replies int64, latest []string) string {
		return fmt.Sprint(k, " ", likes, " ", replies, " ", latest)
	}
	for _, o := range []talk.Order{talk.Hot, talk.New} {
		var got, want []string
		in := talk.Comments{ID: p, Order: o, Ask: page.Ask{Limit: 3}}
		for {
			found, err := tn.Comments(t.Context(), in)
			if err != nil {
				rt.Fatal(err)
			}
			for _, k := range found.Items {
				latest := []string{}
				for _, r := range k.Latest {
					latest = append(latest, string(r.ID))
				}
				got = append(got, line(k.ID, k.Likes, k.Replies, latest))
			}
			if in.After = found.Next; in.After == "" {
				break
			}
		}
		for _, f := range m.listed(o) {
			replies, latest := m.replies(f.id), []string{}
			for _, r := range replies[:min(talk.Preview, len(replies))] {
				latest = append(latest, string(r.id))
			}
			want = append(want, line(f.id, int64(len(f.likes)), int64(len(replies)), latest))
		}
		if d := gocmp.Diff(want, got); d != "" {
			rt.Fatalf("%s: %s", o, d)
		}
	}
	if len(m.facts) == 0 {
		return
	}
	var want int64
	for _, f := range m.listed(talk.New) {
		want += 1 + int64(len(m.replies(f.id)))
	}
	if n, _, err := tn.Counts(t.Context(), p); err != nil || n != want {
		rt.Fatalf("%d comments, %v, want %d", n, err, want)
	}
}
