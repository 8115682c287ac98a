//go:build long

package hostile

const (
	many    = 40_000 // files that are damaged at random
	spawned = 200    // files of each sort that get a process of their own
	served  = 1_500  // files that are uploaded
)
