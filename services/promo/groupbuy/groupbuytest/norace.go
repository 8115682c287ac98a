//go:build !race

package groupbuytest

// rounds is how many last seats are fought for.
const rounds = 60
