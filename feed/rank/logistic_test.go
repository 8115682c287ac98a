package rank

import (
	"math"
	"testing"
)

func TestTheCurveIsTheLogisticFunction(t *testing.T) {
	t.Parallel()
	worst, last := 0., float32(0)
	for i := range 64_000 {
		x := float32(i)/2000 - 16
		got, want := logistic(x), 1/(1+math.Exp(-float64(x)))
		worst = max(worst, math.Abs(float64(got)-want)/want)
		if got < last {
			t.Fatalf("it falls at %v", x)
		}
		last = got
	}
	if worst > 1.3e-4 {
		t.Errorf("it is off by %.6f of what it is", worst)
	}
	inf := float32(math.Inf(1))
	for x, want := range map[float32]float64{inf: 1, -inf: 0, 1e30: 1, -40: 0, 0: .5} {
		if got := float64(logistic(x)); math.Abs(got-want) > 2e-7 {
			t.Errorf("at %v it is %v", x, got)
		}
	}
}
