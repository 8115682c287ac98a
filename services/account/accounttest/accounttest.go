// Package accounttest says exactly what an account.Service must do, wherever it
// runs, and builds people for the suites of other services.
package accounttest

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
	"meadow/services/platform/bus"
	"meadow/services/platform/rpc"
)

// Shop is a front desk and what a test may see of the rest of the shop.
type Shop struct {
	Account account.Service
	// Clock is the one that the shop goes by.
	Clock *clock.Fake
	// Await returns the latest message that was sent to an email address or a
	// number after the n-th of all, and which one it is.
	Await func(ctx context.Context, to string, n int64) (text string, nth int64, err error)
	// Link returns a one-time link's token, as the shop's keeper gets it.
	Link func(context.Context) (string, error)
	// Bus is where the shop's events are announced.
	Bus bus.Bus
}

// Options are how a shop is set up.
type Options struct {
	RequireCode bool
}

// Password is the one that people whom SignUp makes have.
const Password = "correct horse 7"

// Run checks the shops that newShop makes, a fresh one per subtest, with the
// limits of the contract and of accountcore.Limits.
func Run(t *testing.T, newShop func(*testing.T, Options) Shop) {
	for _, c := range []struct {
		name string
		o    Options
		test func(*testing.T, Shop)
	}{
		{"SignUpSignsIn", Options{}, testSignUp},
		{"SignUpRefusesWhatCannotBe", Options{}, testRefusals},
		{"OneLoginIsOneAccount", Options{}, testOneLogin},
		{"ManyWhoSignUpAtOnceAreOne", Options{}, testSignUpRace},
		{"SignInNeedsThePassword", Options{}, testSignIn},
		{"SignUpIsAnnouncedOnceAndChangesToo", Options{}, testEvents},
		{"ALoginIsProvedFirstWhereTheShopAsks", Options{RequireCode: true}, testProved},
		{"ACodeSignsInOnce", Options{}, testCodeOnce},
		{"ACodeUsedByManyAtOnceSignsInOne", Options{}, testCodeRace},
		{"ACodeIsGoodForItsPurposeAndItsLogin", Options{}, testCodePurpose},
		{"FiveWrongGuessesEndACode", Options{}, testCodeGuesses},
		{"ACodeIsGoodForTenMinutes", Options{}, testCodeTTL},
		{"StrangersGetTheSameAnswerAndNoMail", Options{}, testStrangers},
		{"CodesAreRationed", Options{}, testCodeRation},
		{"GuessingAPasswordIsThrottled", Options{}, testThrottle},
		{"FirstTriesAtOnceAreNotThrottled", Options{}, testFirstTries},
		{"GuessesMadeAtOnceDoNotPassTogether", Options{}, testThrottleRace},
		{"OneClientCannotGuessManyAccounts", Options{}, testThrottleClient},
		{"APasswordChangeEndsEverySession", Options{}, testChangePassword},
		{"ACodeResetsAPassword", Options{}, testReset},
		{"SessionsAreListedAndRevoked", Options{}, testSessions},
		{"SignOutEndsThisSessionOnly", Options{}, testSignOut},
		{"ASessionEndsUnusedAndEndsAtLast", Options{}, testSessionTTL},
		{"ATokenGetsOneSuccessor", Options{}, testRotate},
		{"RevokingDuringRotationEndsBothTokens", Options{}, testRotateRevoke},
		{"ALinkMakesTheOperatorOnce", Options{}, testLink},
		{"AProfileIsPublicAndTheRestIsNot", Options{}, testProfile},
		{"RolesAreTheOperatorsToGive", Options{}, testRoles},
		{"AMerchantIsMadeOnce", Options{}, testMerchant},
		{"AddressesAreKept", Options{}, testAddresses},
		{"OthersAddressesDoNotExist", Options{}, testOthersAddresses},
		{"TwentyAddressesAreEnough", Options{}, testTwentyAddresses},
		{"AnOrderGetsASnapshot", Options{}, testSnapshot},
		{"AMailboxIsOnePersonUnderEveryLabel", Options{}, testIdentities},
		{"TheDeskServesTheShopOnly", Options{}, testDesk},
		{"WhoeverIsBannedIsSuspendedUntilTheBanEnds", Options{}, testSuspended},
		{"AnOlderWordOfABanChangesNothing", Options{}, testSuspendedOnce},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, newShop(t, c.o))
		})
	}
}

// Person is somebody who is signed in.
type Person struct {
	account.User
	Token string
}

// SignUp makes an account for an email address in lower case or a number such
// as +8613800138000, which is proved with a code, and signs it in.
func SignUp(t *testing.T, s Shop, login, name string) Person {
	t.Helper()
	in, err := s.Account.SignUp(t.Context(), account.SignUp{
		From:  account.From{Agent: "curl/8.0"},
		Login: login, Password: Password, Name: name, Locale: account.English,
		Code: s.code(t, login, account.ForSignUp),
	})
	must(t, err)
	return Person{in.User, in.Token}
}

// Operator enters by a one-time link.
func Operator(t *testing.T, s Shop) Person {
	t.Helper()
	token, err := s.Link(t.Context())
	must(t, err)
	in, err := s.Account.Enter(t.Context(), account.Enter{Token: token})
	must(t, err)
	return Person{in.User, in.Token}
}

// As returns a context in which the holder of token asks, as the gateway would
// have it.
func As(t *testing.T, s Shop, token string) context.Context {
	t.Helper()
	a, err := s.resolve(t, token)
	must(t, err)
	return actor.With(t.Context(), a)
}

func (s Shop) resolve(t *testing.T, token string) (actor.Actor, error) {
	return s.Account.Resolve(system(t), account.Resolve{Token: token})
}

func system(t *testing.T) context.Context { return actor.AsSystem(t.Context(), "test") }

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code asks for a code and reads it.
func (s Shop) code(t *testing.T, to string, p account.Purpose) string {
	t.Helper()
	_, before := s.latest(t, to)
	_, err := s.Account.SendCode(t.Context(), account.SendCode{To: to, Purpose: p, Locale: account.English})
	must(t, err)
	text := s.next(t, to, before)
	code := sixDigits.FindString(text)
	if code == "" {
		t.Fatalf("no code in %q", text)
	}
	return code
}

// patience is how long something that is sent may take to arrive.
const patience = 20 * time.Second

// next returns a message to somebody that comes after the n-th of all.
func (s Shop) next(t *testing.T, to string, n int64) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	text, _, err := s.Await(ctx, to, n)
	if err != nil {
		t.Fatalf("nothing was sent to %s: %v", to, err)
	}
	return text
}

// latest returns the latest message to somebody, if there is one now.
func (s Shop) latest(t *testing.T, to string) (text string, nth int64) {
	now, cancel := context.WithCancel(t.Context())
	cancel()
	text, nth, err := s.Await(now, to, 0)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return text, nth
}

// other returns six digits that are not code.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// nobody checks that token opens nothing.
func (s Shop) nobody(t *testing.T, what, token string) {
	t.Helper()
	a, err := s.resolve(t, token)
	if !errors.Is(err, actor.ErrNobody) {
		t.Errorf("%s: is %q, %v; want ErrNobody", what, a.User, err)
	}
}

// somebody checks that token opens an account.
func (s Shop) somebody(t *testing.T, what, token string, want id.User) {
	t.Helper()
	a, err := s.resolve(t, token)
	if err != nil || a.User != want {
		t.Errorf("%s: is %q, %v; want %q", what, a.User, err, want)
	}
}

// day is a day.
const day = 24 * time.Hour

var nothing = rpc.Empty{}
