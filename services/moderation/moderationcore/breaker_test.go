package moderationcore_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationtest"
	"meadow/services/platform/rpc"
)

func TestOneAccountCannotSwitchARuleOff(t *testing.T) {
	t.Parallel()
	tn := build(t, map[string]int64{"contact": 4})
	amy, n := tn.Add("Amy").User, 0
	check := func(by id.User) moderation.Outcome {
		t.Helper()
		n++
		in := moderation.Check{Subject: moderationtest.NewPost(), Rev: 1, Author: by, Facts: moderation.Facts{Text: fmt.Sprint("加微信聊 ", n)}}
		return must(tn.Check(inside(t), in))(t).Outcome
	}
	state := func() moderation.Rule {
		rules := must(tn.RuleList(as(t, tn.Add("Mod", actor.Moderator)), rpc.Empty{}))(t).Items
		return rules[slices.IndexFunc(rules, func(r moderation.Rule) bool { return r.Name == "contact" })]
	}
	for range 9 {
		if got := check(amy); got != moderation.Pending {
			t.Fatalf("her %d. time is %s", n, got)
		}
	}
	if r := state(); r.Open || r.Hour != 3 || r.Total != 9 {
		t.Errorf("after one account: %+v", r)
	}
	tn.clock.Advance(time.Hour) // another hour, in which she counts again
	if check(amy); state().Hour != 1 {
		t.Errorf("in the next hour: %+v", state())
	}
	for range 3 {
		check(tn.Add("Bob").User)
	}
	if r := state(); r.Open || r.Hour != 4 {
		t.Errorf("at its quota: %+v", r)
	}
	if got := check(tn.Add("Eve").User); got != moderation.Approved || !state().Open {
		t.Errorf("beyond its quota, by many: %s, %+v", got, state())
	}
}
