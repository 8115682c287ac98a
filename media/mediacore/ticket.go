package mediacore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"meadow/media"
	"meadow/services/kernel/id"
)

// most is the most bytes that a file of each kind may have.
func most(k media.Kind) int64 {
	switch k {
	case media.Film:
		return media.MaxVideoBytes
	case media.Captions:
		return media.MaxCaptionBytes
	}
	return media.MaxBytes
}

// Grant implements media.Service.
func (c *Core) Grant(_ context.Context, in media.GrantIn) (media.Ticket, error) {
	if in.Kind == media.Film && c.Film == nil {
		return media.Ticket{}, media.ErrNoVideo
	}
	now := c.Now()
	g := media.Grant{
		ID: id.Upload(id.New("upl", now)), Owner: in.Owner, Purpose: in.Purpose, Kind: in.Kind,
		MaxBytes: in.MaxBytes, Until: now.Add(media.GrantTTL),
	}
	if limit := most(in.Kind); g.MaxBytes <= 0 || g.MaxBytes > limit {
		g.MaxBytes = limit
	}
	return c.ticket(g)
}

func (c *Core) ticket(g media.Grant) (media.Ticket, error) {
	b, err := json.Marshal(g)
	if err != nil {
		return media.Ticket{}, fmt.Errorf("media: grant: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	return media.Ticket{
		Upload: g.ID, Media: mediaOf(g.ID), URL: media.UploadPath, MaxBytes: g.MaxBytes, Until: g.Until,
		Token: text + "." + base64.RawURLEncoding.EncodeToString(c.sign(text)),
	}, nil
}

// granted returns what token allows, or ErrToken, or ErrExpired.
func (c *Core) granted(token string) (media.Grant, error) {
	text, mac, _ := strings.Cut(token, ".")
	sum, err := base64.RawURLEncoding.DecodeString(mac)
	if err != nil || !hmac.Equal(sum, c.sign(text)) {
		return media.Grant{}, media.ErrToken
	}
	var g media.Grant
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		return media.Grant{}, media.ErrToken.Because(err)
	}
	if !c.Now().Before(g.Until) {
		return media.Grant{}, media.ErrExpired
	}
	return g, nil
}

// holds returns nil if token is the ticket of this upload.
func (c *Core) holds(token string, u id.Upload) error {
	g, err := c.granted(token)
	if err != nil {
		return err
	}
	if g.ID != u {
		return media.ErrToken
	}
	return nil
}

func (c *Core) sign(text string) []byte {
	h := hmac.New(sha256.New, c.Key)
	h.Write([]byte("meadow upload ticket\n"))
	h.Write([]byte(text))
	return h.Sum(nil)
}
