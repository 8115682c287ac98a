package app

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"meadow/services/account"
	"meadow/services/aftersale"
	"meadow/services/catalog"
	"meadow/services/checkout"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
	"meadow/services/platform/rpc"
	"meadow/services/platform/web"
	"meadow/services/promo/coupon"
	"meadow/services/promo/invite"
	"meadow/services/promo/points"
)

// exportPath is where people get what the shop keeps of them.
const exportPath = "/api/v1/account/export"

// exportRoute is its name among routes.
const exportRoute = http.MethodPost + " " + exportPath

// mostExported is how much of one list an export holds; what is beyond it is
// named in Cut.
const mostExported = 2000

// Export is what the shop keeps of somebody, as they may see it: who they are
// here, what they bought, what became of it, and what they were given. Feed
// history has an export of its own.
type Export struct {
	At    time.Time      `json:"at"`
	Parts map[string]any `json:"parts"`
	// Cut names lists that were longer than an export holds.
	Cut []string `json:"cut"`
}

// gathering is an export that is being made, by whoever it is of.
type gathering struct {
	ctx context.Context
	out Export
	err error
}

func (g *gathering) put(name string, v any, err error) {
	if g.err == nil && err != nil {
		g.err = err
		return
	}
	g.out.Parts[name] = v
}

// every reads a whole list, page by page.
func every[T any](g *gathering, name string, read func(ctx context.Context, at page.Ask) (page.Page[T], error)) []T {
	all := []T{}
	for after := page.Cursor(""); g.err == nil; {
		some, err := read(g.ctx, page.Ask{After: after, Limit: 50})
		if err != nil {
			g.err = err
			break
		}
		all = append(all, some.Items...)
		if after = some.Next; after == "" {
			break
		}
		if len(all) >= mostExported {
			g.out.Cut = append(g.out.Cut, name)
			break
		}
	}
	g.put(name, all, g.err)
	return all
}

// export gathers what is kept of whoever asks, as they ask: nothing is in it that
// they could not look at.
func (s *System) export(ctx context.Context) (Export, error) {
	if _, err := actor.Signed(ctx); err != nil {
		return Export{}, err
	}
	g := &gathering{ctx: ctx, out: Export{At: s.now(), Parts: map[string]any{}, Cut: []string{}}}
	s.exportPerson(g)
	s.exportTrade(g)
	s.exportGifts(g)
	return g.out, g.err
}

func (s *System) exportPerson(g *gathering) {
	me, err := s.Account.Me(g.ctx, rpc.Empty{})
	g.put("account", me, err)
	places, err := s.Account.Addresses(g.ctx, rpc.Empty{})
	g.put("addresses", places.Items, err)
	sessions, err := s.Account.Sessions(g.ctx, rpc.Empty{})
	g.put("sessions", sessions.Items, err)
}

func (s *System) exportTrade(g *gathering) {
	cart, err := s.Checkout.Cart(g.ctx, checkout.ByCart{})
	g.put("cart", cart, err)
	orders := every(g, "orders", func(ctx context.Context, at page.Ask) (page.Page[checkout.Order], error) {
		return s.Checkout.Orders(ctx, checkout.Orders{Ask: at})
	})
	for _, stage := range []fulfil.Stage{fulfil.ToShip, fulfil.ToReceive, fulfil.Had} {
		every(g, "parcels_"+string(stage), func(ctx context.Context, at page.Ask) (page.Page[fulfil.Parcel], error) {
			return s.Fulfil.Mine(ctx, fulfil.Mine{Ask: at, Stage: stage})
		})
	}
	every(g, "after_sales", func(ctx context.Context, at page.Ask) (page.Page[aftersale.AfterSale], error) {
		return s.AfterSale.Mine(ctx, aftersale.List{Ask: at})
	})
	s.exportRatings(g, orders)
}

