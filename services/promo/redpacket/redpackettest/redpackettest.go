// Package redpackettest says what red packets promise, as a suite that runs over
// every way the shop can be cut into processes.
package redpackettest

import (
	"context"
	"errors"
	"testing"

	"meadow/services/account"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
	"meadow/services/promo/redpacket"
)

// Password is what everybody's is.
const Password = "correct horse battery"

// Shop is red packets and those who play with them.
type Shop struct {
	Packets redpacket.Service
	// Person returns somebody new, with a wallet that holds enough, and Password.
	Person func(*testing.T) (id.User, context.Context)
	// Follow lets one person follow another.
	Follow func(t *testing.T, who, whom id.User)
}

// Run runs every case over one shop.
func Run(t *testing.T, s Shop) {
	for name, test := range map[string]func(*testing.T, Shop){
		"APacketIsMadeOnce":                   testOnce,
		"ASumThatDoesNotSplitIsRefused":       testSum,
		"AShareIsOnePersonsAndTheSameTwice":   testSame,
		"WhoComesTooLateGetsNothing":          testGone,
		"APacketForFollowersIsForThem":        testFollowers,
		"SharesAreListedForThoseWhoTookPart":  testLists,
		"OnlyOperatorsSpendThePlatformsMoney": testSource,
		"AStolenSessionMakesNone":             testPassword,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, s) })
	}
}

// Ask is a packet of n shares for anyone.
func Ask(total int64, n int) redpacket.Make {
	return redpacket.Make{Source: redpacket.FromWallet, Split: redpacket.Lucky, Audience: redpacket.Anyone,
		Words: "Good luck", Total: money.CNY(total), Shares: n, Password: Password, RequestID: id.Secret()}
}

