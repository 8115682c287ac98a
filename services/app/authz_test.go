package app

import (
	"fmt"
	"meadow/gateway"
	"meadow/services/kernel/page"
	"meadow/services/moderation"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
	"meadow/services/talk"
)

// TestWhoMayDoWhat asks every route as everybody about what is theirs, what is
// another's and what there is not. (SEC-S2)
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	table := rows(w)
	routes := Routes()
	for _, r := range routes {
		if len(table[r.Name]) == 0 && !r.Access.Internal {
			t.Errorf("%s %s (%s) has no row", r.Method, r.Path, r.Name)
		}
	}
	for name := range table {
		if !slices.ContainsFunc(routes, func(r rpc.Route) bool { return r.Name == name && !r.Access.Internal }) {
			t.Errorf("the row of %s is of no public route", name)
		}
	}
	public, inside := 0, 0
	for _, r := range routes {
		if r.Access.Internal {
			inside += w.refuses(t, r)
			continue
		}
		for _, row := range table[r.Name] {
			public += w.ask(t, r, row)
		}
	}
	w.untouched(t)
	t.Logf("%d routes, %d people, %d cells of public routes, %d of internal ones", len(routes), len(w.people), public, inside)
	if public < 900 || inside < 300 {
		t.Error("cells are missing")
	}
}

// group is who gets past a route's door.
type group string

const (
	everybody group = "everybody"
	signedIn  group = "whoever is signed in"
	creators  group = "creators"
	merchants group = "merchants"
	operators group = "operators"
	// moderators are operators too.
	moderators group = "moderators"
)

// whose is the object that a request is about.
type whose string

const (
	own     whose = "own"
	others  whose = "another's"
	missing whose = "absent"
)

// cell is one request of the matrix.
type cell struct {
	who *member
	of  whose
	t   *testing.T
}

// sent is a request without its route's method and path.
type sent struct {
	id, query string
	post      string // in the path, beside id
	topic     string // in the path
	body      any
	// none says that this person has nothing of the kind.
	none bool
	// as is who asks, if it is not the cell's own person.
	as *member
}

// row says how a route is asked, and what those are answered who get past its
// door. An object that the row has no answer for does not occur.
type row struct {
	who  group
	send func(cell) sent
	want map[whose]string
	// but overrides want.
	but func(cell) string
}

// member is somebody with a role. Out is nobody, or no longer anybody.
type member struct {
	*person
	roles    []actor.Role
	merchant id.Merchant
	out      bool
	// banned may read, and do what the gateway lets those do.
	banned bool
}

func (m *member) in(g group) bool {
	switch {
	case g == everybody:
		return true
	case m.out:
		return false
	case g == signedIn:
		return true
	}
	if g == moderators && slices.Contains(m.roles, actor.Moderator) {
		return true
	}
	role := map[group]actor.Role{creators: actor.Creator, merchants: actor.Merchant, operators: actor.Operator, moderators: actor.Operator}[g]
	return slices.Contains(m.roles, role)
}

// world is a shop and the people who ask. Somebody else owns what is another's;
// their shop sells the one thing that everybody orders.
type world struct {
	*door
	t      *testing.T
	people []*member
	other  *member
	market id.SKU
	shared map[string]string // what is another's, by its kind
	photos map[id.User]id.Media
	n      int
}

func newWorld(t *testing.T) *world {
	d := openDoor(t, t.TempDir(), errorsOnly(t), nil)
	w := &world{door: d, t: t, shared: map[string]string{}, photos: map[id.User]id.Media{}}
	w.other = w.join(w.newcomer(t, "somebody else"), actor.Creator, actor.Merchant)
	w.people = []*member{
		{person: d.visitor("visitor"), out: true},
		w.join(d.newcomer(t, "viewer A")),
		w.join(d.newcomer(t, "viewer B")),
		w.join(d.newcomer(t, "creator"), actor.Creator),
		w.join(d.newcomer(t, "merchant"), actor.Merchant),
		w.join(d.newcomer(t, "brand"), actor.Brand),
		w.join(d.newcomer(t, "moderator"), actor.Moderator),
		w.join(d.newcomer(t, "operator"), actor.Operator),
		w.join(d.newcomer(t, "signed out"), actor.Creator, actor.Merchant, actor.Brand, actor.Moderator, actor.Operator),
	}
	w.expire(w.people[len(w.people)-1])
	w.people = append(w.people, w.ban(w.join(d.newcomer(t, "suspended"), actor.Creator)))
	w.market = w.product(w.other).SKUs[0].ID
	w.stock(w.other)
	return w
}