// exportRatings asks what was said of each line that was paid.
func (s *System) exportRatings(g *gathering, orders []checkout.Order) {
	const most = 100 // lines in one question
	var lines []string
	for _, o := range orders {
		for i := range o.Lines {
			if !o.PaidAt.IsZero() {
				lines = append(lines, string(o.ID)+"."+strconv.Itoa(i))
			}
		}
	}
	said := []catalog.RatingOfMine{}
	for some := range slices.Chunk(lines, most) {
		mine, err := s.Catalog.MyRatings(g.ctx, catalog.AskMine{Of: strings.Join(some, ",")})
		if err != nil {
			g.put("ratings", nil, err)
			return
		}
		said = append(said, mine.Items...)
	}
	g.put("ratings", said, nil)
}

func (s *System) exportGifts(g *gathering) {
	p := s.Promotions
	for _, shelf := range []coupon.Shelf{coupon.Ready, coupon.Used, coupon.Expired} {
		every(g, "coupons_"+string(shelf), func(ctx context.Context, at page.Ask) (page.Page[coupon.Coupon], error) {
			return p.Coupon.Mine(ctx, coupon.Mine{Ask: at, State: shelf})
		})
	}
	balance, err := p.Points.Balance(g.ctx, points.Mine{})
	g.put("points", balance, err)
	every(g, "points_history", p.Points.History)
	every(g, "cashback", p.Cashback.Mine)
	every(g, "red_packets_made", p.RedPacket.Made)
	every(g, "red_packets_got", p.RedPacket.Got)
	every(g, "bargains", p.Bargain.Mine)
	every(g, "teams", p.GroupBuy.MyTeams)
	every(g, "invited", p.Invite.Invitees)
	every(g, "invite_rewards", p.Invite.Rewards)
	tree, err := p.Invite.Tree(g.ctx, invite.OfUser{})
	g.put("invite_tree", tree, err)
	for _, as := range []string{"wallet", "creator"} {
		b, err := s.Ledger.Balances(g.ctx, ledger.Owner{As: as})
		g.put(as, b, err)
		every(g, as+"_lines", func(ctx context.Context, at page.Ask) (page.Page[ledger.Line], error) {
			return s.Ledger.Lines(ctx, ledger.Owner{Ask: at, As: as, Pot: "earned"})
		})
		every(g, as+"_payouts", func(ctx context.Context, at page.Ask) (page.Page[ledger.Payout], error) {
			return s.Ledger.Payouts(ctx, ledger.Owner{Ask: at, As: as})
		})
	}
}

// errExporting is for whoever asks for their export while it is being made.
var errExporting = errs.New(errs.Conflict, "export_under_way", "Your export is being made already.")

// sendExport answers with a file whoever shows that they know their password: a
// device that was left signed in does not give everything away. It reads a lot, so
// each user has one at a time.
func (s *System) sendExport(x *web.Exchange) error {
	who, err := actor.Signed(x.Context())
	if err != nil {
		return err
	}
	body, err := x.Body()
	if err != nil {
		return err
	}
	var in struct {
		Password string `json:"password"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Password == "" || len(in.Password) > 4*128 {
		return errs.ErrInvalid.With("password", "your password")
	}
	if _, busy := s.exporting.LoadOrStore(who, true); busy {
		return errExporting
	}
	defer s.exporting.Delete(who)
	if _, err := s.Account.CheckPassword(actor.AsSystem(x.Context(), "export"), account.CheckPassword{User: who, Password: in.Password}); err != nil {
		return err
	}
	return s.answerExport(x)
}

func (s *System) answerExport(x *web.Exchange) error {
	out, err := s.export(x.Context())
	if err != nil {
		return err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	x.SetHeader("Content-Disposition", `attachment; filename="meadow-`+strconv.FormatInt(out.At.Unix(), 10)+`.json"`)
	x.SetHeader("Cache-Control", "no-store")
	return x.Send(http.StatusOK, "application/json", body)
}
