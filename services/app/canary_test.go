package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"meadow/services/account"
	"meadow/services/checkout"
	"meadow/services/checkout/pay/sandbox"
	"meadow/services/engage"
	"meadow/services/engage/engagetest"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/pebbledoc"
	"meadow/services/platform/notify"
	"meadow/services/platform/obs"
	"meadow/services/platform/rpc"
	"meadow/services/platform/search"
	"meadow/services/talk"
)

// canaryPlace is where the canary lives.
var canaryPlace = account.Place{
	Name: "Quillon Receiver", Phone: "13933334444", Region: "Zhejiang", City: "Hangzhou", Line: "17 Quillon Lane", Postcode: "98765",
}

// canaries are what must not be found wherever the shop writes. Public is a
// name that everybody sees, and that the same search must find.
var canaries = []string{
	"quillon.person@canary.example", "quillon.person", "canary.example",
	"13811112222", "+8613811112222", "8613811112222",
	"Quillon Receiver", "13933334444", "17 Quillon Lane", "Quillon Lane",
	"quillon horse 9", "quillon horse 10", "quillon horse 11",
	"203.0.113.77", "QuillonBrowser/9", "quillon-push-device", "quillon-visitor-7",
}

const publicName = "Tessaly Public"

// TestWhatIsPersonalIsNowhereInTheClear lives through sign-up, order, payment
// and webhook, and then looks for the person in everything that was written:
// documents, files, search, logs, a backup. (SEC-S12)
func TestWhatIsPersonalIsNowhereInTheClear(t *testing.T) {
	t.Parallel()
	var said journal
	log, err := obs.NewLogger(&said, "json", "debug")
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	d := openDoor(t, data, log, nil)
	person, secrets := d.canaryLife(t)
	h := newHunt(append(secrets, canaries...))

	h.documents(t, "documents", d.front.stores.DB)
	h.index(t, d.front.stores.Search)
	backup := filepath.Join(t.TempDir(), "backup.tar")
	d.backUp(t, data, backup)
	d.close()
	h.files(t, "data", data)
	h.files(t, "backup", backup)
	h.restored(t, backup)
	h.in("log", said.bytes())
	if len(said.bytes()) < 1000 {
		t.Errorf("the log holds %d bytes only", len(said.bytes()))
	}
	h.report(t, "documents", "data", "restored")
	d.rotated(t, data, person)
}

// canaryLife does all that handles something personal, and returns the person
// and the secrets that were given out on the way.
func (d *door) canaryLife(t *testing.T) (*person, []string) {
	t.Helper()
	w := &world{door: d, t: t, shared: map[string]string{}, photos: map[id.User]id.Media{}}
	seller := w.join(d.newcomer(t, "seller"), actor.Merchant, actor.Creator)
	product := w.product(seller)
	w.market = product.SKUs[0].ID
	w.stock(seller)

	var secrets []string
	var last *person
	for _, login := range []string{"quillon.person@canary.example", "+8613811112222"} {
		p := d.visitor(publicName)
		p.from, p.login, p.password = "203.0.113.77", login, "quillon horse 9"
		agent := map[string]string{"User-Agent": "QuillonBrowser/9 (Windows NT 10.0)"}
		p.do(t, agent, "POST", "/account/codes", account.SendCode{To: login, Purpose: account.ForSignUp}, nil)
		p.do(t, agent, "POST", "/account/codes", account.SendCode{To: login, Purpose: account.ForSignIn}, nil)
		p.enter(t, "/account/sign-up", account.SignUp{Login: login, Password: p.password, Name: publicName, Code: d.code(t, login)})
		wrong := p.ask(t, request{method: "POST", path: rpc.Prefix + "/account/sign-in", body: account.SignIn{Login: login, Password: "quillon horse 11"}, header: agent})
		if wrong.outcome() != "bad_credentials" {
			t.Fatalf("a wrong password: %s", wrong.outcome())
		}
		secrets = append(secrets, p.token(), p.csrf)
		p.enter(t, "/account/password", account.ChangePassword{Old: p.password, New: "quillon horse 10"})
		p.password = "quillon horse 10"
		secrets = append(secrets, p.token(), p.csrf)
		p.shops(t, agent, w)
		last = p
	}
	link, err := d.front.AccountCore.OneTimeLink(actor.AsSystem(t.Context(), "console"))
	w.must(err)
	d.visitor("operator").enter(t, "/account/enter", account.Enter{Token: link})
	return last, append(secrets, link)
}

