package creatortest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/picture"
	"meadow/services/kernel/video"
)

func videosHaveCovers(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	d := s.film(t, lin, "Brewing")
	d.Chapters = []creator.Chapter{{At: 30_000, Title: " Pouring ", Product: cream.ID}, {At: 0, Title: "Grinding"}}
	d.Tags, d.Ad, d.Genre, d.Place = []creator.NewTag{{Product: cream.ID, X: 1, Y: 2}}, true, creator.Guide, " Hang zhou "
	p := s.post(t, lin, d)
	want := []creator.Chapter{{At: 0, Title: "Grinding"}, {At: 30_000, Title: "Pouring", Product: cream.ID}}
	if diff := cmp.Diff(want, p.Chapters); diff != "" {
		t.Error(diff)
	}
	if p.Kind != creator.Video || p.Video == nil || p.Video.ID != d.Video.ID || p.Video.HLS == "" {
		t.Fatalf("the video is %+v", p.Video)
	}
	if len(p.Pictures) != 1 || p.Pictures[0].ID == "" || p.Pictures[0].Alt != "A cup" || p.Genre != creator.Guide || p.Place != "Hang zhou" {
		t.Errorf("the cover is %+v, genre %q, place %q", p.Pictures, p.Genre, p.Place)
	}
	card := must2(s.Creator.Cards(inside(t), creator.Cards{IDs: []id.Post{p.ID}}))(t).Items[0]
	if card.Duration != 60_000 || card.Preview == "" || card.Kind != creator.Video || card.Cover.ID != p.Pictures[0].ID {
		t.Errorf("the card is %+v", card)
	}
	cover := s.Picture(t, lin)
	d.Video.Cover = cover
	d.Video.Captions = []video.WantedCaption{{ID: s.Captions(t, lin), Lang: "en"}}
	got := must2(s.Creator.Edit(as(t, lin), creator.EditPost{ID: p.ID, DraftContent: d}))(t)
	if got.Pictures[0].ID != cover || len(got.Video.Captions) != 1 {
		t.Errorf("with a cover of its own: %+v, captions %+v", got.Pictures, got.Video.Captions)
	}
	for what, chapters := range map[string][]creator.Chapter{
		"past the end":    {{At: 60_000, Title: "Late"}},
		"before its time": {{At: -1, Title: "Early"}},
		"two at once":     {{At: 5, Title: "A"}, {At: 5, Title: "B"}},
		"no title":        {{At: 5, Title: " "}},
	} {
		d.Chapters = chapters
		s.refused(t, what, lin, d, errs.ErrInvalid)
	}
	d.Chapters = []creator.Chapter{{At: 5, Title: "A", Product: "prd_0000000000000000000000000"}}
	s.refused(t, "a product that is no tag", lin, d, creator.ErrNoTagged)
	d.Chapters, d.Tags[0].Picture = nil, 1
	s.refused(t, "a tag beside the cover", lin, d, creator.ErrNoTagged)
}

func videosMustBeUsable(t *testing.T, s Shop) {
	lin, mei := s.creatorNamed(t, "Lin"), s.creatorNamed(t, "Mei")
	for what, x := range map[string]struct {
		video id.Media
		want  error
	}{
		"another's":       {s.Video(t, mei, nil), creator.ErrBadVideo},
		"none":            {"med_00000000000000000000000000", creator.ErrBadVideo},
		"one in the oven": {s.Video(t, lin, media.ErrNotReady), media.ErrNotReady},
		"one too long":    {s.Video(t, lin, media.ErrTooLong), creator.ErrBadVideo},
	} {
		d := s.film(t, lin, "Mine")
		d.Video.ID = x.video
		s.refused(t, what, lin, d, x.want)
	}
	d := s.film(t, lin, "Mine")
	d.Video.Cover = s.Picture(t, mei)
	s.refused(t, "another's cover", lin, d, creator.ErrNoPicture)
	d.Video = nil
	s.refused(t, "no video", lin, d, errs.ErrInvalid)
}

