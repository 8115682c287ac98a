package catalogcore

import (
	"errors"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/catalog"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/picture"
)

func TestAnInvitationRunsOut(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	owner, zoe := actor.With(t.Context(), k.owner), actor.With(t.Context(), actor.Actor{User: "usr_zoe"})
	in := catalog.InviteStaff{User: "usr_zoe", Duties: []catalog.Duty{catalog.DoStock}, RequestID: id.Secret()}
	m, err := k.InviteStaff(owner, in)
	if err != nil {
		t.Fatal(err)
	}
	k.clock.Advance(catalog.InviteTTL + time.Second)
	if _, err := k.AcceptInvite(zoe, catalog.AcceptInvite{ID: m.ID}); !errors.Is(err, catalog.ErrBadInvite) {
		t.Errorf("an old invitation: %v, want ErrBadInvite", err)
	}
	in.User, in.RequestID = "usr_nobody", id.Secret()
	if _, err := k.InviteStaff(owner, in); !errors.Is(err, account.ErrNoSuchUser) {
		t.Errorf("nobody: %v, want ErrNoSuchUser", err)
	}
}

// TestStaffEditWhatOthersHavePictured: the pictures of a product are its
// owner's, and an edit by staff keeps them without claiming them anew.
func TestStaffEditWhatOthersHavePictured(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	owner, zoe := actor.With(t.Context(), k.owner), actor.Actor{User: "usr_zoe"}
	m, err := k.InviteStaff(owner, catalog.InviteStaff{User: "usr_zoe", Duties: []catalog.Duty{catalog.DoProducts}, RequestID: id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.AcceptInvite(actor.With(t.Context(), zoe), catalog.AcceptInvite{ID: m.ID}); err != nil {
		t.Fatal(err)
	}
	if zoe, err = catalog.ActFor(t.Context(), k, zoe, k.owner.Merchant); err != nil {
		t.Fatal(err)
	}
	sheet := sheetOf(k.cup)
	own := k.album.add("usr_zoe")
	sheet.Pictures = append(sheet.Pictures, picture.Wanted{ID: own, Alt: "Another side"})
	p, err := k.Edit(actor.With(t.Context(), zoe), catalog.EditProduct{ID: k.cup.ID, Sheet: sheet})
	if err != nil || len(p.Pictures) != 2 || p.Pictures[0].ID != k.cup.Pictures[0].ID || p.Pictures[1].ID != own {
		t.Errorf("the edit: %+v, %v", p.Pictures, err)
	}
}

func TestWhoeverCountsStockSeesWhatThereIs(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	zoe := actor.Actor{User: "usr_zoe"}
	m, err := k.InviteStaff(actor.With(t.Context(), k.owner), catalog.InviteStaff{User: "usr_zoe", Duties: []catalog.Duty{catalog.DoStock}, RequestID: id.Secret()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.AcceptInvite(actor.With(t.Context(), zoe), catalog.AcceptInvite{ID: m.ID}); err != nil {
		t.Fatal(err)
	}
	if zoe, err = catalog.ActFor(t.Context(), k, zoe, k.owner.Merchant); err != nil {
		t.Fatal(err)
	}
	p, err := k.Products(actor.With(t.Context(), zoe), catalog.Products{Mine: true})
	if err != nil || len(p.Items) == 0 {
		t.Errorf("products: %d, %v", len(p.Items), err)
	}
	if _, err := k.Edit(actor.With(t.Context(), zoe), catalog.EditProduct{ID: k.cup.ID, Sheet: sheetOf(k.cup)}); !errors.Is(err, catalog.ErrNoDuty) {
		t.Errorf("an edit: %v, want ErrNoDuty", err)
	}
}

func TestADryRunClaimsNoPicture(t *testing.T) {
	t.Parallel()
	k := newKiln(t)
	owner := actor.With(t.Context(), k.owner)
	before := k.album.claims.Load()
	in := catalog.ImportTable{DryRun: true, RequestID: id.Secret(), CSV: "product,title,category,facts,values,price,pictures\n" +
		"a,Cup,home,Origin=Longquan,,100," + string(k.album.add(k.owner.User)) + "\n"}
	got, err := k.ImportTable(owner, in)
	if err != nil || len(got.Errors) != 0 || k.album.claims.Load() != before {
		t.Errorf("dry run: %+v, %v, %d claims", got, err, k.album.claims.Load()-before)
	}
	in.DryRun = false
	if got, err = k.ImportTable(owner, in); err != nil || len(got.Items) != 1 {
		t.Fatalf("import: %+v, %v", got, err)
	}
	p, err := k.Product(owner, catalog.ByProduct{ID: got.Items[0]})
	if err != nil || len(p.Pictures) != 1 || p.SKUs[0].Price != money.CNY(100) {
		t.Errorf("drafted %+v, %v", p, err)
	}
}
