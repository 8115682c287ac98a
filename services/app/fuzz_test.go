package app

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/rpc"
)

func TestNothingThatIsSentBreaksTheAPI(t *testing.T) {
	t.Parallel()
	hammer(t, 12_000, 1)
}

// hammer sends n requests made from the API's own document, four at a time, and
// checks every answer. (SEC-S3)
func hammer(t *testing.T, n int, seed uint64) {
	t.Helper()
	f := newFuzz(t)
	var (
		wg       sync.WaitGroup
		left     atomic.Int64
		mu       sync.Mutex // guards what follows
		outcomes = map[string]int{}
		slow     []time.Duration
	)
	left.Store(int64(n))
	for worker, wild := range []int{6, 12, 40, 120} { // the tamest get furthest in
		g := &generator{r: rand.New(rand.NewPCG(seed, uint64(worker))), pool: f.pool, likely: f.likely, wild: wild}
		wg.Go(func() {
			for left.Add(-1) >= 0 && !t.Failed() {
				outcome, took := f.once(g)
				mu.Lock()
				outcomes[outcome]++
				if outcome == "invalid_input" {
					slow = append(slow, took)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(slow)
	if outcomes["ok"] < n/50 || outcomes["invalid_input"] < n/20 || len(outcomes) < 25 {
		t.Errorf("the requests are too much alike: %v", outcomes)
	}
	t.Logf("seed %d: %d requests, outcomes %v, p99 of a refused body %v", seed, n, outcomes, slow[len(slow)*99/100])
}

// fuzz is a shop, its document, and somebody who may do everything.
type fuzz struct {
	t        *testing.T
	door     *door
	ops      []operation
	all      *person
	visitor  *person
	pool     []string
	likely   map[string]string // what fits a place in a path or a body
	expected map[string]bool   // "code reason" of every sentinel
}

type operation struct {
	*openapi3.Operation
	method, path string
	body, out    *openapi3.Schema
}

func newFuzz(t *testing.T) *fuzz {
	t.Helper()
	w := newWorld(t)
	f := &fuzz{t: t, door: w.door, visitor: w.visitor("visitor"), expected: map[string]bool{}}
	all := w.join(w.newcomer(t, "everything"), actor.Creator, actor.Merchant, actor.Brand, actor.Moderator, actor.Operator)
	f.all = all.person
	p := w.product(all)
	w.market = p.SKUs[0].ID
	w.stock(all)
	post, order, address, photo := w.post(all), w.order(all), w.address(all), string(w.photo(all).ID)
	f.likely = map[string]string{
		"/posts/": post, "/orders/": order, "/addresses/": address, "/products/": string(p.ID), "/skus/": string(p.SKUs[0].ID),
		"/creators/": string(w.other.user.ID), "/merchants/": string(all.merchant), "/bills/": w.payment(all), "/payments/": w.payment(all), "/comments/": w.comment(all),
		".pictures[].id": photo, ".avatar": photo, ".logo": photo, ".product": string(p.ID), ".sku": string(p.SKUs[0].ID), ".quote": w.quote(all), ".address": address,
		".user": string(w.other.user.ID), ".currency": "CNY", ".phone": "13800138000", ".provider": "sandbox", ".login": "someone@example.com", ".to": "someone@example.com",
	}
	f.pool = append(slices.Sorted(maps.Values(f.likely)), w.order(w.other), w.post(w.other), w.address(w.other), id.Derive("ord", "nothing"), "zh-CN", "en")
	for _, s := range sentinels(t) {
		f.expected[snake(s.code)+" "+s.reason] = true
	}
	document, err := OpenAPI()
	w.must(err)
	doc, err := openapi3.NewLoader().LoadFromData(document)
	w.must(err)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o := operation{Operation: op, method: method, path: path, out: op.Responses.Value("200").Value.Content["application/json"].Schema.Value}
			if op.RequestBody != nil {
				o.body = op.RequestBody.Value.Content["application/json"].Schema.Value
			}
			f.ops = append(f.ops, o)
		}
	}
	slices.SortFunc(f.ops, func(a, b operation) int { return cmp.Compare(a.OperationID, b.OperationID) })
	if len(f.ops) < 55 {
		t.Fatalf("the document has %d operations only", len(f.ops))
	}
	return f
}

// snake turns the name of a code into the code.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// costly operations hash a password, which takes as long as a hundred others.
var costly = map[string]bool{"signUp": true, "signIn": true, "changePassword": true}

// destroys are operations after which there is less to ask about.
var destroys = map[string]bool{"removePost": true, "removeAddress": true, "unsay": true, "cancelOrder": true, "delistProduct": true, "settleSandboxBill": true}

// once sends one request and returns how it was answered.
func (f *fuzz) once(g *generator) (string, time.Duration) {
	op := f.ops[g.r.IntN(len(f.ops))]
	for costly[op.OperationID] && g.r.IntN(20) > 0 {
		op = f.ops[g.r.IntN(len(f.ops))]
	}
	who := f.all
	if op.OperationID == "signOut" || g.r.IntN(8) == 0 || destroys[op.OperationID] && g.r.IntN(400) > 0 {
		who = f.visitor
	}
	q := f.request(g, op)
	began := time.Now()
	a, err := who.try(q)
	took := time.Since(began)
	if err != nil {
		f.t.Errorf("%s %s: %v", q.method, q.path, err)
		return "broken", took
	}
	if why := f.wrong(op, a); why != "" {
		f.t.Errorf("%s %.300s\n%v %.600q\nanswered %d %.300q: %s", q.method, q.path, q.header, q.body, a.status, a.body, why)
	}
	if a.err != nil {
		return a.err.Reason, took
	}
	return a.outcome(), took
}

// request fills an operation in, now and then in a way that it does not want.
func (f *fuzz) request(g *generator, op operation) request {
	path, query := op.path, url.Values{}
	q := request{method: op.method, header: map[string]string{"X-Forwarded-For": fmt.Sprintf("10.9.%d.%d", g.r.IntN(256), g.r.IntN(256))}}
	for _, ref := range op.Parameters {
		p := ref.Value
		g.here = op.path
		text := g.text(p.Schema.Value)
		g.here = ""
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(cmp.Or(text, "x")))
		case "query":
			if g.r.IntN(2) == 0 {
				query.Set(p.Name, text)
			}
		case "header":
			if text = printable(text); len(text) < 4000 && (p.Name != rpc.IdempotencyHeader || !g.oneIn(g.wild)) {
				q.header[p.Name] = text
			}
		}
	}
	if q.path = path; len(query) > 0 {
		q.path += "?" + query.Encode()
	}
	if op.body != nil {
		q.body = g.broken(g.value(op.body, 0))
		if g.oneIn(g.wild * 4) {
			q.header["Content-Type"] = g.pick("text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json,text/html", "x", "")
		}
	}
	return q
}

func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '_'
		}
		return r
	}, s))
}