// shops keeps an address, orders, pays, and waits until the webhook came.
func (p *person) shops(t *testing.T, agent map[string]string, w *world) {
	t.Helper()
	var at account.Address
	p.do(t, agent, "POST", "/account/addresses", account.AddAddress{Place: canaryPlace}, &at)
	p.do(t, agent, "PUT", "/account/addresses/"+string(at.ID), account.ChangeAddress{Place: canaryPlace, Default: true}, &at)
	var q checkout.Quote
	p.do(t, agent, "POST", "/quotes", checkout.Ask{Lines: []checkout.Choice{{SKU: w.market, N: 1}}}, &q)
	var o checkout.Order
	p.do(t, agent, "POST", "/orders", checkout.Place{Quote: q.ID, Address: at.ID}, &o)
	var bill checkout.Payment
	p.do(t, agent, "POST", "/orders/"+string(o.ID)+"/payments", checkout.Pay{Provider: sandbox.Name}, &bill)
	p.do(t, agent, "POST", "/sandbox/bills/"+string(bill.ID)+"/settle", map[string]any{"pay": true}, nil)
	for deadline := time.Now().Add(20 * time.Second); o.State != checkout.Paid; time.Sleep(10 * time.Millisecond) {
		p.do(t, agent, "GET", "/orders/"+string(o.ID), nil, &o)
		if time.Now().After(deadline) {
			t.Fatalf("the webhook did not come: the order is %s", o.State)
		}
	}
	post := w.object(cell{of: own, who: &member{person: w.newcomer(t, "writer")}}, "post", w.post)
	p.do(t, agent, "POST", "/posts/"+post+"/comments", talk.Say{Body: "Nice cup"}, nil)
	p.hears(t, agent, id.Post(post))
	p.do(t, agent, "GET", "/search?q=cup", nil, nil)
	p.do(t, agent, "GET", "/account/sessions", nil, nil)
}

// hears lets the shop send news to a browser, and tells it what was looked at.
func (p *person) hears(t *testing.T, agent map[string]string, post id.Post) {
	t.Helper()
	browser := engagetest.Browser(t, "https://push.canary.example/quillon-push-device")
	browser.Device = "QuillonBrowser/9"
	p.do(t, agent, "PUT", "/push/subscription", browser, nil)
	prefs := engage.Default()
	prefs.Push[engage.Comments] = true
	p.do(t, agent, "PUT", "/preferences", prefs, nil)
	p.door.visitor("visitor").do(t, agent, "POST", "/seen", insight.Record{
		Visitor: "quillon-visitor-7", Events: []insight.Event{{ID: id.Secret(), Kind: insight.View, Post: post, Source: insight.Discover}},
	}, nil)
}

// do asks the API and expects it to be done.
func (p *person) do(t *testing.T, header map[string]string, method, path string, in, out any) {
	t.Helper()
	q := request{method: method, path: rpc.Prefix + path, body: in, header: map[string]string{rpc.IdempotencyHeader: id.Secret()}}
	for name, value := range header {
		q.header[name] = value
	}
	a := p.ask(t, q)
	if a.outcome() != "ok" {
		t.Fatalf("%s %s: %s", method, path, a.outcome())
	}
	if out != nil {
		a.into(t, out)
	}
}