func testOnce(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	in := Ask(1000, 3)
	one, err := s.Packets.Make(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Packets.Make(ctx, in)
	if err != nil || two.ID != one.ID {
		t.Errorf("the same request again: %v, %v, want %v", two.ID, err, one.ID)
	}
	if one.Left != 3 || one.State != redpacket.Open || one.Total != money.CNY(1000) {
		t.Errorf("made %+v", one)
	}
	in.Shares = 4
	if _, err := s.Packets.Make(ctx, in); !errors.Is(err, rpc.ErrReused) {
		t.Errorf("the same request for another packet: %v, want ErrReused", err)
	}
}

func testSum(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	for _, in := range []redpacket.Make{Ask(2, 3), Ask(redpacket.MaxShare*2+1, 2), Ask(-5, 1)} {
		if _, err := s.Packets.Make(ctx, in); !errors.Is(err, redpacket.ErrSum) {
			t.Errorf("%v in %d: %v, want ErrSum", in.Total, in.Shares, err)
		}
	}
	in := Ask(100, 1)
	in.Total.Currency = "USD"
	if _, err := s.Packets.Make(ctx, in); !errors.Is(err, redpacket.ErrSum) {
		t.Errorf("another currency: %v, want ErrSum", err)
	}
}

func testSame(t *testing.T, s Shop) {
	_, maker := s.Person(t)
	p, err := s.Packets.Make(maker, Ask(1000, 3))
	if err != nil {
		t.Fatal(err)
	}
	_, ctx := s.Person(t)
	one, err := s.Packets.Grab(ctx, redpacket.Grab{ID: p.ID, RequestID: id.Secret()})
	if err != nil || one.Amount.Amount < 1 {
		t.Fatalf("Grab = %+v, %v", one, err)
	}
	two, err := s.Packets.Grab(ctx, redpacket.Grab{ID: p.ID, RequestID: id.Secret()})
	if err != nil || two.Amount != one.Amount {
		t.Errorf("the second grab = %+v, %v, want the first %+v", two, err, one)
	}
	got, err := s.Packets.Packet(ctx, redpacket.ByID{ID: p.ID})
	if err != nil || got.Left != 2 || got.Mine != one.Amount {
		t.Errorf("Packet = %+v, %v, want 2 left and %v mine", got, err, one.Amount)
	}
}

func testGone(t *testing.T, s Shop) {
	_, maker := s.Person(t)
	in := Ask(7, 2)
	in.Split = redpacket.Equal
	p, err := s.Packets.Make(maker, in)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for range 2 {
		_, ctx := s.Person(t)
		got, err := s.Packets.Grab(ctx, redpacket.Grab{ID: p.ID, RequestID: id.Secret()})
		if err != nil {
			t.Fatal(err)
		}
		if got.Amount.Amount != 3 && got.Amount.Amount != 4 {
			t.Errorf("a share of 7 in 2 is %v", got.Amount)
		}
		sum += got.Amount.Amount
	}
	if sum != 7 {
		t.Errorf("shares sum to %d, want 7", sum)
	}
	_, late := s.Person(t)
	if _, err := s.Packets.Grab(late, redpacket.Grab{ID: p.ID, RequestID: id.Secret()}); !errors.Is(err, redpacket.ErrGone) {
		t.Errorf("the third of two: %v, want ErrGone", err)
	}
	if _, err := s.Packets.Grab(late, redpacket.Grab{ID: "rpk_none", RequestID: id.Secret()}); !errors.Is(err, redpacket.ErrNoSuch) {
		t.Errorf("a packet that is not: %v, want ErrNoSuch", err)
	}
}

func testFollowers(t *testing.T, s Shop) {
	maker, ctx := s.Person(t)
	in := Ask(100, 5)
	in.Audience = redpacket.Followers
	p, err := s.Packets.Make(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	fan, fans := s.Person(t)
	if _, err := s.Packets.Grab(fans, redpacket.Grab{ID: p.ID, RequestID: id.Secret()}); !errors.Is(err, redpacket.ErrAudience) {
		t.Errorf("a stranger: %v, want ErrAudience", err)
	}
	s.Follow(t, fan, maker)
	if _, err := s.Packets.Grab(fans, redpacket.Grab{ID: p.ID, RequestID: id.Secret()}); err != nil {
		t.Errorf("a follower: %v", err)
	}
}

func testLists(t *testing.T, s Shop) {
	_, maker := s.Person(t)
	p, err := s.Packets.Make(maker, Ask(500, 5))
	if err != nil {
		t.Fatal(err)
	}
	var last context.Context
	for range 5 {
		_, last = s.Person(t)
		if _, err := s.Packets.Grab(last, redpacket.Grab{ID: p.ID, RequestID: id.Secret()}); err != nil {
			t.Fatal(err)
		}
	}
	var sum, best int64
	users := map[id.User]bool{}
	in := redpacket.ByPacket{ID: p.ID, Ask: page.Ask{Limit: 2}}
	for {
		got, err := s.Packets.Shares(maker, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range got.Items {
			sum += x.Amount.Amount
			users[x.User] = true
			if x.Best {
				best++
			}
		}
		if got.Next == "" {
			break
		}
		in.After = got.Next
	}
	if sum != 500 || len(users) != 5 || best != 1 {
		t.Errorf("the list holds %d of 500 to %d people, %d of them the luckiest", sum, len(users), best)
	}
	mine, err := s.Packets.Got(last, page.Ask{})
	if err != nil || len(mine.Items) != 1 {
		t.Errorf("Got = %+v, %v, want one share", mine, err)
	}
	made, err := s.Packets.Made(maker, page.Ask{})
	if err != nil || len(made.Items) != 1 || made.Items[0].ID != p.ID {
		t.Errorf("Made = %+v, %v", made, err)
	}
	_, other := s.Person(t)
	if _, err := s.Packets.Shares(other, redpacket.ByPacket{ID: p.ID}); !errors.Is(err, redpacket.ErrNoSuch) {
		t.Errorf("the list for who has no share: %v, want ErrNoSuch", err)
	}
}

func testSource(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	for _, from := range []redpacket.Source{redpacket.FromPlatform, redpacket.FromShop} {
		in := Ask(100, 1)
		in.Source = from
		if _, err := s.Packets.Make(ctx, in); !errors.Is(err, redpacket.ErrNotAllowed) {
			t.Errorf("from %s: %v, want ErrNotAllowed", from, err)
		}
	}
}

func testPassword(t *testing.T, s Shop) {
	_, ctx := s.Person(t)
	for _, password := range []string{"", "a wrong guess"} {
		in := Ask(100, 1)
		in.Password = password
		if _, err := s.Packets.Make(ctx, in); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("with the password %q: %v, want ErrCredentials", password, err)
		}
	}
	if made, err := s.Packets.Made(ctx, page.Ask{}); err != nil || len(made.Items) != 0 {
		t.Errorf("Made = %+v, %v, want none", made, err)
	}
}
