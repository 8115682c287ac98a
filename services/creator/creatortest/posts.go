package creatortest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/rpc"
)

func publishedOnce(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	in := creator.Publish{DraftContent: s.draft(t, lin, "Once"), RequestID: key()}
	const twins = 6
	ids := make([]id.Post, twins)
	var work sync.WaitGroup
	for i := range twins {
		work.Go(func() {
			p, err := s.Creator.Publish(as(t, lin), in)
			if err != nil {
				t.Error(err)
			}
			ids[i] = p.ID
		})
	}
	work.Wait()
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("one request made posts %v", ids)
	}
	got := must2(s.Creator.PostsBy(t.Context(), creator.PostsBy{ID: lin.User}))(t)
	if len(got.Items) != 1 || got.Next != "" {
		t.Errorf("the creator has %d posts, next %q", len(got.Items), got.Next)
	}
}

func requestNotReused(t *testing.T, s Shop) {
	lin, mei := s.creatorNamed(t, "Lin"), s.creatorNamed(t, "Mei")
	in := creator.Publish{DraftContent: s.draft(t, lin, "First"), RequestID: key()}
	first := must2(s.Creator.Publish(as(t, lin), in))(t)
	other := in
	other.Title = "Second"
	_, err := s.Creator.Publish(as(t, lin), other)
	wantErr(t, "another post", err, rpc.ErrReused)

	theirs := creator.Publish{DraftContent: s.draft(t, mei, "First"), RequestID: in.RequestID}
	if p := must2(s.Creator.Publish(as(t, mei), theirs))(t); p.ID == first.ID {
		t.Error("two people's requests of one name made one post")
	}
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: first.ID}))(t)
	_, err = s.Creator.Publish(as(t, lin), in)
	wantErr(t, "again after removing", err, creator.ErrNoSuchPost)
}

func everybodyPublishes(t *testing.T, s Shop) {
	viewer, lin := s.User(t, "Viewer"), s.creatorNamed(t, "Lin")
	d := s.draft(t, viewer, "Hello")
	p := must2(s.Creator.Publish(as(t, viewer), creator.Publish{DraftContent: d, RequestID: key()}))(t)
	if p.State != creator.Approved || !p.Mine || p.Ad || p.Verified || p.Trace == "" {
		t.Errorf("a viewer's post: %+v", p)
	}
	_, err := s.Creator.Publish(t.Context(), creator.Publish{DraftContent: d, RequestID: key()})
	wantErr(t, "a visitor", err, actor.ErrNobody)
	_, err = s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: s.draft(t, lin, "Hello")})
	wantErr(t, "without a key", err, rpc.ErrNoKey)
}

func badDraftsAreRefused(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	good := s.draft(t, lin, "Good")
	for what, spoil := range map[string]func(*creator.DraftContent){
		"no language":   func(d *creator.DraftContent) { d.Lang = "" },
		"other lang":    func(d *creator.DraftContent) { d.Lang = "tlh" },
		"no such kind":  func(d *creator.DraftContent) { d.Kind = "opera" },
		"no such genre": func(d *creator.DraftContent) { d.Genre = "opera" },
		"nobody's eyes": func(d *creator.DraftContent) { d.Visibility = "secret" },
		"a long place":  func(d *creator.DraftContent) { d.Place = strings.Repeat("p", 81) },
		"a long brand":  func(d *creator.DraftContent) { d.PaidBy, d.Ad = strings.Repeat("b", 61), true },
		"a long alt": func(d *creator.DraftContent) {
			d.Pictures = []picture.Wanted{{ID: d.Pictures[0].ID, Alt: strings.Repeat("a", 301)}}
		},
		"no title":      func(d *creator.DraftContent) { d.Title = "" },
		"a blank title": func(d *creator.DraftContent) { d.Title = " \n " },
		"a long title":  func(d *creator.DraftContent) { d.Title = strings.Repeat("长", 61) },
		"a long body":   func(d *creator.DraftContent) { d.Body = strings.Repeat("x", 2001) },
		"no pictures":   func(d *creator.DraftContent) { d.Pictures = nil },
		"many pictures": func(d *creator.DraftContent) { d.Pictures = slices.Repeat(d.Pictures, 19) },
		"many topics":   func(d *creator.DraftContent) { d.Topics = strings.Split("a b c d e f g h i j k", " ") },
		"a long topic":  func(d *creator.DraftContent) { d.Topics = []string{strings.Repeat("t", 31)} },
	} {
		d := good
		spoil(&d)
		_, err := s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()})
		wantErr(t, what, err, errs.ErrInvalid)
	}
}

func sellingIsLabelled(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	d := s.draft(t, lin, "Buy this", cream)
	d.Ad = false
	_, err := s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()})
	wantErr(t, "publishing", err, creator.ErrUnlabelled)

	d.Ad = true
	p := must2(s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()}))(t)
	if !p.Ad {
		t.Error("the label is gone")
	}
	d.Ad = false
	_, err = s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d})
	wantErr(t, "editing", err, creator.ErrUnlabelled)
	d.Tags = nil
	if p = must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t); p.Ad || len(p.Tags) > 0 {
		t.Errorf("without tags: ad %t, tags %v", p.Ad, p.Tags)
	}
}

