package moderationcore_test

import (
	"fmt"
	"strings"
	"testing"

	"meadow/services/kernel/actor"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationtest"
)

// BenchmarkShield asks what somebody does not want to see who keeps so many
// people away.
func BenchmarkShield(b *testing.B) {
	for _, n := range []int{0, 3, 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			tn := build(b, nil)
			amy := tn.Add("Amy")
			for i := range n {
				u := tn.Add("Somebody")
				if i%3 == 2 {
					must(tn.Block(as(b, u), moderation.ByPerson{ID: amy.User}))(b)
				} else {
					must(tn.Block(as(b, amy), moderation.ByPerson{ID: u.User}))(b)
				}
			}
			ctx := inside(b)
			b.ReportAllocs()
			for b.Loop() {
				if s, err := tn.Shield(ctx, moderation.AskShield{User: amy.User}); err != nil || len(s.Hidden) != n {
					b.Fatal(s, err)
				}
			}
		})
	}
}

// BenchmarkCheck checks posts of 200 words with 500 words on the list.
func BenchmarkCheck(b *testing.B) {
	tn := build(b, nil)
	mod := tn.Add("Mod", actor.Moderator)
	for i := range 500 {
		must(tn.AddEntry(as(b, mod), moderation.AddEntry{
			List: moderation.Words, Value: fmt.Sprintf("word%04d", i), Outcome: moderation.Rejected, Reason: moderation.Hate,
		}))(b)
	}
	text := strings.Repeat("a quiet walk by the lake and what I saw there ", 20)
	ctx := inside(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		in := moderation.Check{Subject: moderationtest.NewPost(), Rev: 1, Author: tn.Add("Amy").User, Facts: moderation.Facts{Text: fmt.Sprint(text, i)}}
		if v, err := tn.Check(ctx, in); err != nil || v.Outcome != moderation.Approved {
			b.Fatal(v, err)
		}
	}
}
