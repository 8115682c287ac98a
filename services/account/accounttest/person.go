package accounttest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/page"
)

func testProfile(t *testing.T, s Shop) {
	amy, bob := SignUp(t, s, "amy@example.com", "Amy"), SignUp(t, s, "bob@example.com", "Bob")
	ctx := As(t, s, amy.Token)
	avatar := id.Media(id.New("med", s.Clock.Now()))
	got, err := s.Account.Change(ctx, account.Change{Name: "  Amy  Lee ", Locale: account.Chinese, Avatar: &avatar})
	must(t, err)
	want := amy.User
	want.Name, want.Locale, want.Avatar = "Amy Lee", account.Chinese, avatar
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for what, c := range map[string]struct {
		in   account.Change
		want error
	}{
		"a name of spaces": {account.Change{Name: "   "}, account.ErrName},
		"a picture's URL":  {account.Change{Avatar: new(id.Media("http://example.com/a.png"))}, errs.ErrInvalid},
	} {
		_, err := s.Account.Change(ctx, c.in)
		refused(t, what, err, c.want)
	}
	_, err = s.Account.Change(t.Context(), account.Change{Name: "Eve"})
	refused(t, "a visitor", err, actor.ErrNobody)

	people, err := s.Account.Users(system(t), account.Users{IDs: []id.User{bob.ID, "usr_nobody", amy.ID}})
	must(t, err)
	wantPeople := page.Page[account.Profile]{Items: []account.Profile{
		{ID: bob.ID, Name: "Bob"}, {ID: amy.ID, Name: "Amy Lee", Avatar: avatar},
	}}
	if diff := cmp.Diff(wantPeople, people); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	_, err = s.Account.Users(system(t), account.Users{IDs: slices.Repeat([]id.User{amy.ID}, account.MaxProfiles+1)})
	refused(t, "too many at once", err, errs.ErrInvalid)
	none := id.Media("")
	got, err = s.Account.Change(ctx, account.Change{Avatar: &none})
	if err != nil || got.Avatar != "" || got.Name != "Amy Lee" {
		t.Errorf("without an avatar: %+v, %v", got, err)
	}
}

func testRoles(t *testing.T, s Shop) {
	amy, op := SignUp(t, s, "amy@example.com", "Amy"), Operator(t, s)
	set := func(ctx context.Context, role actor.Role, grant bool) error {
		_, err := s.Account.SetRole(ctx, account.SetRole{User: amy.ID, Role: role, Grant: grant})
		return err
	}
	is := func(want ...actor.Role) {
		t.Helper()
		a, err := s.resolve(t, amy.Token)
		must(t, err)
		if !slices.Equal(a.Roles, want) {
			t.Errorf("roles %v, want %v", a.Roles, want)
		}
	}
	refused(t, "a visitor", set(t.Context(), actor.Operator, true), actor.ErrNobody)
	refused(t, "Amy herself", set(As(t, s, amy.Token), actor.Operator, true), actor.ErrForbidden)
	is()
	ctx := As(t, s, op.Token)
	for _, role := range []actor.Role{actor.Viewer, actor.Merchant, "king"} {
		if err := set(ctx, role, true); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%s: got %v, want an invalid role", role, err)
		}
	}
	must(t, set(ctx, actor.Moderator, true))
	must(t, set(ctx, actor.Brand, true))
	must(t, set(ctx, actor.Brand, true))
	is(actor.Moderator, actor.Brand)
	must(t, set(ctx, actor.Moderator, false))
	is(actor.Brand)
	_, err := s.Account.SetRole(ctx, account.SetRole{User: "usr_nobody", Role: actor.Brand, Grant: true})
	refused(t, "nobody", err, account.ErrNoSuchUser)

	_, err = s.Account.BecomeCreator(As(t, s, amy.Token), account.BecomeCreator{})
	refused(t, "without the terms", err, account.ErrTerms)
	is(actor.Brand)
	got, err := s.Account.BecomeCreator(As(t, s, amy.Token), account.BecomeCreator{AcceptTerms: true})
	must(t, err)
	is(actor.Brand, actor.Creator)
	if want := []actor.Role{actor.Viewer, actor.Brand, actor.Creator}; !slices.Equal(got.Roles, want) {
		t.Errorf("answered %v, want %v", got.Roles, want)
	}
}

