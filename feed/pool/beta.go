package pool

import (
	"math"
	"math/rand/v2"
)

// beta draws from the Beta distribution, as a ratio of two gamma draws.
func beta(rng *rand.Rand, a, b float64) float64 {
	x := gamma(rng, a)
	if x == 0 {
		return 0
	}
	return x / (x + gamma(rng, b))
}

// gamma draws from the gamma distribution of scale 1 (Marsaglia and Tsang, ACM
// TOMS 26, 2000).
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(rng.Float64(), 1/shape)
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := 1 - rng.Float64() // above 0
		if u < 1-.0331*x*x*x*x || math.Log(u) < .5*x*x+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}
