//go:build long

package mediaworker_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"meadow/media"
	"meadow/media/mediaworker"
)

func TestAWorkerThatComputesForeverIsEnded(t *testing.T) {
	t.Parallel()
	_, err := mediaworker.Spawn(build(t), []string{"time"}, 1)(t.Context(), strings.NewReader("x"))
	if !errors.Is(err, media.ErrBroken) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("%v, want a broken picture and a killed worker", err)
	}
}

func TestTheDeepestPictureThatIsTakenFitsInAWorker(t *testing.T) {
	t.Parallel()
	for _, img := range []image.Image{image.NewNRGBA64(image.Rect(0, 0, 8000, 5000)), image.NewNRGBA64(image.Rect(0, 0, 3333, 12000))} {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if _, err := mediaworker.Spawn(build(t), nil, 1)(t.Context(), &b); err != nil {
			t.Errorf("%v: %v", img.Bounds(), err)
		}
	}
}
