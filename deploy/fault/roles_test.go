package fault

import (
	"errors"
	"path/filepath"
	"testing"

	"meadow/deploy/shopper"
	"meadow/deploy/stores"
)

// TestNoOrderIsLostWhenARoleIsKilled is the rush with every role its own
// process, on MongoDB, S3, Meilisearch and NATS, while any of them is killed.
func TestNoOrderIsLostWhenARoleIsKilled(t *testing.T) {
	bin, err := binary()
	must(t, err)
	w := &town{data: t.TempDir(), log: logTo(t)}
	set, err := stores.Start(t.Context(), w.data, w.log)
	if errors.Is(err, stores.ErrNone) {
		t.Skipf("SKIPPED roles apart: %v", err)
	}
	must(t, err)
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	args := append(set.Flags(), "-rate-limits=false", "-max-conns-per-ip", "0", "-trusted-proxies", "127.0.0.0/8", "-log-level", "error")
	w.roles, err = shopper.StartRoles(t.Context(), bin, w.log, filepath.Join(w.data, "roles"), args...)
	t.Cleanup(func() {
		for _, p := range w.roles.Processes {
			if err := p.Kill(); err != nil {
				t.Error(err)
			}
		}
	})
	must(t, err)
	w.Process = w.roles.Processes[len(w.roles.Processes)-1]
	w.invite(t, buyersPerRound)

	n, kills := max(2, rounds(t)/5), 0
	for round := range n {
		kills += w.rush(t, round)
		if t.Failed() {
			return
		}
	}
	w.books(t)
	w.db = set.DB
	w.audit(t)
	t.Logf("%d rounds, %d kills, %d orders paid", n, kills, w.paid)
}
