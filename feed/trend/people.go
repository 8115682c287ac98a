package trend

import (
	"math"
	"math/bits"
	"slices"
)

// exact is how many people are kept one by one.
const exact = 32

// registers of a sketch, a power of two.
const registers = 1024

// people is a set of hashes: exact while it is small, a sketch from then on.
type people struct {
	few  []uint64 // sorted
	many *sketch
}

type sketch struct {
	ranks [registers]uint8
	count float64 // of people, by HIP
}

// add puts a person in, and returns how many people that counts for: 0 if they
// were in already, 1 while it is exact.
func (p *people) add(person uint64) float64 {
	if p.many != nil {
		return p.many.add(person)
	}
	at, in := slices.BinarySearch(p.few, person)
	switch {
	case in:
		return 0
	case len(p.few) < exact:
		p.few = slices.Insert(p.few, at, person)
		return 1
	}
	p.many = &sketch{}
	for _, one := range p.few {
		p.many.add(one)
	}
	p.many.count = exact
	p.few = nil
	return p.many.add(person)
}

// has says if a person is in. A sketch may say so of somebody who is not, in
// which case they are counted with those whom it noticed.
func (p *people) has(person uint64) bool {
	if p.many != nil {
		at, rank := place(person)
		return p.many.ranks[at] >= rank
	}
	_, in := slices.BinarySearch(p.few, person)
	return in
}

func (p *people) bytes() int64 {
	n := int64(8 * cap(p.few))
	if p.many != nil {
		n += registers + 8
	}
	return n
}

// place is the register of a person, and how rare they are in it: 1 for half of
// all people, 2 for a quarter.
func place(person uint64) (at int, rank uint8) {
	return int(person % registers), uint8(min(bits.LeadingZeros64(person)+1, 53))
}

func (s *sketch) add(person uint64) float64 {
	at, rank := place(person)
	if s.ranks[at] >= rank {
		return 0
	}
	noticed := s.chance()
	s.ranks[at] = rank
	s.count += 1 / noticed
	return 1 / noticed
}

// chance is how probable it is that somebody new is noticed.
func (s *sketch) chance() float64 {
	sum := 0.
	for _, r := range s.ranks {
		sum += math.Ldexp(1, -int(r))
	}
	return sum / registers
}

// estimate is HyperLogLog's, which also holds for sketches that were joined.
func (s *sketch) estimate() float64 {
	zeros := 0
	for _, r := range s.ranks {
		if r == 0 {
			zeros++
		}
	}
	raw := .7213 / (1 + 1.079/registers) * registers / s.chance()
	if raw < 2.5*registers && zeros > 0 {
		return registers * math.Log(registers/float64(zeros))
	}
	return raw
}

// together is how many people are in either set.
func together(a, b *people) int {
	if a.many == nil && b.many == nil {
		n := len(a.few) + len(b.few)
		for _, one := range a.few {
			if b.has(one) {
				n--
			}
		}
		return n
	}
	joined := join(a, b)
	return int(math.Round(joined.many.estimate()))
}

// join returns the people of either set.
func join(a, b *people) people {
	if a.many == nil && b.many == nil {
		var out people
		for _, one := range slices.Concat(a.few, b.few) {
			out.add(one)
		}
		return out
	}
	s := &sketch{}
	for _, p := range []*people{a, b} {
		for _, one := range p.few {
			at, rank := place(one)
			s.ranks[at] = max(s.ranks[at], rank)
		}
		if p.many != nil {
			for i, r := range p.many.ranks {
				s.ranks[i] = max(s.ranks[i], r)
			}
		}
	}
	s.count = s.estimate()
	return people{many: s}
}

// scramble spreads who a person is over all bits (the finisher of SplitMix64).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
