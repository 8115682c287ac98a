package talkcore

import (
	"math"
	"time"
)

// halfLife is after how long a comment weighs half.
const halfLife = 24 * time.Hour

// heat is where a comment stands in the hot order, see the package comment: in
// milliseconds, so that the index keeps integers.
func heat(at time.Time, likes, replies int64) int64 {
	weight := float64(1 + max(likes, 0) + 2*max(replies, 0))
	return at.UnixMilli() + int64(math.Round(math.Log2(weight)*float64(halfLife.Milliseconds())))
}
