package creatorcore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// shelved is what is stored of what a post said before: in it, and beside it.
func (tn *town) shelved(t *testing.T, p creator.Post) (within, beside int) {
	t.Helper()
	type stored struct {
		History []struct{} `bson:"history"`
		Items   []struct{} `bson:"items"`
	}
	for name, n := range map[string]*int{"posts": &within, "post_versions": &beside} {
		all := must(docdb.Open[stored](t.Context(), tn.db, tn.clock.Now, docdb.Schema{Name: name}))(t)
		got, err := all.Get(t.Context(), string(p.ID))
		if err != nil && !errors.Is(err, docdb.ErrNotFound) {
			t.Fatal(err)
		}
		*n = len(got.History) + len(got.Items)
	}
	return within, beside
}

func TestWhatAPostSaidLiesBesideItWheneverAKillComes(t *testing.T) {
	t.Parallel()
	deaths := 0
	for _, stored := range []bool{false, true} {
		for at := int64(1); at <= 5; at++ {
			m := &mortal{stored: stored}
			tn := build(t, nil)
			dying := tn.core(t, func(d docdb.Driver) docdb.Driver { m.Driver = d; return m })
			lin := tn.AddUser("Lin")
			d := tn.words(lin, "0")
			p := must(tn.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: "said"}))(t)
			by := creator.ByPost{ID: p.ID}
			d.Title = "1"
			m.last.Store(at)
			if _, err := dying.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}); err != nil {
				deaths++
			}
			for i := 1; i <= 2; i++ { // the first again
				d.Title = fmt.Sprint(i)
				must(tn.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t)
			}
			var got []string
			for _, v := range must(tn.Versions(as(t, lin), by))(t).Items {
				got = append(got, fmt.Sprint(v.Rev, ": ", v.Title))
			}
			if diff := cmp.Diff([]string{"2: 1", "1: 0"}, got); diff != "" {
				t.Errorf("dead at write %d, stored %t: %s", at, stored, diff)
			}
			if within, beside := tn.shelved(t, p); within != 0 || beside != 2 {
				t.Errorf("dead at write %d, stored %t: %d lie in the post, %d beside it", at, stored, within, beside)
			}
			must(tn.Remove(as(t, lin), by))(t)
			if within, beside := tn.shelved(t, p); within != 0 || beside != 0 {
				t.Errorf("removed: %d lie in the post, %d beside it", within, beside)
			}
		}
	}
	if deaths < 6 {
		t.Errorf("it died %d times only: the test does not test", deaths)
	}
}

func TestACalendarGoesOnOverPages(t *testing.T) {
	t.Parallel()
	const posts = 120
	tn := build(t, nil)
	lin := tn.AddUser("Lin")
	for i := range posts {
		tn.publish(t, tn, lin, fmt.Sprint("request ", i))
	}
	got := must(tn.Calendar(as(t, lin), creator.Calendar{From: "2030-05-01T00:00:00Z", To: "2030-05-02T00:00:00Z"}))(t).Items
	seen := map[id.Post]bool{}
	for _, e := range got {
		seen[e.Post] = true
	}
	if len(got) != posts || len(seen) != posts {
		t.Errorf("%d entries of %d posts, want %d", len(got), len(seen), posts)
	}
}
