package redpacketcore

import (
	"crypto/sha256"
	"math/rand/v2"

	"meadow/services/kernel/fault"
	"meadow/services/promo/redpacket"
)

// split returns the shares of a packet: n of them, each at least one minor
// unit, which sum to total. The same seed gives the same shares, so that a
// process that was killed while it stored them can be followed by another.
func split(how redpacket.Split, total int64, n int, seed string) []int64 {
	random := rand.New(rand.NewChaCha8(sha256.Sum256([]byte(seed))))
	if how == redpacket.Lucky {
		return lucky(total, n, random)
	}
	out := make([]int64, n)
	each, over := total/int64(n), total%int64(n)
	if fault.On(fault.PacketRemainder) {
		over = 0
	}
	for i := range out {
		out[i] = each
		if int64(i) < over {
			out[i]++
		}
	}
	random.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// lucky is the double-mean method (二倍均值法) by which WeChat's lucky packets are
// described to work (Tencent's payment engineers in «微信红包的架构设计简介», 2015; and
// explained at https://juejin.cn/post/7509753646508621834): each share is drawn
// evenly between the least unit and twice the mean of what is left for each, so
// that every share has the same expectation whenever it is drawn. Here the least
// unit of every share is set aside first and the draw is of what is above it:
// evenly from [0, 2·mean], whose mean is the mean, without the usual "at least
// one" that favours early shares when the mean is small. The last takes the rest.
//
// Variance grows towards the end all the same, and shares are grabbed in no
// order that anybody can choose: they are shuffled too.
func lucky(total int64, n int, random *rand.Rand) []int64 {
	out := make([]int64, n)
	rest := total - int64(n)
	for i := range out {
		drawn := rest
		if left := int64(n - i); left > 1 {
			drawn = min(random.Int64N(2*rest/left+1), rest)
		}
		out[i], rest = 1+drawn, rest-drawn
	}
	random.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