// stock fills the market's shelf; seller's shop is the market.
func (w *world) stock(seller *member) {
	w.t.Helper()
	in := catalog.Adjust{ID: w.market, By: 10_000, Reason: "delivery", RequestID: "first-delivery"}
	_, err := w.front.Catalog.Adjust(w.as(seller, actor.Merchant), in)
	w.must(err)
}

// signUp makes an account without a browser, for a door that gives sessions
// to https only.
func (w *world) signUp(name string) account.User {
	w.t.Helper()
	in := account.SignUp{Login: id.Secret()[:12] + "@example.com", Password: goodPassword, Name: name}
	signed, err := w.front.Account.SignUp(actor.AsSystem(w.t.Context(), "test"), in)
	w.must(err)
	return signed.User
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// join gives somebody roles.
func (w *world) join(p *person, roles ...actor.Role) *member {
	w.t.Helper()
	m := &member{person: p, roles: roles, merchant: id.Merchant(id.Derive("mer", string(p.user.ID)))}
	for _, r := range roles {
		if r == actor.Merchant {
			_, err := w.front.Catalog.OpenShop(p.ctx(w.t.Context(), ""), catalog.OpenShop{Name: p.name})
			w.must(err)
			continue
		}
		_, err := w.front.Account.SetRole(actor.AsSystem(w.t.Context(), "test"), account.SetRole{User: p.user.ID, Role: r, Grant: true})
		w.must(err)
	}
	w.clock.Advance(3 * time.Second) // past what the front door remembers
	if p.cookie != "" {
		p.hello(w.t) // a session is renewed when roles change
	}
	return m
}

// ban suspends m, as two moderators agree.
func (w *world) ban(m *member) *member {
	w.t.Helper()
	b, err := w.front.Moderation.ProposeBan(actor.With(w.t.Context(), w.judge(0)), w.banOf(m.user.ID))
	w.must(err)
	_, err = w.front.Moderation.ConfirmBan(actor.With(w.t.Context(), w.judge(1)), moderation.ByBan{ID: b.ID})
	w.must(err)
	refused := request{method: http.MethodPost, path: rpc.Prefix + "/account/creator", body: account.BecomeCreator{AcceptTerms: true}}
	for deadline := time.Now().Add(10 * time.Second); m.ask(w.t, refused).outcome() != "suspended"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("a ban does not act")
		}
	}
	m.banned = true
	return m
}

// expire ends m's session elsewhere; the browser does not know.
func (w *world) expire(m *member) {
	w.t.Helper()
	before := w.sessions(m)
	elsewhere := m.person.again(w.t)
	for _, s := range before {
		a := elsewhere.ask(w.t, request{method: http.MethodDelete, path: rpc.Prefix + "/account/sessions/" + string(s.ID)})
		if a.outcome() != "ok" {
			w.t.Fatalf("ending a session elsewhere: %s", a.outcome())
		}
	}
	w.clock.Advance(3 * time.Second)
	m.out = true
}

// sessions are those of m.
func (w *world) sessions(m *member) []account.Session {
	w.t.Helper()
	list, err := w.front.Account.Sessions(m.ctx(w.t.Context(), ""), rpc.Empty{})
	w.must(err)
	return list.Items
}

// twin is somebody new who may do what m may, for requests that change that.
func (w *world) twin(m *member) *member {
	if m.cookie == "" {
		return m
	}
	t := w.join(w.newcomer(w.t, m.name), m.roles...)
	if m.out {
		w.expire(t)
	}
	if m.banned {
		w.ban(t)
	}
	return t
}

// key is a request's id that was not used before.
func (w *world) key() string { w.n++; return fmt.Sprintf("request-%06d", w.n) }

// ask sends a row's requests and returns how many they were.
func (w *world) ask(t *testing.T, r rpc.Route, row row) (n int) {
	t.Helper()
	for _, m := range w.people {
		for _, of := range []whose{own, others, missing} {
			c := cell{who: m, of: of, t: t}
			want := row.want[of]
			if row.but != nil {
				want = row.but(c)
			}
			if want == "" || (m.cookie == "" || m.banned) && of == own && len(row.want) > 1 {
				continue // a visitor owns nothing, and who is banned makes nothing
			}
			s := row.send(c)
			if s.none {
				continue
			}
			switch {
			case m.banned && r.Method != http.MethodGet && !slices.Contains(gateway.Default().Suspended, r.Name):
				want = "suspended"
			case m.in(row.who):
			case m.out:
				want = "sign_in_required"
			default:
				want = "not_allowed"
			}
			n++
			asker := m
			if s.as != nil {
				asker = s.as
			}
			if got := w.send(asker.person, r, s, nil).outcome(); got != want {
				t.Errorf("%s %s as %s about what is %s: %s, want %s", r.Method, r.Path, m.name, of, got, want)
			}
		}
	}
	return n
}

