package demo

import (
	"fmt"
	"image"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // the album's format

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
)

func told(t *testing.T) world {
	t.Helper()
	w, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTheWorldIsLargeEnoughToFeelAlive(t *testing.T) {
	t.Parallel()
	w := told(t)
	creators, comments, paid, linked, soldOut, reduced, several := 0, 0, 0, 0, 0, 0, 0
	for _, p := range w.People {
		if p.Role == "creator" {
			creators++
		}
	}
	for _, c := range w.Talk {
		comments += 1 + len(c.Replies)
	}
	for _, o := range w.Orders {
		if o.End == checkout.Paid {
			paid++
		}
		if o.End == checkout.Paid && slices.ContainsFunc(o.Lines, func(l line) bool { return l.Post != "" }) {
			linked++
		}
	}
	for _, g := range w.Products {
		if len(g.SKUs) > 1 {
			several++
		}
		if slices.ContainsFunc(g.SKUs, func(v variant) bool { return v.Stock == 0 }) {
			soldOut++
		}
		if slices.ContainsFunc(g.SKUs, func(v variant) bool { return v.List > 0 }) {
			reduced++
		}
	}
	for _, n := range []struct {
		what        string
		have, least int
	}{
		{"people", len(w.People), 20}, {"creators", creators, 14}, {"shops", len(w.Shops), 6}, {"products", len(w.Products), 42},
		{"products with a choice", several, 25}, {"sold out choices", soldOut, 4}, {"reduced products", reduced, 6},
		{"posts", len(w.Posts), 64}, {"comments", comments, 100}, {"paid orders", paid, 25}, {"orders that posts sold", linked, 15},
	} {
		if n.have < n.least {
			t.Errorf("%d %s, want at least %d", n.have, n.what, n.least)
		}
	}
}

func TestKeysAndTitlesAreUnique(t *testing.T) {
	t.Parallel()
	w := told(t)
	seen := map[string]bool{}
	once := func(kind, name string) {
		if name == "" || seen[kind+"/"+name] {
			t.Errorf("%s %q is there twice, or empty", kind, name)
		}
		seen[kind+"/"+name] = true
	}
	for _, p := range w.People {
		once("person", p.Key)
		once("login", p.login())
		once("name", p.Name)
		once("bio", p.Bio)
	}
	for _, s := range w.Shops {
		once("shop", s.Key)
		once("shop name", s.Name)
		once("keeper", s.Owner)
	}
	for _, g := range w.Products {
		once("product", g.Key)
		once("title", g.Title)
		once("body", g.Body)
	}
	for _, p := range w.Posts {
		once("post", p.Key)
		once("title", p.Title)
		once("body", p.Body)
	}
	for _, c := range w.Talk {
		for _, said := range append([]word{c.word}, c.Replies...) {
			once("words", said.Say)
		}
	}
	for _, o := range w.Orders {
		once("order", o.Key)
		once("basket", fmt.Sprint(o.By, o.End, o.Lines)) // a repeated run knows an order by its lines
	}
}

func TestPeopleCanBeWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := told(t)
	keys, logins := w.names()
	for _, want := range []string{Viewer, Creator, Merchant} {
		if !slices.Contains(logins, want) {
			t.Errorf("nobody signs in as %s", want)
		}
	}
	if slices.Contains(logins, marker) {
		t.Errorf("%s marks the end and is nobody", marker)
	}
	for _, p := range w.People {
		if !slices.Contains([]string{"viewer", "creator", "merchant"}, p.Role) || !isLang(p.Lang) {
			t.Errorf("%s: role %q, language %q", p.Key, p.Role, p.Lang)
		}
		size(t, p.Key+" name", p.Name, 1, 40)
		size(t, p.Key+" bio", p.Bio, 8, 500)
		for _, f := range p.Follows {
			if f == p.Key || !keys[f] {
				t.Errorf("%s follows %q", p.Key, f)
			}
		}
	}
	for _, s := range w.Shops {
		i := slices.IndexFunc(w.People, func(p soul) bool { return p.Key == s.Owner })
		if i < 0 || w.People[i].Role != "merchant" {
			t.Errorf("shop %s is kept by %q", s.Key, s.Owner)
		}
		size(t, s.Key+" name", s.Name, 1, 60)
		size(t, s.Key+" story", s.Story, 60, 2000)
	}
}