// wrong says what is wrong with an answer, or "".
func (f *fuzz) wrong(op operation, a answer) string {
	if a.status == http.StatusOK {
		var v any
		if err := json.Unmarshal(a.body, &v); err != nil {
			return err.Error()
		}
		if err := op.out.VisitJSON(v); err != nil {
			return "not what the document says: " + err.Error()
		}
		return ""
	}
	switch {
	case a.status >= 500:
		return "that is our fault"
	case a.err == nil || a.err.Message == "" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json"):
		return "not an error in our words"
	case !f.expected[string(a.err.Code)+" "+a.err.Reason]:
		return "no contract declares this error"
	case a.status == http.StatusRequestHeaderFieldsTooLarge && a.err.Reason == "header_too_large":
	case rpc.Status(a.err.Code) != a.status:
		return "the status is not the code's"
	}
	return ""
}

func TestTheFuzzerSeesWhatIsWrong(t *testing.T) {
	t.Parallel()
	f := &fuzz{expected: map[string]bool{"not_found no_such_post": true, "internal internal": true}}
	op := operation{out: openapi3.NewObjectSchema().WithProperty("id", openapi3.NewStringSchema()).WithRequired([]string{"id"})}
	said := http.Header{"Content-Type": {"application/json"}}
	missing := &errs.Error{Code: errs.NotFound, Reason: "no_such_post", Message: "Gone."}
	for name, c := range map[string]struct {
		answer answer
		wrong  bool
	}{
		"done":               {answer{status: 200, body: []byte(`{"id":"1"}`)}, false},
		"not found":          {answer{status: 404, header: said, err: missing}, false},
		"no JSON":            {answer{status: 200, body: []byte(`<html>`)}, true},
		"a field is missing": {answer{status: 200, body: []byte(`{}`)}, true},
		"another type":       {answer{status: 200, body: []byte(`{"id":1}`)}, true},
		"our fault":          {answer{status: 500, header: said, err: &errs.Error{Code: errs.Internal, Reason: "internal", Message: "Sorry."}}, true},
		"overloaded":         {answer{status: 503, header: said, err: missing}, true},
		"not our words":      {answer{status: 404, header: said}, true},
		"not JSON's type":    {answer{status: 404, header: http.Header{}, err: missing}, true},
		"another status":     {answer{status: 400, header: said, err: missing}, true},
		"an unknown reason":  {answer{status: 404, header: said, err: &errs.Error{Code: errs.NotFound, Reason: "gone", Message: "Gone."}}, true},
		"another code":       {answer{status: 400, header: said, err: &errs.Error{Code: errs.Invalid, Reason: "no_such_post", Message: "Gone."}}, true},
	} {
		if why := f.wrong(op, c.answer); (why != "") != c.wrong {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// queryOperators are what means something to a database, in place of a text.
var queryOperators = []string{
	`{"$ne":null}`, `{"$ne":""}`, `{"$gt":""}`, `{"$gte":""}`, `{"$lt":"~"}`, `{"$lte":"~"}`, `{"$eq":"a"}`, `{"$in":["a",null]}`,
	`{"$nin":[]}`, `{"$exists":true}`, `{"$type":2}`, `{"$regex":".*"}`, `{"$regex":"^a","$options":"i"}`, `{"$not":{"$eq":"a"}}`,
	`{"$where":"sleep(1000)||true"}`, `{"$expr":{"$eq":[1,1]}}`, `{"$function":{"body":"return true","args":[],"lang":"js"}}`,
	`{"$or":[{},{"a":1}]}`, `{"$and":[]}`, `{"$elemMatch":{"$ne":null}}`, `{"$size":0}`, `{"$mod":[1,0]}`, `{"$set":{"roles":["operator"]}}`, `{"$oid":"000000000000000000000000"}`,
}

func TestAnOperatorIsNeverTakenForAText(t *testing.T) {
	t.Parallel()
	f := newFuzz(t)
	if len(queryOperators) < 24 {
		t.Fatalf("%d operators", len(queryOperators))
	}
	g := &generator{r: rand.New(rand.NewPCG(7, 7)), pool: f.pool, likely: f.likely}
	fields, sent := 0, 0
	for _, op := range f.ops {
		for _, ref := range op.Parameters {
			for i, text := range queryOperators {
				if costly[op.OperationID] && i > 1 {
					break
				}
				q := f.request(g, op)
				f.asText(op, ref.Value, text, &q)
				a := f.all.ask(t, q)
				sent++
				if why := f.wrong(op, a); why != "" {
					t.Errorf("%s with %s in %s: %s", op.OperationID, text, ref.Value.Name, why)
				}
			}
		}
		if op.body == nil {
			continue
		}
		var leaves []string
		texts(op.body, "", &leaves, 0)
		for _, leaf := range leaves {
			fields++
			for _, operator := range queryOperators {
				q := f.request(g, op)
				q.body = (&generator{r: g.r, pool: f.pool, likely: f.likely, at: leaf, put: operator}).value(op.body, 0)
				if !bytes.Contains(q.body.([]byte), []byte(operator)) {
					t.Fatalf("%s: %s is not reached: %s", op.OperationID, leaf, q.body)
				}
				sent++
				if a := f.all.ask(t, q); a.status != http.StatusBadRequest || a.err == nil || a.err.Code != errs.Invalid {
					t.Errorf("%s with %s in %s: %d %s", op.OperationID, operator, leaf, a.status, a.body)
				}
			}
		}
	}
	t.Logf("%d operators in %d text fields of bodies and in every parameter: %d requests", len(queryOperators), fields, sent)
	if fields < 50 {
		t.Error("fields are missing")
	}
}

// asText puts text into one parameter.
func (f *fuzz) asText(op operation, p *openapi3.Parameter, text string, q *request) {
	switch p.In {
	case "path":
		q.path = strings.ReplaceAll(op.path, "{"+p.Name+"}", url.PathEscape(text))
	case "query":
		at, _, _ := strings.Cut(q.path, "?")
		q.path = at + "?" + url.Values{p.Name: {text}}.Encode() + "&" + url.QueryEscape(p.Name+"[$ne]") + "=1"
	case "header":
		q.header[p.Name] = text
	}
}

// texts lists where a body holds texts: ".lines[].sku".
func texts(s *openapi3.Schema, at string, out *[]string, depth int) {
	s = bare(s)
	switch {
	case depth > 6:
	case s.Type.Is("string"):
		*out = append(*out, at)
	case s.Type.Is("array"):
		texts(s.Items.Value, at+"[]", out, depth+1)
	case s.Type.Is("object"):
		for _, name := range sorted(s.Properties) {
			texts(s.Properties[name].Value, at+"."+name, out, depth+1)
		}
	}
}

// bare is what a schema that allows null says otherwise.
func bare(s *openapi3.Schema) *openapi3.Schema {
	for _, a := range s.AnyOf {
		if !a.Value.Type.Is("null") {
			return bare(a.Value)
		}
	}
	return s
}

func sorted(m openapi3.Schemas) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
