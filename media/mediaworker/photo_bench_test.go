package mediaworker_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"meadow/media/mediaworker"
)

// photo is a JPEG of 12 megapixels with as much grain as a telephone's: 3.6 MB.
func photo(t testing.TB) []byte {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	r := rand.New(rand.NewPCG(1, 2))
	for y := range 3000 {
		for x := range 4000 {
			img.Y[img.YOffset(x, y)] = uint8((x*y>>12)&255/2 + r.IntN(24) + x>>4&63)
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(96+i%2000>>5), uint8(160-i/2000>>5)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// BenchmarkAPhotoToAllRenditions develops 12 megapixels, once in a worker, whose
// start and end are included, and once in this process.
func BenchmarkAPhotoToAllRenditions(b *testing.B) {
	data := photo(b)
	b.Run("worker", func(b *testing.B) {
		bin := filepath.Join(b.TempDir(), "worker")
		if out, err := exec.CommandContext(b.Context(), "go", "build", "-tags=nodynamic", "-o", bin, "./testdata/worker").CombinedOutput(); err != nil {
			b.Fatalf("build a worker: %v\n%s", err, out)
		}
		bench(b, syscall.RUSAGE_CHILDREN, mediaworker.Spawn(bin, nil, 1), data)
		b.ReportMetric(peak(b, bin, data), "peak-MB")
	})
	b.Run("here", func(b *testing.B) { bench(b, syscall.RUSAGE_SELF, mediaworker.Decode, data) })
}

func bench(b *testing.B, who int, develop mediaworker.Develop, data []byte) {
	b.ReportAllocs()
	before := processor(b, who)
	for b.Loop() {
		if _, err := develop(b.Context(), bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processor(b, who)-before)/float64(b.N), "cpu-ns/op")
}

// processor returns the processor time that who has used.
func processor(b *testing.B, who int) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak returns the most memory that a worker holds for data.
func peak(b *testing.B, bin string, data []byte) float64 {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), bin, "measure")
	var out bytes.Buffer
	var said strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &out, &said
	if err := cmd.Run(); err != nil {
		b.Fatalf("%v %s", err, said.String())
	}
	kb, err := strconv.ParseFloat(said.String(), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
