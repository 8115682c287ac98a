package shopper

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"strconv"

	"meadow/media"
	"meadow/services/creator"
	"meadow/services/kernel/id"
)

// Uploading is one file on its way, in pieces. Send may be called again after
// any failure: it goes on where the shop says that it is.
type Uploading struct {
	Person  *Person
	Purpose string
	Kind    string // "" is a picture
	Data    []byte
	Pieces  int

	ticket creator.Ticket
	at     string // where the bytes go, once the shop has said so
	Media  id.Media
}

// Send sends what the shop does not have yet. ErrDown means to call it again.
func (u *Uploading) Send(ctx context.Context) error {
	if u.ticket.Upload == "" {
		in := creator.Upload{Purpose: u.Purpose, Kind: u.Kind, Bytes: int64(len(u.Data))}
		if err := u.Person.Do(ctx, http.MethodPost, "/uploads", "", in, &u.ticket); err != nil {
			return err
		}
	}
	offset := 0
	if u.at == "" {
		made, err := u.request(ctx, http.MethodPost, u.Person.door.URL+u.ticket.URL, nil, http.StatusCreated,
			"Upload-Length", strconv.Itoa(len(u.Data)), "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte("cup.jpg")))
		if err != nil {
			return err
		}
		u.at = u.Person.door.URL + made.Get("Location")
	} else {
		head, err := u.request(ctx, http.MethodHead, u.at, nil, http.StatusOK)
		if err != nil {
			return err
		}
		if offset, err = strconv.Atoi(head.Get("Upload-Offset")); err != nil {
			return fmt.Errorf("where an upload is: %w", err)
		}
		u.Media = id.Media(head.Get("Meadow-Media"))
	}
	step := (len(u.Data) + u.Pieces - 1) / u.Pieces
	for offset < len(u.Data) {
		end := min(offset+step, len(u.Data))
		done, err := u.request(ctx, http.MethodPatch, u.at, u.Data[offset:end], http.StatusNoContent,
			"Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
		if err != nil {
			return err
		}
		offset, u.Media = end, id.Media(done.Get("Meadow-Media"))
	}
	if u.Media == "" {
		return fmt.Errorf("upload %s is whole and has no name", u.ticket.Upload)
	}
	return nil
}

// Progress says where it stands.
func (u *Uploading) Progress(ctx context.Context) (media.Progress, error) {
	var out media.Progress
	err := u.Person.Do(ctx, http.MethodGet, "/uploads/"+string(u.ticket.Upload), "", nil, &out)
	return out, err
}

// request is one of the tus protocol's. headers are names and values in turn.
func (u *Uploading) request(ctx context.Context, method, url string, body []byte, want int, headers ...string) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Authorization", "Bearer "+u.ticket.Token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := u.Person.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDown, err)
	}
	defer res.Body.Close()
	if res.StatusCode == want {
		return res.Header, nil
	}
	err = fmt.Errorf("%s %s: %s", method, req.URL.Path, res.Status)
	if res.StatusCode >= http.StatusInternalServerError {
		err = errors.Join(ErrDown, err)
	}
	return nil, err
}

// Upload uploads a small picture.
func (p *Person) Upload(ctx context.Context, purpose string) (id.Media, error) {
	file, err := Photo(640, 800)
	if err != nil {
		return "", err
	}
	u := Uploading{Person: p, Purpose: purpose, Data: file, Pieces: 1}
	err = u.Send(ctx)
	return u.Media, err
}

// Photo is a JPEG of two colours.
func Photo(width, height int) ([]byte, error) {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{R: uint8(150 + y*50/height), G: 190, B: uint8(160 + x*40/width), A: 255})
		}
	}
	var file bytes.Buffer
	err := jpeg.Encode(&file, m, nil)
	return file.Bytes(), err
}