func replaysNameRooms(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	d := s.film(t, lin, "Last night")
	d.Kind, d.Room = creator.Replay, "rom_1"
	if p := s.post(t, lin, d); p.Kind != creator.Replay || p.Room != "rom_1" || p.Video == nil {
		t.Errorf("the replay is %+v", p)
	}
	d.Room = ""
	if p := s.post(t, lin, d); p.Room != "" {
		t.Errorf("of no room: %q", p.Room)
	}
}

// article is a draft of words, a picture and what it sells.
func (s Shop) article(t *testing.T, a actor.Actor, title string, blocks ...creator.Block) creator.DraftContent {
	t.Helper()
	return creator.DraftContent{
		Kind: creator.Article, Title: title, Lang: "en", Blocks: blocks,
		Pictures: []picture.Wanted{{ID: s.Picture(t, a), Alt: "A cover"}, {ID: s.Picture(t, a), Alt: "A pot"}},
	}
}

func articlesKeepBlocks(t *testing.T, s Shop) {
	lin, cream := s.creatorNamed(t, "Lin"), s.product(t, "Cream", 9900)
	d := s.article(t, lin, "All about tea",
		creator.Block{Kind: creator.Heading, Text: "Leaves"},
		creator.Block{Kind: creator.Text, Text: "Green 茶 and black", Marks: []creator.Mark{
			{From: 6, To: 7, Style: "link", URL: "https://tea.example/a?b=c"}, {From: 0, To: 7, Style: "bold"}, {From: 3, To: 9, Style: "italic"},
		}},
		creator.Block{Kind: creator.List, Text: "one\ntwo"},
		creator.Block{Kind: creator.Quote, Text: "Well said"},
		creator.Block{Kind: creator.PictureBlock, Picture: 1, Text: "the pot"},
		creator.Block{Kind: creator.ProductBlock, Product: cream.ID},
	)
	d.Tags, d.Ad, d.Body = []creator.NewTag{{Product: cream.ID}}, true, "not this"
	p := s.post(t, lin, d)
	want := slices.Clone(d.Blocks)
	want[1].Marks = []creator.Mark{
		{From: 0, To: 7, Style: "bold"}, {From: 3, To: 9, Style: "italic"}, {From: 6, To: 7, Style: "link", URL: "https://tea.example/a?b=c"},
	}
	if diff := cmp.Diff(want, p.Blocks); diff != "" {
		t.Error(diff)
	}
	if p.Body != "Leaves\nGreen 茶 and black\none\ntwo\nWell said" || len(p.Pictures) != 2 {
		t.Errorf("its words are %q, with %d pictures", p.Body, len(p.Pictures))
	}
}

func badArticlesAreRefused(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	text := func(marks ...creator.Mark) creator.Block {
		return creator.Block{Kind: creator.Text, Text: "Hello 世界", Marks: marks}
	}
	link := func(url string) creator.Block { return text(creator.Mark{From: 0, To: 5, Style: "link", URL: url}) }
	d := s.article(t, lin, "Bad")
	for what, b := range map[string]creator.Block{
		"no words":              {Kind: creator.Text, Text: " \n"},
		"too many words":        {Kind: creator.Text, Text: strings.Repeat("字", 5001)},
		"a heading of two":      {Kind: creator.Heading, Text: "One\ntwo"},
		"a hole in a list":      {Kind: creator.List, Text: "one\n\ntwo"},
		"no such kind":          {Kind: "video", Text: "x"},
		"no such picture":       {Kind: creator.PictureBlock, Picture: 2},
		"a mark past the end":   text(creator.Mark{From: 0, To: 9, Style: "bold"}),
		"a mark turned round":   text(creator.Mark{From: 4, To: 4, Style: "bold"}),
		"a mark before it":      text(creator.Mark{From: -1, To: 4, Style: "bold"}),
		"two bolds":             text(creator.Mark{From: 0, To: 4, Style: "bold"}, creator.Mark{From: 3, To: 5, Style: "bold"}),
		"no such style":         text(creator.Mark{From: 0, To: 4, Style: "blink"}),
		"http":                  link("http://tea.example"),
		"script":                link("javascript:alert(1)"),
		"a path":                link("/p/1"),
		"no host":               link("https:///p/1"),
		"an opaque one":         link("https:tea.example"),
		"somebody's name in it": link("https://bank.example@evil.example/"),
		"a backslash":           link(`https://tea.example\@evil.example`),
		"a space":               link("https://tea.example/a b"),
		"nowhere":               link(""),
		"a long way":            link("https://tea.example/" + strings.Repeat("x", 500)),
	} {
		d.Blocks = []creator.Block{b}
		s.refused(t, what, lin, d, errs.ErrInvalid)
	}
	d.Blocks = []creator.Block{{Kind: creator.ProductBlock, Product: "prd_0000000000000000000000000"}}
	s.refused(t, "a product that is no tag", lin, d, creator.ErrNoTagged)
	d.Blocks = nil
	s.refused(t, "nothing", lin, d, errs.ErrInvalid)
	d.Blocks = slices.Repeat([]creator.Block{{Kind: creator.Text, Text: strings.Repeat("字", 4000)}}, 6)
	s.refused(t, "more than anybody reads", lin, d, errs.ErrInvalid)
	d.Blocks, d.Pictures = []creator.Block{text()}, nil
	s.refused(t, "no cover", lin, d, errs.ErrInvalid)
}

