package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"meadow/services/app/audit"
)

// audit lets the shop check its own store, which it serves meanwhile
// (nil where it was not started here).
func (s *shop) audit(ctx context.Context) (*audit.Report, error) {
	if s.bin == "" {
		return nil, nil
	}
	args := []string{"audit", "-data", s.data}
	if s.db != "" {
		args = []string{"audit", "-db", s.db}
	}
	cmd := exec.CommandContext(ctx, s.bin, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if _, breach := errors.AsType[*exec.ExitError](err); err != nil && (!breach || len(out) == 0) {
		return nil, fmt.Errorf("audit: %w", err)
	}
	var report audit.Report
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &report); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return &report, nil
}
