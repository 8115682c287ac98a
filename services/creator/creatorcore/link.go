package creatorcore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"meadow/services/creator"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// A purchase link is "post.creator.product.time.mac": ids without their
// prefixes, seconds in base 36, and the HMAC-SHA256 of what stands before it.

// linkDomain keeps the key's other uses, if it ever has any, apart.
const linkDomain = "meadow purchase link 1\n"

// ahead is how much faster the clock of the process that made a link may be.
const ahead = time.Minute

func (c *Core) link(p post, product id.Product, at time.Time) string {
	return c.signed(p.ID, p.Author, product, at)
}

// shelfLink is a purchase link from a creator's showcase: of no post.
func (c *Core) shelfLink(owner id.User, product id.Product, at time.Time) string {
	return c.signed("", owner, product, at)
}

func (c *Core) signed(p id.Post, by id.User, product id.Product, at time.Time) string {
	text := strings.Join([]string{
		strings.TrimPrefix(string(p), "pst_"), strings.TrimPrefix(string(by), "usr_"),
		strings.TrimPrefix(string(product), "prd_"), strconv.FormatInt(at.Unix(), 36),
	}, ".")
	return text + "." + base64.RawURLEncoding.EncodeToString(c.linkMAC(text))
}

func (c *Core) linkMAC(text string) []byte {
	h := hmac.New(sha256.New, c.LinkKey)
	h.Write([]byte(linkDomain))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// readLink returns what a link claims if we made it.
func (c *Core) readLink(link string) (creator.Attribution, error) {
	cut := strings.LastIndexByte(link, '.')
	if cut < 0 {
		return creator.Attribution{}, errors.New("no signature")
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(link[cut+1:])
	if err != nil || !hmac.Equal(mac, c.linkMAC(link[:cut])) {
		return creator.Attribution{}, errors.New("not our signature")
	}
	parts := strings.Split(link[:cut], ".")
	if len(parts) != 4 {
		return creator.Attribution{}, errors.New("not four parts")
	}
	at, err := strconv.ParseInt(parts[3], 36, 64)
	if err != nil {
		return creator.Attribution{}, err
	}
	var from id.Post
	if parts[0] != "" {
		from = id.Post("pst_" + parts[0])
	}
	return creator.Attribution{
		Post: from, Creator: id.User("usr_" + parts[1]),
		Product: id.Product("prd_" + parts[2]), At: time.Unix(at, 0).UTC(),
	}, nil
}

// OpenLink returns what a purchase link proves, if its post still sells the
// product and the link is not too old.
func (c *Core) OpenLink(ctx context.Context, in creator.OpenLink) (creator.Attribution, error) {
	if err := internal(ctx); err != nil {
		return creator.Attribution{}, err
	}
	a, err := c.readLink(in.Link)
	if err != nil {
		return creator.Attribution{}, creator.ErrBadLink.Because(err)
	}
	if age := c.Now().Sub(a.At); age >= creator.LinkTTL || age < -ahead {
		return creator.Attribution{}, creator.ErrBadLink.Because(errors.New("too old"))
	}
	if a.Post == "" {
		return c.openShelfLink(ctx, a)
	}
	p, err := c.posts.Get(ctx, string(a.Post))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return creator.Attribution{}, creator.ErrBadLink.Because(err)
	case err != nil:
		return creator.Attribution{}, err
	case !p.shown() || p.Author != a.Creator || !p.tags(a.Product):
		return creator.Attribution{}, creator.ErrBadLink.Because(errors.New("no longer sold there"))
	}
	return a, nil
}
