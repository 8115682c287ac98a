package feedcore

import "testing"

func TestSalesAreCountedAnewOnceEnoughWasOrdered(t *testing.T) {
	t.Parallel()
	var r resold
	if !r.enough("p", 1, 1) {
		t.Error("the first sale of what was never sold is not counted")
	}
	looks := 0
	for range 100 {
		if r.enough("p", 2, 10) {
			looks++
		}
	}
	if looks != 20 {
		t.Errorf("200 orders were looked up %d times, want one for each 10", looks)
	}
	r.again("p")
	if !r.enough("p", 1, 1_000_000) {
		t.Error("a look that failed is not made again")
	}
}
