package trend

import (
	"cmp"
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

// sketch holds, for each register, the rarest of its people.
type sketch [registers]uint8

// add puts a person in.
func (p *people) add(person uint64) {
	if p.many == nil {
		at, in := slices.BinarySearch(p.few, person)
		if in {
			return
		}
		if len(p.few) < exact {
			p.few = slices.Insert(p.few, at, person)
			return
		}
		p.many = &sketch{}
		for _, one := range p.few {
			p.many.add(one)
		}
		p.few = nil
	}
	p.many.add(person)
}

func (p *people) remove(person uint64) {
	if at, in := slices.BinarySearch(p.few, person); in {
		p.few = slices.Delete(p.few, at, at+1)
	}
}

// weigh returns how many people a person counts for who is about to be added to
// two sets: 0 if they are in one. Where sets are sketches, newcomers that are
// not noticed count 0 too, and those that are count for them.
func weigh(a, b *people, person uint64) float64 {
	for _, p := range []*people{a, b} {
		if _, in := slices.BinarySearch(p.few, person); in {
			return 0
		}
	}
	at, rank := place(person)
	for _, p := range []*people{a, b} {
		if p.many != nil && p.many[at] >= rank {
			return 0
		}
	}
	if s := joined(a.many, b.many); s != nil {
		return 1 / s.chance()
	}
	return 1
}

// joined is the sketch of whom either has seen; it may be one of them.
func joined(a, b *sketch) *sketch {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	s := *a
	for i, r := range b {
		s[i] = max(s[i], r)
	}
	return &s
}

func (p *people) bytes() int64 {
	n := int64(8 * cap(p.few))
	if p.many != nil {
		n += registers
	}
	return n
}

// place is the register of a person, and how rare they are in it: 1 for half of
// all people, 2 for a quarter.
func place(person uint64) (at int, rank uint8) {
	return int(person % registers), uint8(min(bits.LeadingZeros64(person)+1, 53))
}

func (s *sketch) add(person uint64) {
	at, rank := place(person)
	s[at] = max(s[at], rank)
}

// halves are the powers of 1/2.
var halves = func() (h [64]float64) {
	for i := range h {
		h[i] = math.Ldexp(1, -i)
	}
	return h
}()

// chance is how probable it is that somebody new is noticed.
func (s *sketch) chance() float64 {
	sum := 0.
	for _, r := range s {
		sum += halves[r&63]
	}
	return sum / registers
}

// estimate is how many people a sketch has seen.
func (s *sketch) estimate() float64 {
	zeros := 0
	for _, r := range s {
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

// union returns the people of either set.
func union(a, b *people) people {
	var out people
	for _, p := range []*people{a, b} {
		for _, one := range p.few {
			out.add(one)
		}
		if p.many != nil {
			if out.many == nil {
				few := out.few
				out = people{many: &sketch{}}
				for _, one := range few {
					out.many.add(one)
				}
			}
			out.many = joined(out.many, p.many)
		}
	}
	return out
}

// together is how many people are in either set.
func together(a, b *people) int {
	if a.many != nil || b.many != nil {
		all := union(a, b)
		return all.size()
	}
	n := len(a.few) + len(b.few)
	for _, one := range a.few {
		if _, in := slices.BinarySearch(b.few, one); in {
			n--
		}
	}
	return n
}

// size is how many there are.
func (p *people) size() int {
	if p.many == nil {
		return len(p.few)
	}
	return int(math.Round(p.many.estimate()))
}

// scramble spreads who a person is over all bits (the finisher of SplitMix64).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