func (p *person) token() string { _, v, _ := strings.Cut(p.cookie, "="); return v }

// code reads the code that was sent for signing up.
func (d *door) code(t *testing.T, login string) string {
	t.Helper()
	message, err := d.front.stores.Notify.(*notify.DevInbox).Await(t.Context(), login, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range d.front.stores.Inbox.List() {
		if m.To == login && m.N <= message.N {
			message = m // the first is for signing up
		}
	}
	for word := range strings.FieldsFuncSeq(message.Text, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 6 {
			return word
		}
	}
	t.Fatalf("no code in %q", message.Text)
	return ""
}

func (d *door) backUp(t *testing.T, data, to string) {
	t.Helper()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := writeBackup(t.Context(), f, d.front.stores.DB.(*pebbledoc.DB), d.front.stores.Blob, data); err != nil {
		t.Fatal(err)
	}
}

// rotated changes the shop's key on the same folder: what was sealed before can
// be read.
func (d *door) rotated(t *testing.T, data string, p *person) {
	t.Helper()
	next := openDoor(t, data, errorsOnly(t), nil)
	ctx := actor.AsSystem(t.Context(), "console")
	n, err := next.front.Vault.RotateKEK(ctx)
	if err != nil || n < 2 {
		t.Errorf("rotated %d subjects, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(data, "secrets", "vault.key.2")); err != nil {
		t.Error(err)
	}
	again := next.visitor(p.name)
	again.login, again.password = p.login, p.password
	again.enter(t, "/account/sign-in", account.SignIn{Login: p.login, Password: p.password})
	var list page.Page[account.Address]
	again.do(t, nil, "GET", "/account/addresses", nil, &list)
	if len(list.Items) != 1 || list.Items[0].Place != canaryPlace {
		t.Errorf("after rotation the address reads %+v", list.Items)
	}
	next.close()

	later := openDoor(t, data, errorsOnly(t), nil)
	shot, err := later.front.Account.AddressFor(actor.AsSystem(t.Context(), "checkout"), account.AddressFor{User: p.user.ID})
	if err != nil || strings.Contains(shot.Masked.Name+shot.Masked.Phone+shot.Masked.Line, "Quillon") {
		t.Errorf("after another start: %+v, %v", shot.Masked, err)
	}
}

// journal is a log that a test reads.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) bytes() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Clone(j.b.Bytes())
}

// hunt looks for secrets in every guise they could be written in.
type hunt struct {
	guises map[string]string // as written → what and how
	public map[string]int    // sightings of the public name, by place
	seen   map[string]int    // bytes, by place
	hits   []string
}

func newHunt(secrets []string) *hunt {
	h := &hunt{guises: map[string]string{}, public: map[string]int{}, seen: map[string]int{}}
	for _, s := range secrets {
		for how, text := range guises(s) {
			h.guises[strings.ToLower(text)] = s + " as " + how
		}
	}
	return h
}

// guises are the ways in which a text may stand in a file. Case is not told
// apart, base64 included: that finds more, not less.
func guises(s string) map[string]string {
	out := map[string]string{
		"text": s, "hex": hex.EncodeToString([]byte(s)), "in an address": url.QueryEscape(s), "in a path": url.PathEscape(s),
		"quoted": strings.Trim(strconv.QuoteToASCII(s), `"`),
	}
	for shift := range 3 { // wherever it begins in what was encoded
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
		from, to := (shift*8+5)/6, (shift+len(s))*8/6
		out["base64."+strconv.Itoa(shift)] = text[from:to]
		out["base64url."+strconv.Itoa(shift)] = strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to])
	}
	var little, big []byte
	for _, u := range utf16.Encode([]rune(s)) {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	out["UTF-16LE"], out["UTF-16BE"] = string(little), string(big)
	return out
}

