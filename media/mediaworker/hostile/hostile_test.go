package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/image/webp"

	"meadow/media"
	"meadow/media/mediaworker"
	"meadow/services/kernel/errs"
)

func TestNoFileDoesHarm(t *testing.T) {
	t.Parallel()
	all := corpus(t, many)
	var accepted, refused atomic.Int64
	next := make(chan sample)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := range next {
				d, err := mediaworker.Decode(t.Context(), bytes.NewReader(s.data))
				if wrong := judge(s, d, err); wrong != nil {
					t.Errorf("%s (%d bytes): %v", s.name, len(s.data), wrong)
				}
				if err == nil {
					accepted.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	for _, s := range all {
		next <- s
	}
	close(next)
	wg.Wait()
	t.Logf("%d files: %d became pictures, %d were refused", len(all), accepted.Load(), refused.Load())
	if len(all) < 2_000 || accepted.Load() < 200 || refused.Load() < 500 {
		t.Error("too few of a kind to say anything")
	}
}

// judge says what is wrong with what became of s.
func judge(s sample, d mediaworker.Developed, err error) error {
	if err != nil {
		return judgeRefusal(s.want, d, err)
	}
	if s.want != nil && s.want != taken {
		return fmt.Errorf("taken, want %s", s.want.Reason)
	}
	if len(d.Files) < 3 || d.Width < 1 || d.Height < 1 {
		return fmt.Errorf("became %d by %d in %d files", d.Width, d.Height, len(d.Files))
	}
	for _, f := range d.Files {
		if err := harmless(s.data, f.Data, f.Type); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func judgeRefusal(want *errs.Error, d mediaworker.Developed, err error) error {
	if !slices.ContainsFunc(reasons, func(e *errs.Error) bool { return errors.Is(err, e) }) {
		return fmt.Errorf("no verdict: %w", err)
	}
	if want != nil && !errors.Is(err, want) {
		return fmt.Errorf("want %s: %w", want.Reason, err)
	}
	if len(d.Files) > 0 {
		return errors.New("refused, with files")
	}
	return nil
}

// harmless says what is wrong with serving out as kind, made of in.
func harmless(in, out []byte, kind string) error {
	if bytes.Equal(in, out) {
		return errors.New("what was sent is served")
	}
	for _, m := range markers {
		if bytes.Contains(in, []byte(m)) && bytes.Contains(out, []byte(m)) {
			return fmt.Errorf("%q survives", m)
		}
	}
	var err error
	switch kind {
	case "image/jpeg":
		if !bytes.HasSuffix(out, []byte{0xff, 0xd9}) {
			return errors.New("something follows the picture")
		}
		_, err = jpeg.Decode(bytes.NewReader(out))
	case "image/webp":
		if len(out) != 8+int(out[4])+int(out[5])<<8+int(out[6])<<16 {
			return errors.New("something follows the picture")
		}
		_, err = webp.Decode(bytes.NewReader(out))
	default:
		err = fmt.Errorf("served as %q", kind)
	}
	return err
}

func TestAGuardThatSleepsIsFound(t *testing.T) {
	t.Parallel()
	img := asJPEG(t, motif(8, 8))
	d := mediaworker.Developed{Width: 8, Height: 8}
	for _, name := range []media.Name{media.Full, media.Card, media.Thumb} {
		d.Files = append(d.Files, mediaworker.File{Name: name, Type: "image/jpeg", Data: img})
	}
	in := sample{"in", []byte("x"), nil}
	if err := judge(in, d, nil); err != nil {
		t.Fatalf("what is right is called wrong: %v", err)
	}
	for name, wrong := range map[string]func() error{
		"served as sent":   func() error { return judge(sample{"in", img, nil}, d, nil) },
		"taken":            func() error { return judge(sample{"in", nil, media.ErrPixels}, d, nil) },
		"no verdict":       func() error { return judge(in, mediaworker.Developed{}, errors.New("boom")) },
		"another verdict":  func() error { return judge(sample{"in", nil, taken}, mediaworker.Developed{}, media.ErrBroken) },
		"marker":           func() error { return harmless([]byte("a "+spoor), append([]byte(spoor), img...), "image/jpeg") },
		"trailing":         func() error { return harmless([]byte("x"), append(img[:len(img):len(img)], "more"...), "image/jpeg") },
		"no picture":       func() error { return harmless([]byte("x"), []byte{0xff, 0xd8, 0xff, 0xd9}, "image/jpeg") },
		"executable":       func() error { return harmless([]byte("x"), img, "text/html") },
		"files of nothing": func() error { return judge(in, mediaworker.Developed{}, nil) },
	} {
		if wrong() == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
	if !strings.Contains(fmt.Sprint(judge(in, d, media.ErrBroken)), "with files") {
		t.Error("a refusal with files is not noticed")
	}
}
