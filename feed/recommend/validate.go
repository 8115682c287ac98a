package recommend

import (
	"math"
	"math/rand/v2"
	"slices"
)

// question is a user with a part held out.
type question struct {
	history []Touch
	wanted  []Item
}

// asks is about how many users have a part held out.
const (
	asks        = 6000
	asksVariant = 3000 // of them, when variants of one source are compared
)

// holdOut takes, of a random sample of at most half of the users that have
// two items, the last item (ordered) or a fifth at random, and returns all
// users without those.
func holdOut(d Data, seed uint64) ([][]Touch, []question) {
	r := rand.New(rand.NewPCG(seed, 0xd1b54a32d192ed03))
	var can []int
	for u, h := range d.Users {
		if differ(h) {
			can = append(can, u)
		}
	}
	n := min(asks, max(len(can)/2, min(len(can), 500)))
	r.Shuffle(len(can), func(i, j int) { can[i], can[j] = can[j], can[i] })
	can = can[:n]
	users := slices.Clone(d.Users)
	var asked []question
	for _, u := range can {
		q := split(d.Users[u], d.Ordered, r)
		users[u] = q.history
		asked = append(asked, q)
	}
	return users, asked
}

// differ says that a history holds two items.
func differ(h []Touch) bool {
	for k := range h {
		if h[k].Item != h[0].Item {
			return true
		}
	}
	return false
}

func split(h []Touch, ordered bool, r *rand.Rand) question {
	if ordered {
		last := h[len(h)-1].Item
		var q question
		for _, t := range h {
			if t.Item != last {
				q.history = append(q.history, t)
			}
		}
		q.wanted = []Item{last}
		return q
	}
	items := map[Item]bool{}
	for _, k := range r.Perm(len(h))[:max(1, len(h)/5)] {
		items[h[k].Item] = true
	}
	var q question
	for _, t := range h {
		if !items[t.Item] {
			q.history = append(q.history, t)
		}
	}
	for i := range items {
		q.wanted = append(q.wanted, i)
	}
	slices.Sort(q.wanted)
	return q
}

// ask has a model answer the questions, and returns the mean NDCG@20.
func (f *fitter) ask(m *Model) (float64, error) {
	asked := f.asked[:min(len(f.asked), asksVariant)]
	got := make([]float64, len(asked))
	err := f.each(len(asked), func(_, k int) {
		q := asked[k]
		s := m.take()
		defer m.scratch.Put(s)
		m.gather(s, q.history, depth)
		m.total(s.slots[s.had:])
		m.rank(s, Query{N: depth})
		for at, o := range s.order {
			if slices.Contains(q.wanted, o.item()) {
				got[k] += gain(at)
			}
		}
		got[k] /= ideal(len(q.wanted))
	})
	return mean(got), err
}

// depth is how far down an answer is looked at.
const depth = 20

func gain(at int) float64 { return 1 / math.Log2(float64(at)+2) }

func ideal(wanted int) (all float64) {
	for at := range min(depth, wanted) {
		all += gain(at)
	}
	return all
}

func mean(v []float64) (all float64) {
	for _, x := range v {
		all += x
	}
	return all / float64(max(1, len(v)))
}
