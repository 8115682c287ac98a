// Package mediatest says what media promises, as tests that every arrangement
// of processes must pass, and what such tests need.
package mediatest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"strconv"
	"testing"

	"meadow/media"
)

// World is a media role as others see it.
type World struct {
	Service media.Service
	URL     string // of the server that takes uploads and serves pictures
}

// Photo returns a JPEG that differs with seed.
func Photo(t testing.TB, w, h int, seed uint8) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x/2) + seed, uint8(y / 2), uint8((x*x + y*seedOf(seed)) >> 6), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func seedOf(s uint8) int { return int(s) + 1 }

// Tus sends one request of the upload protocol with the ticket's token. to is
// the path that Location gave, or media.UploadPath. Header holds names and
// values in turn.
func (w World) Tus(ctx context.Context, method, to, token string, body io.Reader, header ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, w.URL+to, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return http.DefaultClient.Do(req)
}

// Upload sends data in pieces of size bytes, as a browser would, and returns the
// status that the last request was answered with.
func (w World) Upload(ctx context.Context, ticket media.Ticket, data []byte, size int) (int, error) {
	res, err := w.Tus(ctx, http.MethodPost, ticket.URL, ticket.Token, nil, "Upload-Length", strconv.Itoa(len(data)))
	if err != nil {
		return 0, err
	}
	res.Body.Close()
	to := res.Header.Get("Location")
	for at := 0; at < len(data) && res.StatusCode/100 == 2; at += size {
		res, err = w.Tus(ctx, http.MethodPatch, to, ticket.Token, bytes.NewReader(data[at:min(at+size, len(data))]),
			"Upload-Offset", strconv.Itoa(at), "Content-Type", "application/offset+octet-stream")
		if err != nil {
			return 0, err
		}
		res.Body.Close()
	}
	return res.StatusCode, nil
}

// Get fetches a path of the media role.
func (w World) Get(ctx context.Context, path string, header ...string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL+path, nil)
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("get %s: %w", path, err)
	}
	return res, body, nil
}
