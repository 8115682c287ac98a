package catalogtest

import (
	"testing"

	"meadow/services/catalog"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
)

// parcels is a profile that sends to two zones and everywhere else.
func parcels() catalog.ProfileSheet {
	return catalog.ProfileSheet{Name: "Parcels", NotSent: []string{"Moon"}, Zones: []catalog.Zone{
		{Regions: []string{"Zhejiang", "Shanghai"}, First: money.CNY(600), Next: money.CNY(100), FreeFrom: money.CNY(20_000), Earliest: 1, Latest: 2},
		{Regions: []string{"Tibet"}, First: money.CNY(2_000), Next: money.CNY(500), Earliest: 4, Latest: 9},
		{First: money.CNY(1_000), Next: money.CNY(200), Earliest: 2, Latest: 5},
	}}
}

func (s *stall) carriage(t *testing.T, region string, lines ...catalog.CarriedLine) catalog.Carriage {
	t.Helper()
	got := must(s.Catalog.Carriage(system(t), catalog.AskCarriage{Region: region, Lines: lines}))(t)
	if len(got.Items) != 1 || got.Items[0].Merchant != s.who.Merchant {
		t.Fatalf("carriage is %+v, want one of the stall's", got.Items)
	}
	return got.Items[0]
}

func testCarriage(t *testing.T, shop Shop) {
	s := newStall(t, shop, "carriage")
	p := s.listed(t, 9)
	line := func(n, amount int64) catalog.CarriedLine {
		return catalog.CarriedLine{SKU: p.SKUs[0].ID, N: n, Amount: money.CNY(amount)}
	}
	if got := s.carriage(t, "Zhejiang", line(2, 100)); got.Fee != money.CNY(0) || got.Latest != catalog.UsualLatest || got.Shop == "" {
		t.Errorf("a shop without a profile asks %+v, want nothing", got)
	}
	in := catalog.AddProfile{ProfileSheet: parcels(), RequestID: id.Secret()}
	usual := must(s.Catalog.AddProfile(s.ctx, in))(t)
	if again := must(s.Catalog.AddProfile(s.ctx, in))(t); again.ID != usual.ID || !usual.Usual {
		t.Errorf("one request made %+v and %+v, want the usual one once", usual, again)
	}
	for _, tt := range []struct {
		region string
		n, amt int64
		fee    int64
		latest int
	}{
		{"Zhejiang", 1, 9_900, 600, 2}, {"Zhejiang", 3, 19_999, 800, 2}, {"Zhejiang", 3, 20_000, 0, 2},
		{"Tibet", 2, 90_000, 2_500, 9}, {"Hebei", 1, 90_000, 1_000, 5}, {"", 1, 100, 1_000, 5},
	} {
		if got := s.carriage(t, tt.region, line(tt.n, tt.amt)); got.Fee != money.CNY(tt.fee) || got.Latest != tt.latest {
			t.Errorf("%d units to %q cost %+v, want %d within %d days", tt.n, tt.region, got, tt.fee, tt.latest)
		}
	}
	ask := func(region string) catalog.Promise {
		return must(s.Catalog.Promise(s.ctx, catalog.AskPromise{ID: p.ID, SKU: p.SKUs[0].ID, Region: region}))(t)
	}
	if got := ask("Zhejiang"); !got.Sent || got.Fee != money.CNY(600) || got.Latest != 2 || len(got.Contents) != 0 {
		t.Errorf("a shopper in Zhejiang is promised %+v, want 600 within 2 days", got)
	}
	heavy := must(s.Catalog.AddProfile(s.ctx, catalog.AddProfile{RequestID: id.Secret(), ProfileSheet: catalog.ProfileSheet{
		Name: "Freight", Zones: []catalog.Zone{{First: money.CNY(5_000), Next: money.CNY(5_000), Earliest: 5, Latest: 12}},
	}}))(t)
	s.sheet.Shipping = heavy.ID
	wardrobe := s.listed(t, 2)
	got := s.carriage(t, "Zhejiang", line(2, 100), catalog.CarriedLine{SKU: wardrobe.SKUs[0].ID, N: 2, Amount: money.CNY(100)})
	if got.Fee != money.CNY(10_700) || got.Earliest != 5 || got.Latest != 12 {
		t.Errorf("two profiles cost %+v, want 10700 within 5 to 12 days", got)
	}
	other := newStall(t, shop, "far")
	q := other.listed(t, 1)
	both := must(s.Catalog.Carriage(system(t), catalog.AskCarriage{Region: "Hebei", Lines: []catalog.CarriedLine{
		{SKU: q.SKUs[0].ID, N: 1, Amount: money.CNY(1)}, line(1, 1), {SKU: q.SKUs[1].ID, N: 1, Amount: money.CNY(1)},
	}}))(t)
	if len(both.Items) != 2 || both.Items[0].Merchant != other.who.Merchant || both.Items[1].Fee != money.CNY(1_000) {
		t.Errorf("two shops ask %+v, want the other's first", both.Items)
	}
}

func testNotSent(t *testing.T, shop Shop) {
	s := newStall(t, shop, "near")
	p := s.listed(t, 1)
	sheet := parcels()
	profile := must(s.Catalog.AddProfile(s.ctx, catalog.AddProfile{ProfileSheet: sheet, RequestID: id.Secret()}))(t)
	ask := func(region string) error {
		return second(s.Catalog.Carriage(system(t), catalog.AskCarriage{Region: region, Lines: []catalog.CarriedLine{{SKU: p.SKUs[0].ID, N: 1, Amount: money.CNY(1)}}}))
	}
	wantErr(t, "a region that is named as not sent to", ask("Moon"), catalog.ErrNotSentThere)
	sheet.Zones = sheet.Zones[:2]
	must(s.Catalog.EditProfile(s.ctx, catalog.EditProfile{ID: profile.ID, ProfileSheet: sheet}))(t)
	wantErr(t, "a region in no zone", ask("Hebei"), catalog.ErrNotSentThere)
	for name, bad := range map[string][]catalog.Zone{
		"a region twice":      {sheet.Zones[0], sheet.Zones[0]},
		"days turned round":   {{Earliest: 3, Latest: 2}},
		"two rests":           {{Latest: 1}, {Latest: 2}},
		"another currency":    {{First: money.Money{Amount: 1, Currency: "USD"}}},
		"a zone not sent to":  {{Regions: []string{"Moon"}}},
		"a fee that is given": {{First: money.CNY(-1)}},
	} {
		in := catalog.EditProfile{ID: profile.ID, ProfileSheet: catalog.ProfileSheet{Name: "Bad", Zones: bad, NotSent: []string{"Moon"}}}
		wantErr(t, name, second(s.Catalog.EditProfile(s.ctx, in)), catalog.ErrBadZones)
	}
	other := newStall(t, shop, "nosyshipper")
	wantErr(t, "another's profile", second(s.Catalog.EditProfile(other.ctx, catalog.EditProfile{ID: profile.ID, ProfileSheet: parcels()})), catalog.ErrNoSuchProfile)
	other.sheet.Shipping = profile.ID
	wantErr(t, "goods under another's profile", second(s.Catalog.Draft(other.ctx, catalog.DraftProduct{Sheet: other.sheet, RequestID: id.Secret()})), catalog.ErrNoSuchProfile)
	must(s.Catalog.RetireProfile(s.ctx, catalog.ByProfile{ID: profile.ID}))(t)
	if left := must(s.Catalog.Profiles(s.ctx, catalog.AskProfiles{}))(t); len(left.Items) != 0 {
		t.Errorf("a retired profile is listed: %+v", left.Items)
	}
}
