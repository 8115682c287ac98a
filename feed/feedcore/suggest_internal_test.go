package feedcore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meadow/services/kernel/id"
)

var morning = time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC)

// postBy is a post for everybody, by one of several authors.
func postBy(n, by int, title string, topics ...string) post {
	return post{
		Head:  Head{ID: id.Post(fmt.Sprint("pst_", n)), Author: id.User(fmt.Sprint("usr_", by)), At: morning, OpenAt: morning, Rev: 1},
		Title: title, Topics: topics,
	}
}

func stocked() *hints {
	h := newHints()
	for i, title := range []string{"平价口红试色", "Velvet lipstick swatches", "Red lipstick for winter", "周末露营装备", "Matte lipstick review"} {
		p := postBy(i, i, title, "口红")
		if i == 3 {
			p.Topics = []string{"露营", "Outdoor"}
		}
		h.post(p)
	}
	h.post(postBy(9, 9, "", "露营", "Outdoor"))
	h.product(product{ID: "prd_1", Listed: true, Title: "Rose 玫瑰 口红 3.5g", Sold: 40})
	h.product(product{ID: "prd_2", Listed: true, Title: "绿茶 250g", Sold: 3})
	h.author(author{ID: "usr_1", Name: "林小美", Followers: 9}, morning)
	return h
}

func texts(all []hint) []string {
	out := []string{}
	for _, x := range all {
		out = append(out, x.kind+" "+x.text)
	}
	return out
}

func TestWordsAreCompletedAsTheyAreWrittenAndAsTheySound(t *testing.T) {
	t.Parallel()
	h := stocked()
	for typed, want := range map[string]string{
		"口": "topic 口红", "口红": "topic 口红", "kou": "topic 口红", "kouhong": "topic 口红", "kou hong": "topic 口红", "kh": "topic 口红",
		"lip": "search lipstick", "LIPS": "search lipstick", "ros": "product Rose 玫瑰 口红 3.5g", "mei": "product Rose 玫瑰 口红 3.5g",
		"lvc": "product 绿茶 250g", "lin": "creator 林小美", "lxm": "creator 林小美", "小美": "creator 林小美", "out": "topic Outdoor",
		"rose 口": "product Rose 玫瑰 口红 3.5g", "露营": "topic 露营", "luy": "topic 露营",
	} {
		if got := texts(h.complete(typed, 10)); len(got) == 0 || !slices.Contains(got[:min(2, len(got))], want) {
			t.Errorf("%q: got %v, want %q among the first", typed, got, want)
		}
	}
	for _, typed := range []string{"", "  ", "!?", "xyzzy", "口红口红口红", "k h x q"} {
		if got := h.complete(typed, 10); len(got) > 0 {
			t.Errorf("%q: got %v", typed, texts(got))
		}
	}
}

func TestWhatIsGoneIsNotSuggested(t *testing.T) {
	t.Parallel()
	h := stocked()
	h.product(product{ID: "prd_2", Title: "绿茶 250g"})
	h.author(author{ID: "usr_1", Name: "林大美", Followers: 9, NameRev: 2, Rev: 2}, morning)
	h.rename("usr_1", "林小美", 1) // heard late
	h.author(author{ID: "usr_1", Name: "林小美", Rev: 1}, morning)
	for _, typed := range []string{"绿茶", "林小"} {
		if got := h.complete(typed, 10); len(got) > 0 {
			t.Errorf("%q: got %v", typed, texts(got))
		}
	}
	if d := cmp.Diff([]string{"creator 林大美"}, texts(h.complete("林", 10))); d != "" {
		t.Error(d)
	}
	h.product(product{ID: "prd_2", Listed: true, Title: "绿茶 250g"})
	h.mu.Lock()
	h.sort()
	h.mu.Unlock()
	if got := texts(h.complete("绿", 10)); !slices.Contains(got, "product 绿茶 250g") {
		t.Errorf("on sale again, and not suggested: %v", got)
	}
}

func TestMarksSayWhatWasTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, typed string
		want        [][2]int
	}{
		{"口红试色", "口", [][2]int{{0, 1}}},
		{"口红试色", "kouhong", [][2]int{{0, 2}}},
		{"口红试色", "kh", [][2]int{{0, 2}}},
		{"口红试色", "shise", [][2]int{{2, 4}}},
		{"Red lipstick", "lip", [][2]int{{4, 7}}},
		{"Red lipstick", "RED LIP", [][2]int{{0, 7}}},
		{"玫瑰 Rose", "ros", [][2]int{{3, 6}}},
		{"绿茶", "x", [][2]int{}},
	} {
		if d := cmp.Diff(c.want, typedMarks(c.text, c.typed)); d != "" {
			t.Errorf("%q in %q: %s", c.typed, c.text, d)
		}
	}
}

