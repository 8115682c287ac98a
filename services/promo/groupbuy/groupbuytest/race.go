//go:build race

package groupbuytest

// rounds is how many last seats are fought for; fewer, as every step is watched
// for races.
const rounds = 8
