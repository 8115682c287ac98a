package catalogcore

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"meadow/services/catalog"
	"meadow/services/fulfil"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
)

// receipts says that everybody has received five lines of whatever they ask
// about, and that the sixth is on its way.
type receipts struct{ sku id.SKU }

func (r receipts) Bought(_ context.Context, in fulfil.Bought) (fulfil.BoughtList, error) {
	var out fulfil.BoughtList
	for line := range 6 {
		l := fulfil.BoughtLine{Order: id.Order("ord_of_" + in.User), Line: line, SKU: r.sku, N: 1}
		if line < 5 {
			l.ReceivedAt = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
		}
		out.Items = append(out.Items, l)
	}
	return out, nil
}

// kiln is a shop with one listed product.
type kiln struct {
	*warehouse
	album *album
	owner actor.Actor
	cup   catalog.Product
}

func newKiln(t *testing.T) *kiln {
	t.Helper()
	w, pictures, shop := newShop(t)
	k := &kiln{warehouse: w, album: pictures, owner: shop.Merchant(t, "kiln")}
	ctx := actor.With(t.Context(), k.owner)
	p, err := w.Draft(ctx, catalog.DraftProduct{RequestID: "cup", Sheet: catalog.Sheet{
		Title: "Cup", Category: "home", Facts: []catalog.Fact{{Name: "Origin", Value: "Longquan"}},
		Pictures: []picture.Wanted{{ID: pictures.add(k.owner.User)}}, SKUs: []catalog.NewSKU{{Price: money.CNY(100)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if k.cup, err = w.List(ctx, catalog.ByProduct{ID: p.ID}); err != nil {
		t.Fatal(err)
	}
	w.Deps.Bought = receipts{k.cup.SKUs[0].ID}
	return k
}

func (k *kiln) rate(line, stars int) catalog.Rate {
	return catalog.Rate{ID: k.cup.ID, Order: "ord_of_usr_amy", Line: line, Stars: stars, Text: "Fits the hand", RequestID: id.Secret()}
}

func (k *kiln) sum(t *testing.T) catalog.RatingSum {
	t.Helper()
	p, err := k.Product(t.Context(), catalog.ByProduct{ID: k.cup.ID})
	if err != nil {
		t.Fatal(err)
	}
	return p.Rating
}

func TestWhatWasReceivedIsRatedOnce(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	amy := actor.With(t.Context(), actor.Actor{User: "usr_amy"})
	in := k.rate(0, 4)
	in.Pictures = []picture.Wanted{{ID: k.album.add("usr_amy"), Alt: "On my table"}}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if r, err := k.Rate(amy, in); err != nil || r.Stars != 4 || len(r.Pictures) != 1 || r.Name == "" {
				t.Errorf("rate: %+v, %v", r, err)
			}
		})
	}
	wg.Wait()
	if got := k.sum(t); got.Count != 1 || got.Stars[3] != 1 || got.Mean != 400 {
		t.Errorf("6 tries of one rating come to %+v, want one of 4 stars", got)
	}
	mine, err := k.MyRatings(amy, catalog.AskMine{Of: "ord_of_usr_amy.0,ord_of_usr_amy.1"})
	if err != nil || len(mine.Items) != 1 || mine.Items[0].Line != 0 || mine.Items[0].Rating.Stars != 4 {
		t.Errorf("of two lines %+v, %v; want the one that was rated", mine, err)
	}
	if mine, err := k.MyRatings(actor.With(t.Context(), actor.Actor{User: "usr_bob"}), catalog.AskMine{Of: "ord_of_usr_amy.0"}); err != nil || len(mine.Items) > 0 {
		t.Errorf("another is told %+v, %v", mine, err)
	}
	for name, tt := range map[string]struct {
		ctx  context.Context
		in   catalog.Rate
		want error
	}{
		"another word on the same line": {amy, k.rate(0, 1), catalog.ErrRated},
		"what is on its way":            {amy, k.rate(5, 5), catalog.ErrNotReceived},
		"another's purchase":            {actor.With(t.Context(), actor.Actor{User: "usr_bob"}), k.rate(1, 1), catalog.ErrNotReceived},
		"a visitor":                     {t.Context(), k.rate(1, 1), actor.ErrNobody},
		"a product that does not exist": {amy, catalog.Rate{ID: "prd_none", Order: "ord_of_usr_amy", Stars: 1, RequestID: id.Secret()}, catalog.ErrNoSuchProduct},
	} {
		if _, err := k.Rate(tt.ctx, tt.in); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestRatingsAreListedAndAnswered(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	amy := actor.With(t.Context(), actor.Actor{User: "usr_amy"})
	for line, stars := range []int{5, 3, 5, 1, 5} {
		k.clock.Advance(time.Minute)
		if _, err := k.Rate(amy, k.rate(line, stars)); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.sum(t); got != (catalog.RatingSum{Count: 5, Stars: [5]int64{1, 0, 1, 0, 3}, Mean: 380}) {
		t.Errorf("ratings come to %+v", got)
	}
	in := catalog.AskRatings{ID: k.cup.ID, Ask: page.Ask{Limit: 2}}
	var stars []int
	var last catalog.Rating
	for {
		list, err := k.RatingList(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Items {
			stars, last = append(stars, r.Stars), r
		}
		if in.After = list.Next; list.Next == "" {
			break
		}
	}
	if len(stars) != 5 || stars[0] != 5 || stars[1] != 1 || last.Stars != 5 {
		t.Errorf("listed %v, want the newest first", stars)
	}
	for _, ask := range []catalog.AskRatings{{ID: k.cup.ID, Stars: 5}, {ID: k.cup.ID, SKU: k.cup.SKUs[0].ID}} {
		list, err := k.RatingList(t.Context(), ask)
		want := 3
		if ask.SKU != "" {
			want = 5
		}
		if err != nil || len(list.Items) != want {
			t.Errorf("%+v lists %d, %v; want %d", ask, len(list.Items), err, want)
		}
	}
	owner := actor.With(t.Context(), k.owner)
	if r, err := k.AnswerRating(owner, catalog.AnswerRating{ID: last.ID, Text: "Thank you"}); err != nil || r.Answer != "Thank you" || r.AnswerAt.IsZero() {
		t.Errorf("answer: %+v, %v", r, err)
	}
	if _, err := k.AnswerRating(amy, catalog.AnswerRating{ID: last.ID, Text: "Mine"}); !errors.Is(err, actor.ErrForbidden) {
		t.Errorf("a buyer's answer as the shop: %v, want ErrForbidden", err)
	}
	if _, err := k.AnswerRating(owner, catalog.AnswerRating{ID: "rat_none", Text: "?"}); !errors.Is(err, catalog.ErrNoSuchRating) {
		t.Errorf("an answer to nothing: %v, want ErrNoSuchRating", err)
	}
}

// TestARatingCountsOnceWhereverItIsKilled kills a try after each of its writes,
// and lets the job and a second try finish it.
func TestARatingCountsOnceWhereverItIsKilled(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	amy := actor.With(t.Context(), actor.Actor{User: "usr_amy"})
	for kill := range 5 {
		in := k.rate(kill, 2)
		k.left.Store(int64(kill))
		_, err := k.Rate(amy, in)
		killed := k.left.Swap(forever) < 0
		if killed == (err == nil) {
			t.Fatalf("killed after %d writes: %v", kill, err)
		}
		if err := k.countRatings(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Rate(amy, in); err != nil {
			t.Fatalf("killed after %d writes, then: %v", kill, err)
		}
		if err := k.countRatings(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := k.sum(t); got.Count != int64(kill)+1 {
			t.Fatalf("killed after %d writes: %d ratings are counted, want %d", kill, got.Count, kill+1)
		}
		k.clock.Advance(2 * recently) // what was counted long ago is forgotten as such
	}
}
