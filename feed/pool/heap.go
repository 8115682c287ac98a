package pool

import "math/rand/v2"

// The heap holds the records that run; none has a higher draw than the one at
// half its place.

// redraw draws a post's rate anew and moves it to where it belongs.
func (p *Pool) redraw(r *record, rng *rand.Rand) {
	r.draw = float32(p.sample(r, rng))
	p.settle(r.pos)
}

func (p *Pool) at(pos uint32) *record { return &p.records[p.heap[pos]] }

func (p *Pool) settle(pos uint32) {
	for pos > 0 && p.at(pos).draw > p.at((pos-1)/2).draw {
		p.swap(pos, (pos-1)/2)
		pos = (pos - 1) / 2
	}
	for {
		top := pos
		for child := 2*pos + 1; child <= 2*pos+2 && child < uint32(len(p.heap)); child++ {
			if p.at(child).draw > p.at(top).draw {
				top = child
			}
		}
		if top == pos {
			return
		}
		p.swap(pos, top)
		pos = top
	}
}

func (p *Pool) swap(i, j uint32) {
	p.heap[i], p.heap[j] = p.heap[j], p.heap[i]
	p.at(i).pos, p.at(j).pos = i, j
}

// cut takes a post out.
func (p *Pool) cut(pos uint32) {
	last := uint32(len(p.heap) - 1)
	if pos != last {
		p.swap(pos, last)
	}
	p.heap = p.heap[:last]
	if pos != last {
		p.settle(pos)
	}
}

// top returns the places of the n highest draws, highest first: a search from
// the root that always goes on at the highest place it has seen.
func (p *Pool) top(n int) []uint32 {
	n = min(n, len(p.heap))
	out := make([]uint32, 0, n)
	if n == 0 {
		return out
	}
	edge := make([]uint32, 1, n+2) // a heap of places, starting at the root
	for len(out) < n {
		pos := edge[0]
		out = append(out, pos)
		last := len(edge) - 1
		edge[0] = edge[last]
		edge = edge[:last]
		p.sink(edge)
		for child := 2*pos + 1; child <= 2*pos+2 && child < uint32(len(p.heap)); child++ {
			edge = append(edge, child)
			p.rise(edge)
		}
	}
	return out
}

func (p *Pool) sink(edge []uint32) {
	for i := 0; ; {
		top := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(edge); child++ {
			if p.at(edge[child]).draw > p.at(edge[top]).draw {
				top = child
			}
		}
		if top == i {
			return
		}
		edge[i], edge[top] = edge[top], edge[i]
		i = top
	}
}

func (p *Pool) rise(edge []uint32) {
	for i := len(edge) - 1; i > 0; {
		up := (i - 1) / 2
		if p.at(edge[i]).draw <= p.at(edge[up]).draw {
			return
		}
		edge[i], edge[up] = edge[up], edge[i]
		i = up
	}
}
