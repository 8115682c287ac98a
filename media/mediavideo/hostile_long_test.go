//go:build long

package mediavideo_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"meadow/services/kernel/errs"
)

// TestDamagedVideosAreTakenOrRefusedAndNothingElse changes bytes of good videos.
func TestDamagedVideosAreTakenOrRefusedAndNothingElse(t *testing.T) {
	t.Parallel()
	f := maker(t)
	samples := [][]byte{
		phone(t, 320, 240, 2),
		ffmpeg(t, "a.webm", "-f", "lavfi", "-i", fmt.Sprintf(testCard, 320, 240, 30, 2), "-c:v", "libvpx", "-deadline", "realtime"),
	}
	r := rand.New(rand.NewPCG(1, 2))
	count := map[string]int{}
	for i := range 1000 {
		data := bytes.Clone(samples[i%2])
		for range 1 + r.IntN(20) {
			at := r.IntN(len(data))
			switch r.IntN(4) {
			case 0:
				at = r.IntN(2000)
			case 1:
				at = len(data) - 1 - r.IntN(2000)
			}
			data[at] = byte(r.Uint32())
		}
		_, err := f(t.Context(), laid(t, data), false, func(int64) {})
		if e, ok := errors.AsType[*errs.Error](err); ok {
			count[e.Reason]++
		} else if err != nil {
			t.Errorf("%d: %v", i, err)
		} else {
			count["taken"]++
		}
	}
	t.Log(count)
}