func (h *hunt) in(place string, b []byte) {
	h.seen[place] += len(b)
	lower := bytes.ToLower(b)
	h.public[place] += bytes.Count(lower, []byte(strings.ToLower(publicName)))
	for text, what := range h.guises {
		if bytes.Contains(lower, []byte(text)) {
			h.hits = append(h.hits, place+": "+what)
		}
	}
}

// files looks into every file at and below a path, but the keys.
func (h *hunt) files(t *testing.T, place, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && e.Name() == "secrets" {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if e.IsDir() || !e.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		h.in(place, append([]byte(path+"\n"), b...))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// documents looks into every document: files of a store may be compressed.
func (h *hunt) documents(t *testing.T, place string, db docdb.Driver) {
	t.Helper()
	names, err := db.Collections(t.Context())
	if err != nil || len(names) < 15 {
		t.Fatalf("only %v hold documents, %v", names, err)
	}
	for _, name := range names {
		docs, err := db.Scan(t.Context(), name, "", 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			h.in(place, append([]byte(name+"/"+doc.ID+"\n"), doc.Body...))
		}
	}
}

// index asks what is searched for the person, and for what it must hold.
func (h *hunt) index(t *testing.T, index search.Index) {
	t.Helper()
	if err := index.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	for word, there := range map[string]bool{
		"cup": true, "quillon": false, "canary": false, "13933334444": false, "13811112222": false, "receiver": false,
	} {
		found, err := index.Find(t.Context(), search.Query{Text: word, Limit: 10})
		if err != nil || len(found.Hits) > 0 != there {
			t.Errorf("the index answers %q with %d, %v", word, len(found.Hits), err)
		}
	}
}

// restored looks into what a backup brings back.
func (h *hunt) restored(t *testing.T, backup string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "restored")
	var out bytes.Buffer
	if err := Main(t.Context(), []string{"restore", "-from", backup, "-data", dir}, &out, &out); err != nil {
		t.Fatal(err)
	}
	db, err := openDB(context.WithoutCancel(t.Context()), "", dir, time.Now, errorsOnly(t))
	if err != nil {
		t.Fatal(err)
	}
	h.documents(t, "restored", db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// report fails for each sighting, and for a place in which the search sees
// nothing at all.
func (h *hunt) report(t *testing.T, mustSee ...string) {
	t.Helper()
	for _, hit := range h.hits {
		t.Error(hit)
	}
	for _, place := range mustSee {
		if h.public[place] == 0 {
			t.Errorf("%s: not even the public name is found: the search looks at the wrong places", place)
		}
	}
	t.Logf("%d guises, bytes looked at %v, public name seen %v, %d canaries found", len(h.guises), h.seen, h.public, len(h.hits))
}

func TestTheHuntKnowsEveryGuise(t *testing.T) {
	t.Parallel()
	const secret = "17 Quillon Lane"
	utf16be := strings.Join(strings.Split("\x00"+secret, ""), "\x00")
	for name, text := range map[string]string{
		"plain": "x" + secret, "other case": strings.ToUpper(secret), "hex": "ff" + hex.EncodeToString([]byte(secret)),
		"base64 in front": base64.StdEncoding.EncodeToString([]byte(secret + " and more")),
		"base64 later":    base64.StdEncoding.EncodeToString([]byte("a" + secret + " and more")),
		"base64 latest":   base64.URLEncoding.EncodeToString([]byte("ab" + secret + ">>>??")),
		"in an address":   "https://shop.example/?line=17+Quillon+Lane", "UTF-16": utf16be,
	} {
		h := newHunt([]string{secret})
		h.in("here", []byte(text))
		if len(h.hits) == 0 {
			t.Errorf("%s is not found in %q", name, text)
		}
	}
	h := newHunt([]string{secret})
	h.in("here", []byte("17 Quill Lane and "+base64.StdEncoding.EncodeToString([]byte("18 Quillon Road"))))
	if len(h.hits) > 0 {
		t.Errorf("found where it is not: %v", h.hits)
	}
}
