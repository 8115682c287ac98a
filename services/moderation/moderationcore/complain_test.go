package moderationcore_test

import (
	"context"
	"testing"

	"meadow/services/moderation"
	"meadow/services/platform/bus"
)

func TestAReportIsToldOnce(t *testing.T) {
	t.Parallel()
	tn := live(t)
	heard := make(chan moderation.ComplainedData, 10)
	err := bus.On(context.WithoutCancel(t.Context()), tn.bus, "ear", moderation.Complained, func(_ context.Context, _ bus.Event, d moderation.ComplainedData) error {
		heard <- d
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, tn.Core)
	amy, fan, other := tn.Add("Amy"), tn.Add("Fan"), tn.Add("Other")
	p := tn.shop(tn.Core).Post(t, amy)
	for _, why := range []moderation.Reason{moderation.Spam, moderation.Spam, moderation.Violence} {
		must(tn.Report(as(t, fan), moderation.Report{Subject: p, Reason: why}))(t)
	}
	if d := <-heard; d.By != fan.User || d.Subject != p || d.Author != amy.User || d.At.IsZero() {
		t.Errorf("heard of %+v", d)
	}
	must(tn.Report(as(t, other), moderation.Report{Subject: p, Reason: moderation.Spam}))(t)
	if d := <-heard; d.By != other.User {
		t.Errorf("heard of %+v, want one report of each", d)
	}
}