func TestProductsCanBeListed(t *testing.T) {
	t.Parallel()
	w := told(t)
	shops, perShelf := map[string]bool{}, map[string]int{}
	for _, s := range w.Shops {
		shops[s.Key] = true
	}
	for _, g := range w.Products {
		perShelf[g.Category]++
		if !shops[g.Shop] || !slices.Contains(catalog.Categories, g.Category) {
			t.Errorf("%s: shop %q, category %q", g.Key, g.Shop, g.Category)
		}
		size(t, g.Key+" title", g.Title, 1, 120)
		size(t, g.Key+" body", g.Body, 40, 10_000)
		if len(g.Facts) < 2 || len(g.Pictures) == 0 || len(g.SKUs) == 0 || g.Commission <= 0 || g.Commission > 9000 {
			t.Errorf("%s: %d facts, %d pictures, %d SKUs, commission %d", g.Key, len(g.Facts), len(g.Pictures), len(g.SKUs), g.Commission)
		}
		for _, f := range g.Facts {
			size(t, g.Key+" fact", f[0], 1, 40)
			size(t, g.Key+" fact", f[1], 1, 200)
		}
		checkMatrix(t, g)
	}
	for _, c := range catalog.Categories {
		if perShelf[c] < 7 {
			t.Errorf("%d products of %s, want 7", perShelf[c], c)
		}
	}
}

func checkMatrix(t *testing.T, g good) {
	t.Helper()
	seen := map[string]bool{}
	for _, v := range g.SKUs {
		if len(v.Values) != len(g.Options) || seen[strings.Join(v.Values, "/")] {
			t.Errorf("%s: SKU %v", g.Key, v.Values)
			continue
		}
		seen[strings.Join(v.Values, "/")] = true
		for i, value := range v.Values {
			if !slices.Contains(g.Options[i].Values, value) {
				t.Errorf("%s: %q is not a choice of %s", g.Key, value, g.Options[i].Name)
			}
		}
		if v.Price < 100 || v.Stock < 0 || v.List != 0 && v.List <= v.Price {
			t.Errorf("%s: price %d, before %d, stock %d", g.Key, v.Price, v.List, v.Stock)
		}
	}
}

func TestPostsCanBePublished(t *testing.T) {
	t.Parallel()
	w := told(t)
	creators, products := map[string]bool{}, w.goods()
	for _, p := range w.People {
		creators[p.Key] = p.Role == "creator"
	}
	perLang, posts, ads := map[string]int{}, map[string]int{}, 0
	for _, p := range w.Posts {
		perLang[p.Lang]++
		posts[p.By]++
		if !creators[p.By] || !isLang(p.Lang) || isChinese(p.Title+p.Body) != (p.Lang == "zh-CN") {
			t.Errorf("%s: by %q in %q", p.Key, p.By, p.Lang)
		}
		size(t, p.Key+" title", p.Title, 4, 60)
		size(t, p.Key+" body", p.Body, 70, 2000)
		if len(p.Topics) < 2 || len(p.Topics) > 10 || len(p.Pictures) < 1 || len(p.Pictures) > 4 || p.Pull < 0 || p.Pull > 100 {
			t.Errorf("%s: %d topics, %d pictures, pull %d", p.Key, len(p.Topics), len(p.Pictures), p.Pull)
		}
		for _, topic := range p.Topics {
			size(t, p.Key+" topic", topic, 1, 30)
		}
		if len(p.Tags) > 0 {
			ads++
		}
		seen := map[string]bool{}
		for _, s := range p.Tags {
			if _, ok := products[s.Product]; !ok || seen[s.Product] || s.Picture >= len(p.Pictures) || min(s.X, s.Y) < 300 || max(s.X, s.Y) > 9700 {
				t.Errorf("%s: tag %+v", p.Key, s)
			}
			seen[s.Product] = true
		}
	}
	for key, is := range creators {
		if is && posts[key] < 2 {
			t.Errorf("%s posts %d times", key, posts[key])
		}
	}
	if n := len(w.Posts); perLang["en"]*100/n < 35 || perLang["en"]*100/n > 50 || ads*100/n < 40 || ads*100/n > 65 {
		t.Errorf("of %d posts %d are English and %d sell", n, perLang["en"], ads)
	}
}