func marksStay(t *testing.T, s Shop) {
	lin := s.creatorNamed(t, "Lin")
	words := " \u202eRed\r\nand\ufeff blue \n"
	at := func(w string) (int, int) {
		i := strings.Index(words, w)
		from := len([]rune(words[:i]))
		return from, from + len([]rune(w))
	}
	var marks []creator.Mark
	for _, w := range []string{"Red", "blue"} {
		from, to := at(w)
		marks = append(marks, creator.Mark{From: from, To: to, Style: "bold"})
	}
	last := len([]rune(words))
	marks = append(marks, creator.Mark{From: last - 1, To: last, Style: "italic"})
	p := s.post(t, lin, s.article(t, lin, "Marks", creator.Block{Kind: creator.Text, Text: words, Marks: marks}))
	got := p.Blocks[0]
	if got.Text != "Red\nand blue" || len(got.Marks) != 2 {
		t.Fatalf("the block is %+v", got)
	}
	for i, want := range []string{"Red", "blue"} {
		if m := got.Marks[i]; string([]rune(got.Text)[m.From:m.To]) != want {
			t.Errorf("mark %+v is not on %q", m, want)
		}
	}
}

func mentionsAreOfPeople(t *testing.T, s Shop) {
	lin, mei, eve := s.creatorNamed(t, "Lin"), s.User(t, "Mei"), s.User(t, "Eve")
	d := s.draft(t, lin, "With @Mei")
	d.Mentions = []id.User{mei.User, mei.User}
	p := s.post(t, lin, d)
	if diff := cmp.Diff([]creator.Mention{{ID: mei.User, Name: "Mei"}}, p.Mentions); diff != "" {
		t.Error(diff)
	}
	d.Mentions = []id.User{mei.User, "usr_0000000000000000000000000"}
	s.refused(t, "nobody", lin, d, creator.ErrMention)
	s.Estrange(t, eve.User, lin.User)
	d.Mentions = []id.User{eve.User}
	s.refused(t, "somebody who blocks the author", lin, d, creator.ErrMention)
}

func partnershipsAreLabelled(t *testing.T, s Shop) {
	lin := s.User(t, "Lin")
	d := s.draft(t, lin, "With thanks")
	d.PaidBy = " Cup & Co "
	s.refused(t, "without the label", lin, d, creator.ErrUnlabelled)
	d.Ad, d.AI = true, true
	p := s.post(t, lin, d)
	card := must2(s.Creator.Cards(inside(t), creator.Cards{IDs: []id.Post{p.ID}}))(t).Items[0]
	if p.PaidBy != "Cup & Co" || !p.Ad || !p.AI || card.PaidBy != p.PaidBy || !card.Ad || !card.AI {
		t.Errorf("the post is %+v, its card %+v", p, card)
	}
}