func picturesAreOwn(t *testing.T, s Shop) {
	lin, mei := s.creatorNamed(t, "Lin"), s.creatorNamed(t, "Mei")
	for what, m := range map[string]id.Media{"another's": s.Picture(t, mei), "none": "med_00000000000000000000000000"} {
		d := s.draft(t, lin, "Mine")
		d.Pictures = append(d.Pictures, picture.Wanted{ID: m})
		_, err := s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()})
		wantErr(t, what, err, creator.ErrNoPicture)
	}
	a, b := s.Picture(t, lin), s.Picture(t, lin)
	d := s.draft(t, lin, "Mine")
	d.Pictures = []picture.Wanted{{ID: b, Alt: "B"}, {ID: a, Alt: "A"}}
	p := must2(s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()}))(t)
	if len(p.Pictures) != 2 || p.Pictures[0].ID != b || p.Pictures[0].Alt != "B" || p.Pictures[1].ID != a {
		t.Errorf("pictures %+v, want %s then %s", p.Pictures, b, a)
	}
	if p.Pictures[0].Width == 0 || p.Pictures[0].Card == "" {
		t.Errorf("a picture that cannot be laid out: %+v", p.Pictures[0])
	}
}

func tagsAreOnSale(t *testing.T, s Shop) {
	lin, cream, gone := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900), s.product(t, "Gone", 100)
	s.Delist(t, gone)
	for what, spoil := range map[string]func(*creator.NewTag){
		"off sale":        func(g *creator.NewTag) { g.Product = gone.ID },
		"no such product": func(g *creator.NewTag) { g.Product = "prd_0000000000000000000000000" },
		"no such picture": func(g *creator.NewTag) { g.Picture = 1 },
		"tagged twice":    func(g *creator.NewTag) {},
	} {
		d := s.draft(t, lin, "Tagged", cream)
		g := d.Tags[0]
		spoil(&g)
		d.Tags = append(d.Tags, g)
		_, err := s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()})
		wantErr(t, what, err, creator.ErrNoTagged)
	}
	d := s.draft(t, lin, "Tagged", cream)
	d.Tags[0].X = 10_001
	_, err := s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()})
	wantErr(t, "beside the picture", err, errs.ErrInvalid)
}

func textIsPlain(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	d := s.draft(t, lin, "x")
	d.Title = "  Two\nlines <b>&amp; 猫\u202e "
	d.Body = "one\r\ntwo <script>alert(1)</script>\n"
	d.Topics = []string{"#Tea", "tea", "＃Green Tea ", "##", "猫"}
	p := must2(s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()}))(t)
	got := []any{p.Title, p.Body, p.Topics, p.Lang}
	want := []any{"Two lines <b>&amp; 猫", "one\ntwo <script>alert(1)</script>", []string{"Tea", "Green Tea", "猫"}, "en"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func tagFactsAreCurrent(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	p := s.Publish(t, lin, "Cream for all", cream)
	got := p.Tags[0]
	if got.Title != "Cream" || got.Price != money.CNY(9900) || got.Available != 10 || !got.OnSale || got.Link == "" || got.X != 1000 {
		t.Errorf("on sale: %+v", got)
	}
	read := func() creator.Tag {
		t.Helper()
		return must2(s.Creator.Post(t.Context(), creator.ReadPost{ID: p.ID}))(t).Tags[0]
	}
	s.SellOut(t, cream)
	if got = read(); got.OnSale || got.Available != 0 || got.Title != "Cream" {
		t.Errorf("sold out: %+v", got)
	}
	s.Delist(t, cream)
	if got = read(); got.OnSale || got.Available != 0 || got.Title != "Cream" {
		t.Errorf("off sale: %+v", got)
	}
}

func editsByAuthor(t *testing.T, s Shop) {
	lin, mei := s.creatorNamed(t, "Lin"), s.creatorNamed(t, "Mei")
	p := s.Publish(t, lin, "Before")
	in := creator.EditPost{ID: p.ID, DraftContent: s.draft(t, lin, "After")}
	got := must2(s.Creator.Edit(as(t, lin), in))(t)
	if got.Title != "After" || !got.PublishedAt.Equal(p.PublishedAt) || got.EditedAt.IsZero() || p.EditedAt.IsZero() == false {
		t.Errorf("edited: %+v", got)
	}
	in.DraftContent = s.draft(t, mei, "Stolen")
	_, err := s.Creator.Edit(as(t, mei), in)
	wantErr(t, "another creator", err, creator.ErrNoSuchPost)
	in.ID = "pst_0000000000000000000000000"
	_, err = s.Creator.Edit(as(t, mei), in)
	wantErr(t, "no post", err, creator.ErrNoSuchPost)
	if now := must2(s.Creator.Post(t.Context(), creator.ReadPost{ID: p.ID}))(t); now.Title != "After" {
		t.Errorf("title is %q", now.Title)
	}
}

func editsKeepTags(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	d := s.draft(t, lin, "Cream", cream)
	p := must2(s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()}))(t)
	s.Delist(t, cream)
	d.Title = "Cream, again"
	got := must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t)
	if len(got.Tags) != 1 || got.Tags[0].Product != cream.ID || got.Tags[0].OnSale {
		t.Errorf("tags %+v", got.Tags)
	}
}