func TestTalkAndOrdersNameWhatExists(t *testing.T) {
	t.Parallel()
	w := told(t)
	people, _ := w.names()
	posts := map[string]note{}
	for _, p := range w.Posts {
		posts[p.Key] = p
	}
	for _, c := range w.Talk {
		if _, ok := posts[c.Post]; !ok {
			t.Errorf("comment on %q", c.Post)
		}
		for _, said := range append([]word{c.word}, c.Replies...) {
			if !people[said.By] {
				t.Errorf("comment by %q", said.By)
			}
			size(t, "comment on "+c.Post, said.Say, 4, 500)
		}
	}
	products, stock := w.goods(), map[string]int64{}
	for _, o := range w.Orders {
		if !slices.Contains([]int{0, recent, early}, o.Ago) || (o.Sent+o.Back+o.Say != "" || o.Stars > 0) && (o.End != checkout.Paid || o.Ago == 0) ||
			!slices.Contains([]string{"", "received", "delivered", "moving", "partly"}, o.Sent) || !slices.Contains([]string{"", "cancel", "return", "refund"}, o.Back) ||
			o.Stars > 0 && o.Sent != "received" || o.Back == "cancel" && o.Sent != "" {
			t.Errorf("%s: %d days ago, sent %q, back %q, %d stars", o.Key, o.Ago, o.Sent, o.Back, o.Stars)
		}
		i := slices.IndexFunc(w.People, func(p soul) bool { return p.Key == o.By })
		if i < 0 || w.People[i].Home == nil || !slices.Contains([]checkout.State{checkout.Paid, checkout.Unpaid, checkout.Cancelled}, o.End) {
			t.Errorf("%s: by %q, ends %q", o.Key, o.By, o.End)
		}
		for _, l := range o.Lines {
			at := slices.IndexFunc(products[l.Product].SKUs, func(v variant) bool { return slices.Equal(v.Values, l.Values) })
			if at < 0 || l.N < 1 {
				t.Errorf("%s: %d of %s %v", o.Key, l.N, l.Product, l.Values)
				continue
			}
			sku := l.Product + "/" + strings.Join(l.Values, "/")
			if stock[sku] += l.N; stock[sku] > products[l.Product].SKUs[at].Stock {
				t.Errorf("%s: no %s is left", o.Key, sku)
			}
			if l.Post != "" && !slices.ContainsFunc(posts[l.Post].Tags, func(s spot) bool { return s.Product == l.Product }) {
				t.Errorf("%s: %q does not sell %s", o.Key, l.Post, l.Product)
			}
		}
	}
}

func TestThePicturesAreThereOnceAndUsed(t *testing.T) {
	t.Parallel()
	w := told(t)
	used := map[string]int{}
	for _, h := range slices.Concat(w.faces(), w.productPictures(), postPictures(w.Posts)) {
		used[h.file]++
	}
	for _, g := range w.Products {
		if len(g.SKUs[0].Of) > 0 { // a bundle shows its parts
			for _, s := range g.Pictures {
				used[s.File]--
			}
		}
	}
	for _, shots := range w.shots() {
		if used[shots.File] != 1 || utf8.RuneCountInString(shots.Alt) < 4 {
			t.Errorf("%s is used %d times, told as %q", shots.File, used[shots.File], shots.Alt)
		}
	}
	files, err := fs.Glob(album, "pictures/*.webp")
	if err != nil || len(files) != len(used) {
		t.Errorf("%d pictures, %d used, %v", len(files), len(used), err)
	}
	var total int64
	for _, name := range files {
		f, err := album.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		c, format, err := image.DecodeConfig(f)
		info, _ := f.Stat()
		_ = f.Close()
		total += info.Size()
		if err != nil || format != "webp" || max(c.Width, c.Height) > 1080 || min(c.Width, c.Height) < 300 || info.Size() > 90_000 {
			t.Errorf("%s: %s %d×%d, %d bytes, %v", name, format, c.Width, c.Height, info.Size(), err)
		}
		if used[strings.TrimSuffix(strings.TrimPrefix(name, "pictures/"), ".webp")] == 0 {
			t.Errorf("%s is not used", name)
		}
	}
	if total > 9<<20 {
		t.Errorf("the album has %d bytes", total)
	}
}

func TestEveryPictureHasALicence(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("pictures/LICENSES.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(album, "pictures/*.webp")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !strings.Contains(string(raw), "`"+strings.TrimPrefix(name, "pictures/")+"`") {
			t.Errorf("pictures/LICENSES.md does not say whose %s is", name)
		}
	}
}

func (w world) names() (map[string]bool, []string) {
	keys, logins := map[string]bool{}, []string{}
	for _, p := range w.People {
		keys[p.Key] = true
		logins = append(logins, p.login())
	}
	return keys, logins
}

func (w world) goods() map[string]good {
	out := map[string]good{}
	for _, g := range w.Products {
		out[g.Key] = g
	}
	return out
}

func (w world) shots() []shot {
	var out []shot
	for _, g := range w.Products {
		out = append(out, g.Pictures...)
	}
	for _, p := range w.Posts {
		out = append(out, p.Pictures...)
	}
	return out
}

func size(t *testing.T, what, s string, least, most int) {
	t.Helper()
	if n := utf8.RuneCountInString(strings.TrimSpace(s)); n < least || n > most || s == "" {
		t.Errorf("%s has %d characters, want %d to %d", what, n, least, most)
	}
}

func isLang(s string) bool { return s == string(account.Chinese) || s == string(account.English) }

func isChinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
