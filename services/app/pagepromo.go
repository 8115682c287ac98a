package app

import (
	"context"
	"fmt"

	"meadow/gateway"
	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/promo/bargain"
	"meadow/services/promo/groupbuy"
	"meadow/services/promo/invite"
	"meadow/services/promo/redpacket"
)

// promoted are the pages that people send to friends so that they take part.
var promoted = map[string]bool{"teams": true, "bargains": true, "packets": true, "invite": true}

// promotedPage says what a link asks for where it is previewed. Search engines
// get none of them: they are for whom they were sent to.
func (s *System) promotedPage(ctx context.Context, kind, name string, h *gateway.Head) error {
	h.Hidden, h.Path = true, "/"+kind+"/"+name
	switch kind {
	case "teams":
		t, err := s.Promotions.GroupBuy.Team(ctx, groupbuy.ByID{ID: name})
		if err != nil {
			return err
		}
		h.Title = fmt.Sprintf("差 %d 人成团 · %s %s · %s", t.Share.Missing, t.Price.Currency, major(t.Price), t.Name)
		h.Description = "人齐了才发货，没凑齐自动全额退款 · Sent once the team is full; otherwise all money goes back"
		if t.State != groupbuy.IsOpen {
			h.Title = "拼团 Group buy · " + t.Name
		}
		s.productImage(ctx, t.Product, h)
	case "bargains":
		b, err := s.Promotions.Bargain.Bargain(ctx, bargain.ByID{ID: name})
		if err != nil {
			return err
		}
		h.Title = fmt.Sprintf("帮我砍一刀 · %s %s · %s", b.Price.Currency, major(b.Price), b.Name)
		h.Description = fmt.Sprintf("再有 %d 人帮忙就到底价 · %d more cuts to the floor", b.CutsLeft, b.CutsLeft)
		s.productImage(ctx, b.Product, h)
	case "packets":
		p, err := s.Promotions.RedPacket.Packet(ctx, redpacket.ByID{ID: name})
		if err != nil {
			return err
		}
		h.Title, h.Description = "红包 Red packet", shortened(p.Words)
	case "invite":
		if _, err := s.Promotions.Invite.Look(ctx, invite.Look{Token: name}); err != nil {
			return err
		}
		h.Title, h.Description = "朋友邀请你来 Meadow · You are invited", "发现好物，看见真实的生活 · Posts that make you want it"
	}
	return nil
}

// productImage shows a product's first picture; without one the link does as well.
func (s *System) productImage(ctx context.Context, p id.Product, h *gateway.Head) {
	product, err := s.Catalog.Product(ctx, catalog.ByProduct{ID: p})
	if err != nil || len(product.Pictures) == 0 {
		return
	}
	h.Image, h.ImageAlt = product.Pictures[0].Full, product.Pictures[0].Alt
}
