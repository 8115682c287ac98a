package fault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"meadow/deploy/shopper"
	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/kernel/video"
)

// TestNoVideoIsLostWhenTheShopIsKilled uploads videos and plans posts of them
// before they are ready, and kills the shop while it encodes.
func TestNoVideoIsLostWhenTheShopIsKilled(t *testing.T) {
	if os.Getenv("MEADOW_FAULT_ROUNDS") == "" {
		t.Skip("SKIPPED killing a shop that encodes videos: MEADOW_FAULT_ROUNDS is not set")
	}
	file := filepath.Join(t.TempDir(), "film.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=540x960:r=24:d=4",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", file).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skipf("SKIPPED killing a shop that encodes videos: %v", err)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	film, err := os.ReadFile(file)
	must(t, err)
	w := settleIn(t, t.TempDir(), 0)
	n := max(1, rounds(t)/50)
	for round := range n {
		w.premiere(t, round, film)
	}
	t.Logf("%d rounds of 2 videos", n)
}

// premiere has two videos uploaded and planned, kills the shop, and waits until
// both are posts that play.
func (w *town) premiere(t *testing.T, round int, film []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	p := shopper.Open(w.URL).Person()
	must(t, p.SignUp(ctx, fmt.Sprintf("director%d", round)))
	over := make(chan struct{})
	var killer, wg sync.WaitGroup
	killer.Go(func() { w.harass(t, ctx, 4*time.Second, over) })
	for i := range 2 {
		wg.Go(func() {
			u := &shopper.Uploading{Person: p, Purpose: "post", Kind: "video", Data: film, Pieces: 4}
			if err := shopper.Insist(ctx, func() error { return u.Send(ctx) }); err != nil {
				t.Errorf("round %d: upload: %v", round, err)
				return
			}
			if err := plan(ctx, p, fmt.Sprintf("film %d", i), u.Media); err != nil {
				t.Errorf("round %d: plan: %v", round, err)
			}
			if err := ready(ctx, u); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		})
	}
	wg.Wait()
	close(over)
	killer.Wait()
	eventually(t, wait, func() error {
		works, err := all[creator.Work](ctx, p, "/works")
		if err != nil || len(works) != 2 || works[0].Title == works[1].Title {
			return fmt.Errorf("round %d: %d posts: %w", round, len(works), err)
		}
		for _, k := range works {
			var post creator.Post
			if err := p.Do(ctx, "GET", "/posts/"+string(k.ID), "", nil, &post); err != nil {
				return err
			}
			res, err := http.Get(w.URL + post.Video.HLS)
			if err != nil {
				return err
			}
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("round %d: %s: %s", round, post.Video.HLS, res.Status)
			}
		}
		return nil
	})
}

// plan has a video published as soon as it is ready, and insists.
func plan(ctx context.Context, p *shopper.Person, title string, film id.Media) error {
	in := creator.DraftContent{Kind: creator.Video, Title: title, Lang: "en", Video: &video.WantedVideo{ID: film}}
	key := id.Secret()
	var d creator.Draft
	if err := shopper.Insist(ctx, func() error { return p.Do(ctx, "POST", "/drafts", key, in, &d) }); err != nil {
		return err
	}
	err := shopper.Insist(ctx, func() error {
		at := creator.Schedule{Rev: d.Rev, At: time.Now().Add(time.Second), Zone: "Asia/Shanghai"}
		return p.Do(ctx, "PUT", "/drafts/"+string(d.ID)+"/schedule", "", at, nil)
	})
	if errors.Is(err, creator.ErrSent) {
		return nil
	}
	return err
}
