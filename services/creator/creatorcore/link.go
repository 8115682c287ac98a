package creatorcore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/services/account"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/platform/docdb"
)

// A purchase link is "post.creator.product.time.via.mac": ids without their
// prefixes, seconds in base 36, and the HMAC-SHA256 of what stands before it.
// The post is empty in a link from a showcase, via where nobody shared the post.

// What the key signs, kept apart.
const (
	linkDomain  = "meadow purchase link 2\n"
	shareDomain = "meadow share link 1\n"
)

// ahead is how much faster the clock of the process that made a link may be.
const ahead = time.Minute

func (c *Core) link(p id.Post, seller id.User, product id.Product, via id.User, at time.Time) string {
	return c.signed(linkDomain, strings.Join([]string{
		strings.TrimPrefix(string(p), "pst_"), strings.TrimPrefix(string(seller), "usr_"),
		strings.TrimPrefix(string(product), "prd_"), strconv.FormatInt(at.Unix(), 36),
		strings.TrimPrefix(string(via), "usr_"),
	}, "."))
}

// shelfLink is a purchase link from a creator's showcase: of no post.
func (c *Core) shelfLink(owner id.User, product id.Product, at time.Time) string {
	return c.link("", owner, product, "", at)
}

// signed is text and its signature.
func (c *Core) signed(domain, text string) string {
	return text + "." + base64.RawURLEncoding.EncodeToString(c.mac(domain, text))
}

func (c *Core) mac(domain, text string) []byte {
	h := hmac.New(sha256.New, c.LinkKey)
	h.Write([]byte(domain))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// proven returns the parts of a text that we signed.
func (c *Core) proven(domain, signed string, parts int) ([]string, error) {
	cut := strings.LastIndexByte(signed, '.')
	if cut < 0 {
		return nil, errors.New("no signature")
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(signed[cut+1:])
	if err != nil || !hmac.Equal(mac, c.mac(domain, signed[:cut])) {
		return nil, errors.New("not our signature")
	}
	out := strings.Split(signed[:cut], ".")
	if len(out) != parts {
		return nil, errors.New("not as many parts")
	}
	return out, nil
}

// readLink returns what a link claims if we made it.
func (c *Core) readLink(link string) (creator.Attribution, error) {
	parts, err := c.proven(linkDomain, link, 5)
	if err != nil {
		return creator.Attribution{}, err
	}
	at, err := strconv.ParseInt(parts[3], 36, 64)
	if err != nil {
		return creator.Attribution{}, err
	}
	a := creator.Attribution{
		Creator: id.User("usr_" + parts[1]), Product: id.Product("prd_" + parts[2]), At: time.Unix(at, 0).UTC(),
	}
	if parts[0] != "" {
		a.Post = id.Post("pst_" + parts[0])
	}
	if parts[4] != "" {
		a.Via = id.User("usr_" + parts[4])
	}
	return a, nil
}

var errNotSold = errors.New("no longer sold there")

// OpenLink returns what a purchase link proves, if its post or showcase still
// sells the product and the link is not too old.
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
	seller, err := c.profile(ctx, a.Creator)
	switch {
	case errors.Is(err, creator.ErrNoSuchProfile):
		return creator.Attribution{}, creator.ErrBadLink.Because(err)
	case err != nil:
		return creator.Attribution{}, err
	case seller.banned(c.Now()):
		return creator.Attribution{}, creator.ErrBadLink.Because(errNotSold)
	case a.Post == "":
		return c.openShelfLink(ctx, a)
	}
	p, err := c.posts.Get(ctx, string(a.Post))
	switch {
	case errors.Is(err, docdb.ErrNotFound):
		return creator.Attribution{}, creator.ErrBadLink.Because(err)
	case err != nil:
		return creator.Attribution{}, err
	case p.FansAt.IsZero() || p.Author != a.Creator || !p.tags(a.Product):
		return creator.Attribution{}, creator.ErrBadLink.Because(errNotSold)
	}
	a.Trace = p.Trace
	if p.Earns {
		a.Reward, err = c.earns(ctx, p.Author)
	}
	return a, err
}

// earns reports whether somebody is a creator now: whoever is none any more
// earns by no link, whenever it was made.
func (c *Core) earns(ctx context.Context, u id.User) (bool, error) {
	known, err := c.Account.KnownUsers(actor.AsSystem(ctx, self), account.Users{IDs: []id.User{u}})
	if err != nil {
		return false, fmt.Errorf("roles: %w", err)
	}
	for _, a := range known.Items {
		if a.ID == u {
			return slices.Contains(a.Roles, actor.Creator), nil
		}
	}
	return false, nil
}
