package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"meadow/media"
	"meadow/media/mediaworker"
)

// bombs are small files that cost much, or would without the gates.
func bombs(t testing.TB) []sample {
	t.Helper()
	bmp := append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x90\xe2\x00\x00\x90\xe2\x00\x00\x01\x00\x20\x00"), make([]byte, 24)...)
	gif := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x4c\x01\x00\x3b")
	zeros := deflated(make([]byte, 16<<20))
	ihdr, idat, iend := header(64, 48, 8, 0), pngChunk("IDAT", deflated(make([]byte, 48*65))), pngChunk("IEND", nil)
	small := asJPEG(t, motif(64, 48))
	return []sample{
		{"bmp of 13 GB in 54 bytes", bmp, media.ErrNotPicture}, {"gif of 65535 by 65535 in 35 bytes", gif, media.ErrPixels},
		{"png of 100 megapixels in 50 kB", flatPNG(10_000, 10_000), media.ErrPixels}, {"png of 40 megapixels in 5 kB", flatPNG(8_000, 5_000), taken},
		{"png text of 16 MB", aPNG(ihdr, pngChunk("zTXt", append([]byte("k\x00\x00"), zeros...)), idat, iend), taken},
		{"png profile of 16 MB", aPNG(ihdr, pngChunk("iCCP", append([]byte("k\x00\x00"), zeros...)), idat, iend), taken},
		{"png pixels of 16 MB", aPNG(ihdr, pngChunk("IDAT", zeros), iend), nil},
		{"png of a million chunks", aPNG(ihdr, bytes.Repeat(pngChunk("tEXt", []byte("a\x00b")), 1_000_000), idat, iend), taken},
		{"png of a million texts that say AIGC", aPNG(ihdr, pngChunk("tEXt", append([]byte("a\x00"), bytes.Repeat([]byte("AIGC"), 4<<20)...)), idat, iend), taken},
		{"jpeg of 500 scans", progressive(6_000, 6_000, 500), media.ErrBroken}, {"jpeg of as many scans as are taken", progressive(8_000, 5_000, 25), taken}, {"jpeg of one scan more", progressive(8_000, 5_000, 26), media.ErrBroken},
		{"jpeg of 65535 by 65535", progressive(65_535, 65_535, 1)[:400], media.ErrPixels}, {"jpeg of a thousand tables", bytes.Join([][]byte{small[:2], bytes.Repeat(small[2:71], 100_000), small[2:]}, nil), nil},
		{"gif of 5000 frames", moving(t, motif(64, 48), 5_000), media.ErrBroken}, {"gif of as many frames as are taken", moving(t, motif(64, 48), media.MaxFrames), taken},
		{"webp of 16383 by 16383", flatWebP(16_383, 16_383), media.ErrPixels}, {"webp of 40 megapixels in 40 bytes", flatWebP(12_000, 3_333), taken},
		{"webp canvas of 16777216 by 16777216", riff(extended(0, 1<<24, 1<<24), flatVP8L(64, 48)), media.ErrBroken}, {"webp canvas larger than its picture", riff(extended(0, 8_000, 5_000), flatVP8L(64, 48)), media.ErrBroken},
		{"webp moving, 40 megapixels", animation(12_000, 3_333, flatVP8L(12_000, 3_333), media.MaxFrames), taken}, {"webp of 5000 frames", animation(64, 48, flatVP8L(64, 48), 5_000), media.ErrBroken},
		{"webp canvas around a frame", riff(extended(2, 12_000, 3_333), chunk("ANMF", append(append(append(three(0), three(0)...), append(append(three(11_998), three(3_331)...), 0, 0, 0, 0)...), flatVP8L(11_999, 3_332)...))), taken},
	}
}

// home is this folder. The embedded store of files, which another test opens,
// changes where the process is.
var home, _ = os.Getwd()

// worker builds a worker, without the race detector, whose shadow memory does
// not fit into a worker's limits.
func worker(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "worker")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags=nodynamic", "-o", bin, "../testdata/worker")
	cmd.Dir = home
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build a worker: %v\n%s", err, out)
	}
	return bin
}

const (
	mostMemory = 1 << 30 // of a worker
	mostTime   = 10 * time.Second
	mostHere   = 4 << 20 // of whoever spawns them, garbage included, for one
)

// TestABombCostsItsWorkerLittle measures; what a worker's answer becomes at its
// caller is the next test's.
func TestABombCostsItsWorkerLittle(t *testing.T) {
	t.Parallel()
	bin := worker(t)
	for _, s := range bombs(t) {
		memory, cpu, said, err := cost(t, bin, s.data)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		t.Logf("%-40s %9d bytes: %4d MB, %5.2f s of a processor: %s", s.name, len(s.data), memory>>20, cpu.Seconds(), said)
		if memory > mostMemory || cpu > mostTime || s.want != nil && said != s.want.Reason {
			t.Errorf("%s took %d bytes and %v, and was %s", s.name, memory, cpu, said)
		}
	}
}

// TestTheCallerOfWorkersStaysSmall is not parallel: it counts what this process
// allocates.
func TestTheCallerOfWorkersStaysSmall(t *testing.T) {
	all := slices.DeleteFunc(bombs(t), func(s sample) bool { return s.want == taken })
	r := rand.New(rand.NewPCG(3, 4))
	whole := pictures(t)
	for _, from := range [][]sample{whole, foreign(), polyglots(t, whole), structures(t), damaged(whole, 500)} {
		for range spawned {
			all = append(all, from[r.IntN(len(from))])
		}
	}
	all = append(all, sample{"40 megapixels", flatPNG(8_000, 5_000), taken})
	develop := mediaworker.Spawn(worker(t), nil, 1)
	var before, after runtime.MemStats
	var most uint64
	for _, s := range all {
		runtime.ReadMemStats(&before)
		d, err := develop(t.Context(), bytes.NewReader(s.data))
		runtime.ReadMemStats(&after)
		most = max(most, after.TotalAlloc-before.TotalAlloc)
		if wrong := judge(s, d, err); wrong != nil {
			t.Errorf("%s (%d bytes): %v", s.name, len(s.data), wrong)
		}
	}
	t.Logf("%d files: at most %d kB for one of them", len(all), most>>10)
	if most > mostHere {
		t.Errorf("for one file %d bytes were taken", most)
	}
}

// cost returns the most memory that a worker held for data, its processor time
// and its verdict. It is confined like any other.
func cost(t testing.TB, bin string, data []byte) (memory int64, cpu time.Duration, said string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, "measure")
	var out, peak bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &out, &peak
	if err := cmd.Run(); err != nil {
		return 0, 0, "", fmt.Errorf("it died: %w %.200s", err, peak.String())
	}
	cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	var answer struct {
		Refused string
		Files   []struct{}
	}
	if err := json.NewDecoder(&out).Decode(&answer); err != nil {
		return 0, cpu, "", err
	}
	if said = answer.Refused; len(answer.Files) > 0 {
		said = taken.Reason
	}
	if runtime.GOOS == "linux" {
		memory, err = strconv.ParseInt(peak.String(), 10, 64)
	}
	return memory << 10, cpu, said, err
}
