package accountcore_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meadow/services/account"
	"meadow/services/account/accounttest"
	"meadow/services/kernel/actor"
	"meadow/services/platform/rpc"
)

// canaries are what must not be found in any file of the shop.
var canaries = []string{
	"canary.person", "canary.example", // parts of an email address
	"13811112222", "1112222", // a number, and its end
	"Canary Receiver", "17 Canary Lane", "Canary District", "98765-CANARY", "13933334444",
	"canary horse 9", "canary horse 10", // passwords
	"203.0.113.77", "CanaryBrowser/9", // where from, and with what
}

func TestTheShopsFilesHoldNothingPersonal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, accounttest.Options{})
	secrets := journey(t, d)
	s := search{t: t, wanted: append(secrets, canaries...)}
	s.files(d.data) // logs and bus files hold what was written as it was
	s.documents(d)  // tables may be compressed, documents read from them are not
	must(t, d.db.Close())
	must(t, d.Bus.Close())
	s.files(d.data) // and what was in memory only
	if s.public < 3 {
		t.Errorf("the public name is found %d times: the search looks at the wrong places", s.public)
	}
	t.Logf("%d bytes searched, %d canaries found", s.seen, s.hits)
}

// search looks for secrets, and counts a name that it must find.
type search struct {
	t      *testing.T
	wanted []string

	seen, hits, public int
}

func (s *search) in(where string, b []byte) {
	s.t.Helper()
	s.seen += len(b)
	if bytes.Contains(b, []byte("Public Canary Name")) {
		s.public++
	}
	for _, c := range s.wanted {
		if bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(c))) {
			s.hits++
			s.t.Errorf("%s holds %q", where, c)
		}
	}
}

func (s *search) files(dir string) {
	must(s.t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		s.in(filepath.Base(path), b)
		return err
	}))
}

func (s *search) documents(d *desk) {
	names, err := d.db.Collections(s.t.Context())
	must(s.t, err)
	if len(names) < 9 {
		s.t.Errorf("only %v hold documents", names)
	}
	for _, name := range names {
		docs, err := d.db.Scan(s.t.Context(), name, "", 1000)
		must(s.t, err)
		for _, doc := range docs {
			s.in(name+"/"+doc.ID, doc.Body)
		}
	}
}

// journey does all that handles something personal, and returns the secrets it
// was given on the way.
func journey(t *testing.T, d *desk) []string {
	t.Helper()
	from := account.From{Client: "203.0.113.77", Agent: "CanaryBrowser/9 (Canary Phone)"}
	var secrets []string
	for _, login := range []string{"canary.person@canary.example", "+8613811112222"} {
		person := accounttest.SignUp(t, d.Shop, login, "Public Canary Name")
		secrets = append(secrets, person.Token)
		_, err := d.Account.SignIn(t.Context(), account.SignIn{From: from, Login: login, Password: "canary horse 9"})
		if err == nil {
			t.Fatal("signed in with a wrong password")
		}
		ctx := accounttest.As(t, d.Shop, person.Token)
		in, err := d.Account.ChangePassword(ctx, account.ChangePassword{From: from, Old: accounttest.Password, New: "canary horse 10"})
		must(t, err)
		secrets = append(secrets, in.Token)
		ctx = accounttest.As(t, d.Shop, in.Token)
		a, err := d.Account.AddAddress(ctx, account.AddAddress{Place: account.Place{
			Name: "Canary Receiver", Phone: "13933334444", Region: "Canary Region", City: "Canary City",
			District: "Canary District", Line: "17 Canary Lane", Postcode: "98765-CANARY",
		}})
		must(t, err)
		_, err = d.Account.Addresses(ctx, rpc.Empty{})
		must(t, err)
		_, err = d.Account.AddressFor(actor.AsSystem(t.Context(), "checkout"), account.AddressFor{User: person.ID, Address: a.ID})
		must(t, err)
	}
	link, err := d.Link(t.Context())
	must(t, err)
	return append(secrets, link)
}
