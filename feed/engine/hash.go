package engine

import "meadow/services/kernel/id"

// Hash is what stands for a post in CandidateAsk.Shown and in a walk.
func Hash(p id.Post) uint32 { return hash(string(p)) }

// hash is FNV-1a, mixed.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	h ^= h >> 16
	h *= 0x85ebca6b
	return h ^ h>>13
}

// mix64 is SplitMix64's finisher: neighbours become strangers.
func mix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
