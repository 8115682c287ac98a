package creatorcore_test

import (
	"testing"

	"meadow/services/creator"
)

func TestWhatIsSaidWithinOneMillisecondIsJudgedEachForItself(t *testing.T) {
	t.Parallel()
	tn := build(t, nil) // its clock stands still
	lin := tn.AddUser("Lin")
	for _, bio := range []string{"cups", "bowls", "cups and bowls"} {
		must(tn.EditProfile(as(t, lin), creator.EditProfile{Bio: bio}))(t)
	}
	seen := map[int64]bool{}
	for _, k := range tn.Checked(string(lin.User)) {
		if seen[k.Rev] || k.Rev <= 0 {
			t.Errorf("%q is revision %d", k.Facts.Text, k.Rev)
		}
		seen[k.Rev] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d things were judged, want 3", len(seen))
	}
}
