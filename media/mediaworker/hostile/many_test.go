//go:build !long

package hostile

const (
	many    = 2_000 // files that are damaged at random
	spawned = 8     // files of each sort that get a process of their own
	served  = 200   // files that are uploaded
)
