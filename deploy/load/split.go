package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"meadow/deploy/shopper"
)

// split starts every role as its own process. Roles that share stores need ones
// that can be shared: their addresses come from the environment.
func (s *shop) split(ctx context.Context, bin, data string, open []string) error {
	var missing []string
	stores := []string{}
	for flag, name := range map[string]string{"-db": "MEADOW_DB", "-blob": "MEADOW_BLOB", "-search": "MEADOW_SEARCH", "-bus": "MEADOW_BUS"} {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
			continue
		}
		stores = append(stores, flag, os.Getenv(name))
	}
	if len(missing) > 0 {
		return fmt.Errorf("split roles share their stores: set %s", strings.Join(missing, ", "))
	}
	roles := []string{"media", "creator", "checkout", "feed", "gateway"}
	addresses := map[string]string{}
	var peers []string
	for _, r := range roles {
		a, err := shopper.FreePort()
		if err != nil {
			return err
		}
		addresses[r] = a
		peers = append(peers, r+"=http://"+a)
	}
	public := "http://" + addresses["gateway"]
	started := make([]*shopper.Process, len(roles))
	failed := make([]error, len(roles))
	for i, r := range roles {
		args := append([]string{}, open...)
		args = append(args, stores...)
		args = append(args, "-roles", r, "-peers", strings.Join(peers, ","), "-public-url", public,
			"-data", data+"/"+r, "-secrets", data+"/secrets")
		started[i], failed[i] = shopper.StartAt(ctx, bin, os.Stderr, addresses[r], args...)
		s.processes = append(s.processes, started[i])
	}
	s.url = public
	return errors.Join(failed...)
}
