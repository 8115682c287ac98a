package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"meadow/deploy/shopper"
	"meadow/deploy/stores"
)

// split starts every role as its own process, on stores that they share.
func (s *shop) split(ctx context.Context, bin, data string, settings []string) error {
	set, err := stores.Start(ctx, data, os.Stderr)
	if err != nil {
		return err
	}
	s.clean = append(s.clean, func() {
		if err := set.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "load: stopping the stores:", err)
		}
	})
	s.db = set.DB
	town, err := shopper.StartRoles(ctx, bin, os.Stderr, filepath.Join(data, "roles"), append(settings, set.Flags()...)...)
	if town != nil {
		s.processes, s.url = town.Processes, town.URL
	}
	return err
}