func removedIsGone(t *testing.T, s Shop) {
	lin, fan := s.creatorNamed(t, "Lin"), s.User(t, "Fan")
	p, kept := s.Publish(t, lin, "Going"), s.Publish(t, lin, "Staying")
	for _, x := range []creator.Post{p, kept} {
		must2(s.Creator.Save(as(t, fan), creator.Save{ID: x.ID}))(t)
	}
	_, err := s.Creator.Remove(as(t, fan), creator.ByPost{ID: p.ID})
	wantErr(t, "removing another's", err, creator.ErrNoSuchPost)
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: p.ID}))(t)

	by := creator.ByPost{ID: p.ID}
	for what, f := range map[string]func() error{
		"post":   func() error { _, err := s.Creator.Post(as(t, lin), creator.ReadPost{ID: p.ID}); return err },
		"like":   func() error { _, err := s.Creator.Like(as(t, fan), by); return err },
		"unsave": func() error { _, err := s.Creator.Unsave(as(t, fan), by); return err },
		"edit": func() error {
			_, err := s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: s.draft(t, lin, "Back")})
			return err
		},
		"remove": func() error { _, err := s.Creator.Remove(as(t, lin), by); return err },
	} {
		wantErr(t, what, f(), creator.ErrNoSuchPost)
	}
	cards := must2(s.Creator.Cards(inside(t), creator.Cards{IDs: []id.Post{p.ID, kept.ID}}))(t).Items
	saved := must2(s.Creator.Saved(as(t, fan), page.Ask{}))(t).Items
	own := must2(s.Creator.PostsBy(as(t, lin), creator.PostsBy{ID: lin.User}))(t).Items
	for what, list := range map[string][]creator.Card{"cards": cards, "saved": saved, "posts": own} {
		if len(list) != 1 || list[0].ID != kept.ID {
			t.Errorf("%s: %+v, want the post that stays", what, list)
		}
	}
}

func postsArePaged(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	want := map[id.Post]bool{}
	for range 5 {
		want[s.Publish(t, lin, "A post").ID] = true
	}
	got := map[id.Post]bool{}
	ask := creator.PostsBy{ID: lin.User, Ask: page.Ask{Limit: 2}}
	var last creator.Card
	for pages := 0; pages == 0 || ask.After != ""; pages++ {
		p := must2(s.Creator.PostsBy(t.Context(), ask))(t)
		for _, k := range p.Items {
			if !last.PublishedAt.IsZero() && k.PublishedAt.After(last.PublishedAt) {
				t.Errorf("%s after %s", k.PublishedAt, last.PublishedAt)
			}
			got[k.ID], last = true, k
		}
		if ask.After = p.Next; pages > 5 {
			t.Fatal("the list does not end")
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	_, err := s.Creator.PostsBy(t.Context(), creator.PostsBy{ID: "usr_0000000000000000000000000"})
	wantErr(t, "nobody's posts", err, creator.ErrNoSuchProfile)
	ask.After = "nonsense"
	_, err = s.Creator.PostsBy(t.Context(), ask)
	wantErr(t, "a bad cursor", err, page.ErrCursor)
}

func allPosts(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	d, gone := s.draft(t, lin, "Staying", cream), s.Publish(t, lin, "Going")
	d.Place, d.AI = "Hangzhou", true
	p := must2(s.Creator.Publish(as(t, lin), creator.Publish{DraftContent: d, RequestID: key()}))(t)
	must2(s.Creator.Remove(as(t, lin), creator.ByPost{ID: gone.ID}))(t)
	seen := s.told(t)
	got := seen[p.ID]
	want := creator.PublishedData{
		Post: p.ID, Author: lin.User, Name: "Lin", Kind: creator.Pictures, Title: "Staying", Mentions: []id.User{},
		Ad: true, AI: true, Place: "Hangzhou", Visibility: creator.Public, Trace: p.Trace, Body: p.Body, Topics: p.Topics,
		Products: []id.Product{cream.ID}, Lang: "en", At: p.PublishedAt, Rev: 1,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, there := seen[gone.ID]; there {
		t.Error("a removed post is listed")
	}
	_, err := s.Creator.AllPosts(as(t, lin), page.Ask{})
	wantErr(t, "from outside", err, rpc.ErrNoRoute)
}

// told is every post that others may read, as they hear of it.
func (s Shop) told(t *testing.T) map[id.Post]creator.PublishedData {
	t.Helper()
	all := map[id.Post]creator.PublishedData{}
	for ask := (page.Ask{Limit: 7}); ; {
		got := must2(s.Creator.AllPosts(inside(t), ask))(t)
		for _, d := range got.Items {
			all[d.Post] = d
		}
		if ask.After = got.Next; ask.After == "" {
			return all
		}
	}
}
