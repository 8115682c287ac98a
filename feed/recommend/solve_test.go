package recommend

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCholeskySolvesWhatWasMultiplied(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 13; n++ {
		half, a, want := make([]float32, n*n), make([]float32, n*n), make([]float32, n)
		for k := range half {
			half[k] = float32(r.NormFloat64())
		}
		for i := range n {
			want[i] = float32(i) - 2
			for j := range n {
				a[i*n+j] = dot(half[i*n:i*n+n], half[j*n:j*n+n])
			}
			a[i*n+i]++
		}
		b := make([]float32, n)
		for i := range n {
			b[i] = dot(a[i*n:i*n+n], want)
		}
		cholesky(a, b, make([]float32, 4*n), n)
		for i := range n {
			if math.Abs(float64(b[i]-want[i])) > 1e-3 {
				t.Fatalf("n %d: got %v, want %v", n, b, want)
			}
		}
	}
}
