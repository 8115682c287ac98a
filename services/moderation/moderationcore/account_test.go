package moderationcore_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"meadow/services/account"
	"meadow/services/account/accountcore"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/clock"
	"meadow/services/moderation"
	"meadow/services/moderation/moderationcore"
	"meadow/services/platform/jobs"
	"meadow/services/platform/notify"
	"meadow/services/platform/vault"
)

// TestABanSuspendsTheAccountWithinASecond has both parts of the shop and the
// real bus between them.
func TestABanSuspendsTheAccountWithinASecond(t *testing.T) {
	t.Parallel()
	tn := live(t)
	log := slog.New(slog.DiscardHandler)
	keys := must(vault.FileKeys(filepath.Join(t.TempDir(), "secrets")))(t)
	v := must(vault.New(t.Context(), tn.db, keys, clock.System))(t)
	accounts := must(accountcore.New(t.Context(), accountcore.Deps{
		DB: tn.db, Bus: tn.bus, Vault: v, Notify: notify.NewDevInbox(clock.System), Now: clock.System, Log: log, HashMemory: 64,
	}))(t)
	run(t, accounts)
	runner := must(jobs.New(t.Context(), jobs.Deps{DB: tn.db, Now: clock.System, Log: log}))(t)
	c := must(moderationcore.New(t.Context(), moderationcore.Deps{
		DB: tn.db, Bus: tn.bus, Jobs: runner, Now: clock.System, Log: log, Account: accounts,
	}))(t)
	run(t, c)

	in := must(accounts.SignUp(t.Context(), account.SignUp{Login: "amy@example.com", Password: "correct horse 7", Name: "Amy"}))(t)
	suspended := func() bool {
		return must(accounts.Resolve(inside(t), account.Resolve{Token: in.Token}))(t).Suspended
	}
	becomes := func(want bool) {
		t.Helper()
		began := time.Now()
		for suspended() != want {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("suspended: %t", !want)
			}
			time.Sleep(time.Millisecond) // what comes over the bus says no more than this
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	}
	mod := actor.Actor{User: "usr_mod", Roles: []actor.Role{actor.Moderator}}
	other := actor.Actor{User: "usr_other", Roles: []actor.Role{actor.Moderator}}
	b := must(c.ProposeBan(as(t, mod), moderation.ProposeBan{User: in.User.ID, Reason: moderation.Spam, Note: "n", Days: 7}))(t)
	if suspended() {
		t.Error("a proposal suspends")
	}
	must(c.ConfirmBan(as(t, other), moderation.ByBan{ID: b.ID}))(t)
	becomes(true)
	must(c.LiftBan(as(t, other), moderation.ByBan{ID: b.ID}))(t)
	becomes(false)
}