func (w *world) send(p *person, r rpc.Route, s sent, header map[string]string) answer {
	w.t.Helper()
	q := request{method: r.Method, path: strings.NewReplacer(":id", s.id, ":product", s.id, ":code", s.id, ":name", s.id, ":post", s.post, ":topic", s.topic).Replace(r.Path), body: s.body, header: map[string]string{}}
	if s.query != "" {
		q.path += "?" + s.query
	}
	if r.Idempotent {
		q.header[rpc.IdempotencyHeader] = w.key()
	}
	for name, value := range header {
		q.header[name] = value
	}
	return p.ask(w.t, q)
}

// refuses asks an internal route from outside. It does not exist: for nobody,
// and not for who signs as a part of the shop, even with the shop's own key.
func (w *world) refuses(t *testing.T, r rpc.Route) (n int) {
	t.Helper()
	path := strings.ReplaceAll(r.Path, ":id", string(w.other.user.ID))
	signed := func(key []byte) string {
		h := http.Header{}
		w.must(rpc.Signer{Key: key, Now: w.clock.Now}.Sign(h, r.Method, path, actor.Actor{System: "checkout", User: w.other.user.ID}))
		return h.Get(rpc.ActorHeader)
	}
	for _, m := range w.people {
		for _, header := range []map[string]string{
			nil,
			{rpc.ActorHeader: signed([]byte(strings.Repeat("guess", 8)))},
			{rpc.ActorHeader: signed(w.front.keys.peer)},
			{rpc.ActorHeader: `{"system":"checkout"}`, "X-Meadow-Session": strings.TrimPrefix(w.other.cookie, "meadow_session=")},
		} {
			n++
			s := sent{id: string(w.other.user.ID)}
			if r.Method != http.MethodGet {
				s.body = map[string]any{}
			}
			if got := w.send(m.person, r, s, header).outcome(); got != "no_such_route" && (got != "suspended" || !m.banned) {
				t.Errorf("%s %s as %s with %v: %s, want no_such_route", r.Method, path, m.name, header, got)
			}
		}
	}
	return n
}

// untouched checks that what is another's is as it was.
func (w *world) untouched(t *testing.T) {
	t.Helper()
	ctx := w.as(w.other, actor.Merchant, actor.Creator)
	order, err := w.front.Checkout.Order(ctx, checkout.ByOrder{ID: id.Order(w.shared["order"])})
	if err != nil || order.State != checkout.Unpaid {
		t.Errorf("another's order: %s, %v", order.State, err)
	}
	post, err := w.front.Creator.Post(ctx, creator.ReadPost{ID: id.Post(w.shared["post"])})
	if err != nil || post.Title != "A cup" {
		t.Errorf("another's post: %q, %v", post.Title, err)
	}
	product, err := w.front.Catalog.Product(ctx, catalog.ByProduct{ID: id.Product(w.shared["product"])})
	if err != nil || product.State != catalog.Listed || product.Title != "Celadon cup" {
		t.Errorf("another's product: %s %q, %v", product.State, product.Title, err)
	}
	list, err := w.front.Account.Addresses(ctx, rpc.Empty{})
	if err != nil || !slices.ContainsFunc(list.Items, func(a account.Address) bool {
		return string(a.ID) == w.shared["address"] && a.Line == "8 Lakeside Road"
	}) {
		t.Errorf("another's addresses: %v, %v", list.Items, err)
	}
	said, err := w.front.Talk.Comments(ctx, talk.Comments{ID: id.Post(w.shared["post"]), Order: talk.New, Ask: page.Ask{Limit: 50}})
	for err == nil && said.Next != "" && !slices.ContainsFunc(said.Items, func(c talk.Comment) bool { return string(c.ID) == w.shared["comment"] }) {
		said, err = w.front.Talk.Comments(ctx, talk.Comments{ID: id.Post(w.shared["post"]), Order: talk.New, Ask: page.Ask{Limit: 50, After: said.Next}})
	}
	if err != nil || !slices.ContainsFunc(said.Items, func(c talk.Comment) bool { return string(c.ID) == w.shared["comment"] }) {
		t.Errorf("another's comment is gone: %v", err)
	}
	if got := w.other.ask(t, request{method: http.MethodGet, path: rpc.Prefix + "/account/me"}).outcome(); got != "ok" {
		t.Errorf("another's session: %s", got)
	}
}
