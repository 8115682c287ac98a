package app

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"meadow/feed"
	"meadow/gateway"
	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/creator"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

// pageWait is how long a page waits for its first data; past that it is sent
// without, and the script asks again.
const pageWait = 800 * time.Millisecond

// first is what the web app finds in its page, so that the first screen needs
// no further request.
type first struct {
	Me     *account.User  `json:"me"`
	Locale account.Locale `json:"locale,omitempty"`
	Page   map[string]any `json:"page,omitempty"`
}

// page says what a page shows before any script runs: to people, to search
// engines, and to the apps that links are shared in.
func (s *System) page(ctx context.Context, path string) (gateway.Head, any, int) {
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	out := first{Page: map[string]any{}}
	if _, err := actor.Signed(ctx); err == nil {
		if me, err := s.Account.Me(ctx, rpc.Empty{}); err == nil {
			out.Me, out.Locale = &me, me.Locale
		}
	}
	head := gateway.Head{Title: "Meadow 种草", Description: "发现好物，看见真实的生活 · Posts that make you want it", Lang: string(out.Locale)}
	kind, name, _ := strings.Cut(strings.Trim(path, "/"), "/")
	status := http.StatusOK
	var err error
	switch {
	case kind == "" && name == "":
		err = s.discover(ctx, out.Locale, &head, out.Page)
	case kind == "p" && name != "":
		err = s.postPage(ctx, id.Post(name), &head, out.Page)
	case kind == "s" && name != "":
		err = s.sharePage(ctx, name, &head, out.Page)
	case kind == "product" && name != "":
		err = s.productPage(ctx, id.Product(name), &head, out.Page)
	case kind == "u" && name != "":
		err = s.profilePage(ctx, id.User(name), &head, out.Page)
	case kind == "shop" && name != "":
		err = s.shopPage(ctx, id.Merchant(name), &head, out.Page)
	case promoted[kind] && name != "":
		err = s.promotedPage(ctx, kind, name, &head)
	default:
		head.Hidden = kind != "search"
	}
	switch errs.CodeOf(err) {
	case "":
	case errs.NotFound, errs.Invalid:
		status, head.Hidden = http.StatusNotFound, true
	default: // the page still works; its script says what does not
		s.log.WarnContext(ctx, "page without its first data", "path", path, "err", err)
	}
	return head, out, status
}

// discover is the first screen: what suits whoever asks, or what is newest if that
// cannot be had in time.
func (s *System) discover(ctx context.Context, lang account.Locale, h *gateway.Head, data map[string]any) error {
	h.Path = "/"
	covers := func(cards []creator.Card) {
		for _, c := range cards[:min(2, len(cards))] { // one for each column of a phone
			h.Preload = append(h.Preload, gateway.Preload{URL: c.Cover.Card, As: "image"})
		}
	}
	soon, cancel := context.WithTimeout(ctx, pageWait/2)
	defer cancel()
	chosen, err := s.Feed.ForYou(soon, feed.AskForYou{Ask: page.Ask{Limit: 20}, Lang: string(lang)})
	if err == nil {
		data["feed"] = chosen
		covers(page.Map(chosen, func(p feed.Shown) creator.Card { return p.Card }).Items)
		return nil
	}
	s.log.WarnContext(ctx, "first page without what suits", "err", err)
	newest, err := s.Feed.Newest(ctx, page.Ask{Limit: 20})
	if err != nil {
		return err
	}
	data["feed"] = newest
	covers(newest.Items)
	return nil
}

func (s *System) postPage(ctx context.Context, p id.Post, h *gateway.Head, data map[string]any) error {
	post, err := s.Creator.Post(ctx, creator.ReadPost{ID: p})
	if err != nil {
		return err
	}
	data["post"] = post
	h.Title, h.Description, h.Kind, h.Path = post.Title+" · "+post.Author.Name, shortened(post.Body), "article", "/p/"+string(p)
	h.Hidden = post.Visibility != creator.Public || post.State != creator.Approved
	if post.Ad { // also where the link is only previewed
		h.Title = "广告 Ad · " + h.Title
	}
	article := map[string]any{
		"@context": "https://schema.org", "@type": "Article", "headline": post.Title, "description": shortened(post.Body),
		"datePublished": post.PublishedAt, "author": map[string]any{"@type": "Person", "name": post.Author.Name, "url": s.cfg.PublicURL + "/u/" + string(post.Author.ID)},
	}
	if len(post.Pictures) > 0 {
		cover := post.Pictures[0]
		h.Image, h.ImageAlt = cover.Full, cover.Alt
		h.Preload = []gateway.Preload{{URL: cover.Full, As: "image"}}
		article["image"] = s.cfg.PublicURL + cover.Full
	}
	h.LinkedData = article
	return nil
}

