package creatorcore_test

import (
	"testing"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/docdb"
)

// oldPost is how a post was kept before there were kinds and states.
type oldPost struct {
	Author   id.User           `bson:"author"`
	Title    string            `bson:"title"`
	Body     string            `bson:"body"`
	Topics   []string          `bson:"topics"`
	Pictures []picture.Picture `bson:"pictures"`
	Ad       bool              `bson:"ad"`
	Lang     string            `bson:"lang"`
	Edits    int64             `bson:"edits"`
	At       time.Time         `bson:"at"`
	ShownAt  time.Time         `bson:"shown_at,omitempty"`
	Likes    int64             `bson:"likes"`
}

func TestPostsOfAnOlderShopAreThereAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	tn := build(t, nil)
	lin := tn.AddUser("Lin", actor.Creator)
	old := must(docdb.Open[oldPost](t.Context(), tn.db, tn.clock.Now, docdb.Schema{Name: "posts"}))(t)
	at := tn.clock.Now().Add(-time.Hour)
	shown, gone := id.Post("pst_00000000000000000000000001"), id.Post("pst_00000000000000000000000002")
	for p, x := range map[id.Post]oldPost{
		shown: {Author: lin.User, Title: "Old", Body: "Words", Topics: []string{"tea"}, Lang: "en", Edits: 3, At: at, ShownAt: at, Likes: 7,
			Pictures: []picture.Picture{{ID: tn.AddPicture(lin.User), Alt: "A cup"}}},
		gone: {Author: lin.User, Edits: 2, At: at},
	} {
		if err := old.Insert(t.Context(), string(p), x); err != nil {
			t.Fatal(err)
		}
	}
	heard := collect(t, tn.bus, creator.Published)
	run(t, tn.Core)
	if d := heard.wait(t, 1)[0]; d.Post != shown || d.Rev != 4 || d.Kind != creator.Pictures || d.Visibility != creator.Public || !d.At.Equal(at) {
		t.Errorf("heard %+v", d)
	}
	by := must(tn.PostsBy(t.Context(), creator.PostsBy{ID: lin.User}))(t).Items
	all := must(tn.AllPosts(inside(t), page.Ask{}))(t).Items
	if len(by) != 1 || by[0].ID != shown || by[0].Likes != 7 || len(all) != 1 {
		t.Errorf("posts %+v, all %+v", by, all)
	}
	if _, err := tn.Post(t.Context(), creator.ReadPost{ID: gone}); err == nil {
		t.Error("a removed post is back")
	}
	content := must(tn.Original(as(t, lin), creator.ByPost{ID: shown}))(t)
	content.Title = "New"
	if p := must(tn.Edit(as(t, lin), creator.EditPost{ID: shown, DraftContent: content}))(t); p.Title != "New" || p.State != creator.Approved || !p.PublishedAt.Equal(at) {
		t.Errorf("edited: %+v", p)
	}
}