func TestASearchThatFindsNothingIsAnsweredWithOthers(t *testing.T) {
	t.Parallel()
	h := stocked()
	for text, want := range map[string]string{"lispstick": "lipstick", "lipstikc bundle": "lipstick bundle", "口红不存在": "口红", "zzz": "口红"} {
		if got := h.instead(text); !slices.Contains(got, want) {
			t.Errorf("%q: got %v, want %q among them", text, got, want)
		}
	}
	if got := h.instead("口红"); slices.Contains(got, "口红") {
		t.Errorf("offered again: %v", got)
	}
	if got := newHints().instead("anything"); len(got) > 0 {
		t.Errorf("an empty shop offers %v", got)
	}
}

func TestASearchIsAboutTheTopicsInIt(t *testing.T) {
	t.Parallel()
	h := stocked()
	for text, want := range map[string][]string{"口红": {"口红"}, "露营和口红": {"露营", "口红"}, "outdoor 露营": {"Outdoor", "露营"}, "绿茶": nil} {
		got := h.topicsIn(searchKey(text))
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

// offers are the words and topics that anything typed leads to.
func offers(h *hints, typed ...string) []string {
	out := []string{}
	for _, t := range typed {
		out = append(out, texts(h.complete(t, 10))...)
		for _, s := range h.instead(t + "x") {
			if !slices.Contains(out, "instead "+s) {
				out = append(out, "instead "+s)
			}
		}
	}
	return out
}

func TestWhatOnlyOnePersonSaysIsSuggestedToNobody(t *testing.T) {
	t.Parallel()
	h := newHints()
	for n := range 5 { // five posts, each edited
		for rev := range 3 {
			p := postBy(n, 1, "Scamcoin giveaway", "Scamtopic")
			p.Rev = int64(rev)
			h.post(p)
		}
	}
	if got := offers(h, "scam", "scamcoin", "scamtopic", "give"); len(got) > 0 {
		t.Errorf("suggested: %v", got)
	}
	if got := h.topicsIn("scamtopic"); len(got) != 1 {
		t.Errorf("it is a topic all the same: %v", got)
	}
	h.post(postBy(9, 2, "Is Scamcoin real", "scamtopic"))
	if d := cmp.Diff([]string{"topic Scamtopic", "search scamcoin"}, texts(h.complete("scam", 10))); d != "" {
		t.Error(d)
	}
}

func TestWordsGoWithThePostsThatSaidThem(t *testing.T) {
	t.Parallel()
	words := []string{"topic Tea", "search teapot"}
	away := map[string]func(*post){
		"removed":            func(p *post) { *p = goneOf(p.ID, p.Author, p.Rev) },
		"for followers only": func(p *post) { p.OpenAt = time.Time{} },
		"said otherwise":     func(p *post) { p.Title, p.Topics = "Nothing", nil },
	}
	for how, change := range away {
		h := newHints()
		h.post(postBy(1, 1, "A teapot", "Tea"))
		h.post(postBy(2, 2, "My teapot", "Tea"))
		if d := cmp.Diff(words, texts(h.complete("tea", 10))); d != "" {
			t.Fatal(d)
		}
		p := postBy(2, 2, "My teapot", "Tea")
		p.Rev = 2
		change(&p)
		h.post(p)
		h.post(postBy(2, 2, "My teapot", "Tea")) // heard late
		if got := offers(h, "tea", "teapot"); len(got) > 0 {
			t.Errorf("%s: still %v", how, got)
		}
		again := postBy(2, 2, "My teapot", "Tea")
		again.Rev = 3
		h.post(again)
		if d := cmp.Diff(words, texts(h.complete("tea", 10))); d != "" {
			t.Errorf("%s, and back: %s", how, d)
		}
		h.post(goneOf("pst_1", "usr_1", 9))
		h.post(goneOf("pst_2", "usr_2", 9))
		if len(h.words) > 0 || len(h.all) > 0 {
			t.Errorf("%s: %d words and %d hints are left of nothing", how, len(h.words), len(h.all))
		}
	}
}

func TestReviewSaysWhichWordsAreSuggested(t *testing.T) {
	t.Parallel()
	h := newHints()
	h.post(postBy(1, 1, "A teapot", "Tea"))
	h.post(postBy(2, 2, "My teapot", "Rare"))
	word := func(kind, text string) trendWord {
		return trendWord{ID: wordID(kind, text), Kind: kind, Text: text, People: 5}
	}
	allow := func(all ...trendWord) map[string]trendWord {
		out := map[string]trendWord{}
		for _, w := range all {
			out[w.ID] = w
		}
		return out
	}
	h.judge(allow(word(trendTopic, "Rare"), word(trendSearch, "rainy day")), nil)
	for typed, want := range map[string]string{"rar": "topic Rare", "rain": "search rainy day", "teap": "search teapot"} {
		if got := texts(h.complete(typed, 10)); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: got %v, want %s", typed, got, want)
		}
	}
	h.deny(word(trendTopic, "Rare"))
	h.deny(word(trendSearch, "rainy day"))
	h.deny(word(trendTopic, "Teapot")) // and so no word of a title either
	if got := offers(h, "rar", "rain", "teap"); len(got) > 0 {
		t.Errorf("denied, and suggested: %v", got)
	}
	h.post(postBy(3, 3, "Teapot", "Rare"))
	h.judge(allow(word(trendSearch, "teapot")), []trendWord{word(trendTopic, "Rare")})
	if d := cmp.Diff([]string{"search teapot"}, texts(append(h.complete("rar", 10), h.complete("teap", 10)...))); d != "" {
		t.Error(d)
	}
	h.judge(nil, nil)
	if d := cmp.Diff([]string{"topic Rare", "search teapot"}, texts(append(h.complete("ra", 10), h.complete("teap", 10)...))); d != "" {
		t.Errorf("judged no more: %s", d)
	}
}

func TestASuspendedAuthorIsNotSuggestedWhileItLasts(t *testing.T) {
	t.Parallel()
	h := newHints()
	a := author{ID: "usr_1", Name: "Loud Lin", Rev: 1}
	h.author(a, morning)
	a.Ban, a.Rev = ban{On: true, Until: morning.Add(time.Hour), Rev: 1}, 2
	h.author(a, morning)
	h.author(author{ID: "usr_1", Name: "Loud Lin", Rev: 1}, morning) // read before
	if got := texts(h.complete("loud", 10)); len(got) > 0 {
		t.Errorf("suspended, and suggested: %v", got)
	}
	h.author(a, morning.Add(time.Hour))
	if got := texts(h.complete("loud", 10)); len(got) != 1 {
		t.Errorf("no longer suspended: %v", got)
	}
}

func TestWordsOfTheOldestPostsMakeRoom(t *testing.T) {
	t.Parallel()
	h := newHints()
	h.post(postBy(-1, 1, "First teapot"))
	h.post(postBy(-2, 2, "Second teapot"))
	for n := range mostTold - 1 {
		h.post(post{Head: Head{ID: id.Post(fmt.Sprint("pst_", n)), At: morning, OpenAt: morning}})
	}
	if got := texts(h.complete("teapot", 10)); len(got) > 0 || len(h.told) != mostTold {
		t.Errorf("%d are kept, and %v suggested", len(h.told), got)
	}
}

// crowded is as many hints as are kept.
func crowded(n int) *hints {
	h := newHints()
	r := rand.New(rand.NewPCG(1, 2))
	han := []rune("油皮防晒霜测评款清爽不搓泥夏天遮阳帽推荐显脸小修复面膜敏感肌可用补水平价合集秋冬保湿怎么选红色系口试支润唇膏黑榜幼猫粮")
	syllables := []string{"ka", "lo", "mi", "ten", "der", "sha", "ver", "ton", "pre", "con"}
	for i := range n {
		title := ""
		for range 3 + r.IntN(6) {
			title += string(han[r.IntN(len(han))])
		}
		title += " " + syllables[r.IntN(10)] + syllables[r.IntN(10)] + syllables[r.IntN(10)]
		h.product(product{ID: id.Product(fmt.Sprint("prd_", i)), Listed: true, Title: title, Sold: int64(r.IntN(1000))})
	}
	return h
}

func BenchmarkSuggest(b *testing.B) {
	h := crowded(100_000)
	typed := []string{"k", "s", "口", "口红", "kouhong", "ka", "kalo", "kh", "霜 ka", "f"}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		h.complete(typed[i%len(typed)], mostSuggestions)
		i++
	}
}
