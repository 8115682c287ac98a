package engine

import "math"

// lean is how strongly somebody tends to a topic or an author: a sum of what
// they did, halved every three weeks.
type lean struct {
	to uint32
	w  float32
	at uint32 // unix seconds of w
}

const leanHalf = 21 * 24 * 3600 // seconds

func (l lean) now(at uint32) float32 { return l.w * fade(at, l.at, leanHalf) }

// fade is what is left after the time between.
func fade(now, then uint32, half float64) float32 {
	if now <= then {
		return 1
	}
	return float32(math.Exp2(-float64(now-then) / half))
}

// tend adds w to the lean towards something. When there are many the weakest
// makes room.
func tend(leans []lean, to uint32, w float32, at uint32) []lean {
	if to == 0 || w == 0 {
		return leans
	}
	weakest := -1
	for i := range leans {
		l := &leans[i]
		if l.to == to {
			l.w = max(-10, min(l.now(at)+w, 40))
			l.at = max(at, l.at)
			return leans
		}
		if weakest < 0 || abs(l.now(at)) < abs(leans[weakest].now(at)) {
			weakest = i
		}
	}
	if len(leans) < mostLeans {
		return push(leans, lean{to, w, at}, mostLeans)
	}
	leans[weakest] = lean{to, w, at}
	return leans
}

// towards is how strong a lean is, -1 to 1: half after three likes.
func towards(leans []lean, to uint32, at uint32) float32 {
	for i := range leans {
		if leans[i].to == to {
			return squash(leans[i].now(at))
		}
	}
	return 0
}

func squash(w float32) float32 { return w / (abs(w) + 3) }

func abs(v float32) float32 { return max(v, -v) }

// weights are numbers by number, few of which are not 0.
type weights struct {
	v   []float32
	has []uint32
}

func (w *weights) set(n uint32, v float32) {
	for int(n) >= len(w.v) {
		w.v = append(w.v, make([]float32, int(n)+1-len(w.v)+len(w.v)/4)...)
	}
	w.v[n] = v
	w.has = append(w.has, n)
}

func (w *weights) of(n uint32) float32 {
	if int(n) >= len(w.v) {
		return 0
	}
	return w.v[n]
}

func (w *weights) clear() {
	for _, n := range w.has {
		w.v[n] = 0
	}
	w.has = w.has[:0]
}