// sharePage is a post's page as it looks to whoever opens somebody's link to it.
func (s *System) sharePage(ctx context.Context, code string, h *gateway.Head, data map[string]any) error {
	share, err := s.Creator.OpenShare(ctx, creator.OpenShare{Code: code})
	if err != nil {
		return err
	}
	data["share"] = share
	return s.postPage(ctx, share.Post, h, data)
}

func (s *System) productPage(ctx context.Context, p id.Product, h *gateway.Head, data map[string]any) error {
	product, err := s.Catalog.Product(ctx, catalog.ByProduct{ID: p})
	if err != nil {
		return err
	}
	data["product"] = product
	h.Title, h.Description, h.Kind, h.Path = product.Title, shortened(product.Body), "product", "/product/"+string(p)
	var offers []map[string]any
	for _, k := range product.SKUs {
		stock := "https://schema.org/InStock"
		if k.Available == 0 || product.State != catalog.Listed {
			stock = "https://schema.org/OutOfStock"
		}
		offers = append(offers, map[string]any{"@type": "Offer", "price": major(k.Price), "priceCurrency": k.Price.Currency, "availability": stock, "sku": k.ID})
	}
	linked := map[string]any{"@context": "https://schema.org", "@type": "Product", "name": product.Title, "description": shortened(product.Body), "offers": offers}
	if len(product.Pictures) > 0 {
		cover := product.Pictures[0]
		h.Image, h.ImageAlt = cover.Full, cover.Alt
		h.Preload = []gateway.Preload{{URL: cover.Full, As: "image"}}
		linked["image"] = s.cfg.PublicURL + cover.Full
	}
	h.LinkedData = linked
	return nil
}

func (s *System) profilePage(ctx context.Context, u id.User, h *gateway.Head, data map[string]any) error {
	profile, err := s.Creator.Profile(ctx, creator.ByUser{ID: u})
	if err != nil {
		return err
	}
	posts, err := s.Creator.PostsBy(ctx, creator.PostsBy{ID: u, Ask: page.Ask{Limit: 20}})
	if err != nil {
		return err
	}
	data["profile"], data["posts"] = profile, posts
	h.Title, h.Description, h.Kind, h.Path = profile.Name, shortened(profile.Bio), "profile", "/u/"+string(u)
	h.Image, h.ImageAlt = profile.Avatar.Full, profile.Name
	h.LinkedData = map[string]any{"@context": "https://schema.org", "@type": "ProfilePage", "mainEntity": map[string]any{"@type": "Person", "name": profile.Name, "description": profile.Bio}}
	return nil
}

func (s *System) shopPage(ctx context.Context, m id.Merchant, h *gateway.Head, data map[string]any) error {
	shop, err := s.Catalog.Merchant(ctx, catalog.ByMerchant{ID: m})
	if err != nil {
		return err
	}
	products, err := s.Catalog.Products(ctx, catalog.Products{Merchant: m, Ask: page.Ask{Limit: 20}})
	if err != nil {
		return err
	}
	data["merchant"], data["products"] = shop, products
	h.Title, h.Description, h.Path = shop.Name, shortened(shop.Story), "/shop/"+string(m)
	h.Image, h.ImageAlt = shop.Logo.Full, shop.Name
	return nil
}

// shortened is a text's beginning, in one line.
func shortened(s string) string {
	const most = 140
	line := []rune(strings.Join(strings.Fields(s), " "))
	if len(line) <= most {
		return string(line)
	}
	return string(line[:most-1]) + "…"
}

// minorDigits are the currencies whose minor unit is not a hundredth.
var minorDigits = map[string]int{"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3}

// major writes an amount the way linked data wants it: "199.00".
func major(m money.Money) string {
	digits, ok := minorDigits[m.Currency]
	if !ok {
		digits = 2
	}
	text := fmt.Sprintf("%0*d", digits+1, m.Amount)
	if digits == 0 {
		return text
	}
	return text[:len(text)-digits] + "." + text[len(text)-digits:]
}
