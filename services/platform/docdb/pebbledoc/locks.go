package pebbledoc

import (
	"hash/maphash"
	"math/bits"
	"sync"
)

// A stripe is a lock that many keys share. A writer holds the stripes of its
// documents, then those of the unique keys it is about to take; within each
// kind in ascending order. It holds them while it reads, decides and applies,
// and lets go before it waits for the disk.
const stripeCount = 1024

type stripes struct {
	seed maphash.Seed
	mu   [stripeCount]sync.Mutex
}

// held is a set of stripes.
type held [stripeCount / 64]uint64

func (s *stripes) add(h *held, key []byte) {
	n := maphash.Bytes(s.seed, key) % stripeCount
	h[n/64] |= 1 << (n % 64)
}

func (s *stripes) lock(h *held)   { s.each(h, (*sync.Mutex).Lock) }
func (s *stripes) unlock(h *held) { s.each(h, (*sync.Mutex).Unlock) }

func (s *stripes) each(h *held, f func(*sync.Mutex)) {
	for i, word := range h {
		for ; word != 0; word &= word - 1 {
			f(&s.mu[i*64+bits.TrailingZeros64(word)])
		}
	}
}