func testMerchant(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	set := func(user id.User, merchant id.Merchant) error {
		_, err := s.Account.SetMerchant(system(t), account.SetMerchant{User: user, Merchant: merchant})
		return err
	}
	changes := hear(t, s, account.Changed)
	must(t, set(amy.ID, "mer_1"))
	must(t, set(amy.ID, "mer_1"))
	told := account.ChangedData{User: amy.ID, Name: "Amy", Merchant: "mer_1", Version: 1}
	if diff := cmp.Diff(told, await(t, changes)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	people, err := s.Account.Users(system(t), account.Users{IDs: []id.User{amy.ID}})
	must(t, err)
	if diff := cmp.Diff([]account.Profile{{ID: amy.ID, Name: "Amy", Merchant: "mer_1"}}, people.Items); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	refused(t, "a second shop", set(amy.ID, "mer_2"), account.ErrHasMerchant)
	refused(t, "nobody's shop", set("usr_nobody", "mer_2"), account.ErrNoSuchUser)
	a, err := s.resolve(t, amy.Token)
	must(t, err)
	if !a.Is(actor.Merchant) || a.Merchant != "mer_1" {
		t.Errorf("resolved to %+v", a)
	}
	me, err := s.Account.Me(As(t, s, amy.Token), nothing)
	must(t, err)
	if me.Merchant != "mer_1" || !slices.Contains(me.Roles, actor.Merchant) {
		t.Errorf("me: %+v", me)
	}
}

func testDesk(t *testing.T, s Shop) {
	amy, op := SignUp(t, s, "amy@example.com", "Amy"), Operator(t, s)
	for who, ctx := range map[string]context.Context{
		"a visitor": t.Context(), "Amy": As(t, s, amy.Token), "the operator": As(t, s, op.Token),
	} {
		for what, call := range map[string]func() error{
			"Resolve":    func() error { _, err := s.Account.Resolve(ctx, account.Resolve{Token: amy.Token}); return err },
			"Rotate":     func() error { _, err := s.Account.Rotate(ctx, account.Resolve{Token: amy.Token}); return err },
			"Users":      func() error { _, err := s.Account.Users(ctx, account.Users{IDs: []id.User{amy.ID}}); return err },
			"Identities": func() error { _, err := s.Account.Identities(ctx, account.IdentitiesOf{User: amy.ID}); return err },
			"CheckPassword": func() error {
				_, err := s.Account.CheckPassword(ctx, account.CheckPassword{User: amy.ID, Password: "x"})
				return err
			},
			"AddressFor": func() error { _, err := s.Account.AddressFor(ctx, account.AddressFor{User: amy.ID}); return err },
			"SetMerchant": func() error {
				_, err := s.Account.SetMerchant(ctx, account.SetMerchant{User: amy.ID, Merchant: "mer_1"})
				return err
			},
		} {
			// Over a wire there is no such route; in process there is no such right.
			code := errs.CodeOf(call())
			if code != errs.NotFound && code != errs.Forbidden && code != errs.Unauthenticated {
				t.Errorf("%s for %s: %q", what, who, code)
			}
		}
	}
	s.somebody(t, "afterwards", amy.Token, amy.ID)
	if me, err := s.Account.Me(As(t, s, amy.Token), nothing); err != nil || me.Merchant != "" {
		t.Errorf("me: %+v, %v", me, err)
	}
}

func home(line string) account.Place {
	return account.Place{
		Name: "李小雨", Phone: "+8613800138000", Region: "浙江省", City: "杭州市", District: "西湖区", Line: line, Postcode: "310000",
	}
}

func lines(p page.Page[account.Address]) string {
	var out []string
	for _, a := range p.Items {
		text := a.Line
		if a.Default {
			text += "*"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func mustPlace(t *testing.T, s Shop, ctx context.Context, line string, asDefault bool) account.Address {
	t.Helper()
	a, err := s.Account.AddAddress(ctx, account.AddAddress{Place: home(line), Default: asDefault})
	must(t, err)
	return a
}

func testAddresses(t *testing.T, s Shop) {
	ctx := As(t, s, SignUp(t, s, "amy@example.com", "Amy").Token)
	is := func(want string) {
		t.Helper()
		list, err := s.Account.Addresses(ctx, nothing)
		must(t, err)
		if got := lines(list); got != want {
			t.Errorf("addresses: %q, want %q", got, want)
		}
	}
	is("")
	in := home(" a ")
	in.Phone = "138 0013-8000"
	a, err := s.Account.AddAddress(ctx, account.AddAddress{Place: in})
	must(t, err)
	want := account.Address{ID: a.ID, Place: home("a"), Default: true}
	want.Phone = "13800138000"
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	list, err := s.Account.Addresses(ctx, nothing)
	must(t, err)
	if diff := cmp.Diff([]account.Address{want}, list.Items); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	b := mustPlace(t, s, ctx, "b", false)
	mustPlace(t, s, ctx, "c", true)
	is("c* a b")
	_, err = s.Account.ChangeAddress(ctx, account.ChangeAddress{ID: b.ID, Place: home("bb"), Default: true})
	must(t, err)
	is("bb* a c")
	got, err := s.Account.ChangeAddress(ctx, account.ChangeAddress{ID: b.ID, Place: home("b")})
	if err != nil || !got.Default {
		t.Errorf("a default address became %+v, %v", got, err)
	}
	_, err = s.Account.RemoveAddress(ctx, account.RemoveAddress{ID: b.ID})
	must(t, err)
	is("a* c")
	for what, c := range map[string]struct {
		spoil func(*account.Place)
		want  error
	}{
		"no name":      {func(p *account.Place) { p.Name = " " }, errs.ErrInvalid},
		"no city":      {func(p *account.Place) { p.City = "" }, errs.ErrInvalid},
		"a long line":  {func(p *account.Place) { p.Line = strings.Repeat("x", 201) }, errs.ErrInvalid},
		"a word":       {func(p *account.Place) { p.Phone = "call me" }, account.ErrPhone},
		"a long phone": {func(p *account.Place) { p.Phone = strings.Repeat("1", 21) }, account.ErrPhone},
	} {
		p := home("x")
		c.spoil(&p)
		_, err := s.Account.AddAddress(ctx, account.AddAddress{Place: p})
		refused(t, what, err, c.want)
	}
	is("a* c")
}

func testOthersAddresses(t *testing.T, s Shop) {
	amy, bob := As(t, s, SignUp(t, s, "amy@example.com", "Amy").Token), As(t, s, SignUp(t, s, "bob@example.com", "Bob").Token)
	a := mustPlace(t, s, amy, "a", false)
	mustPlace(t, s, bob, "b", false)
	_, err := s.Account.ChangeAddress(bob, account.ChangeAddress{ID: a.ID, Place: home("x")})
	refused(t, "change", err, account.ErrNoAddress)
	_, err = s.Account.RemoveAddress(bob, account.RemoveAddress{ID: a.ID})
	refused(t, "remove", err, account.ErrNoAddress)
	_, err = s.Account.AddressFor(system(t), account.AddressFor{User: actor.From(bob).User, Address: a.ID})
	refused(t, "for an order", err, account.ErrNoAddress)
	_, err = s.Account.Addresses(t.Context(), nothing)
	refused(t, "a visitor", err, actor.ErrNobody)
	list, err := s.Account.Addresses(bob, nothing)
	must(t, err)
	if got := lines(list); got != "b*" {
		t.Errorf("Bob has %q", got)
	}
}

func testTwentyAddresses(t *testing.T, s Shop) {
	ctx := As(t, s, SignUp(t, s, "amy@example.com", "Amy").Token)
	for i := range account.MaxAddresses - 4 {
		mustPlace(t, s, ctx, fmt.Sprint(i), false)
	}
	const n = 12
	fail := make(chan error, n)
	for i := range n {
		go func() {
			_, err := s.Account.AddAddress(ctx, account.AddAddress{Place: home(fmt.Sprint("late", i)), Default: true})
			fail <- err
		}()
	}
	kept := 0
	for range n {
		if err := <-fail; err == nil {
			kept++
		} else {
			refused(t, "one too many", err, account.ErrAddresses)
		}
	}
	list, err := s.Account.Addresses(ctx, nothing)
	must(t, err)
	if kept != 4 || len(list.Items) != account.MaxAddresses || strings.Count(lines(list), "*") != 1 {
		t.Errorf("%d kept, %d there: %s", kept, len(list.Items), lines(list))
	}
}

func testSnapshot(t *testing.T, s Shop) {
	amy := SignUp(t, s, "amy@example.com", "Amy")
	ctx := As(t, s, amy.Token)
	_, err := s.Account.AddressFor(system(t), account.AddressFor{User: amy.ID})
	refused(t, "no address yet", err, account.ErrNoAddress)
	a, b := mustPlace(t, s, ctx, "文三路 17 号", false), mustPlace(t, s, ctx, "b", true)
	snap, err := s.Account.AddressFor(system(t), account.AddressFor{User: amy.ID, Address: a.ID})
	must(t, err)
	want := account.Snapshot{
		Address: a.ID, Subject: string(amy.ID), Field: "address." + string(a.ID), Sealed: snap.Sealed,
		Masked: account.Place{Name: "李**", Phone: "138****8000", Region: "浙江省", City: "杭州市", Line: "***"},
	}
	if diff := cmp.Diff(want, snap); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if snap.Sealed == "" || strings.Contains(snap.Sealed, "文三路") {
		t.Errorf("sealed as %q", snap.Sealed)
	}
	usual, err := s.Account.AddressFor(system(t), account.AddressFor{User: amy.ID})
	if err != nil || usual.Address != b.ID {
		t.Errorf("the default one is %q, %v; want %q", usual.Address, err, b.ID)
	}
}
