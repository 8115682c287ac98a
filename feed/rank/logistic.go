package rank

import "math"

// certain is the log-odds beyond which a head says no more: one in ten million.
const certain = 16

// steps is how many steps of the curve there are for one of log-odds.
const steps = 32

// curve is 1/(1+e^-x) from -certain to certain.
var curve = func() (c [2*certain*steps + 2]float32) {
	for i := range c {
		c[i] = float32(1 / (1 + math.Exp(certain-float64(i)/steps)))
	}
	return c
}()

// logistic is 1/(1+e^-x) to within 0.013 % of it, in a fraction of the time of
// math.Exp: a line between two points of the curve.
func logistic(x float32) float32 {
	at := (x + certain) * steps
	if !(at > 0) {
		if x != x {
			return .5 // a feature of somebody else's making was no number
		}
		at = 0
	}
	if at > 2*certain*steps {
		at = 2 * certain * steps
	}
	i := uint32(at)
	low, high := curve[i], curve[i+1]
	return low + (high-low)*(at-float32(i))
}
