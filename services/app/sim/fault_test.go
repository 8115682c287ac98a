//go:build faults

package sim

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"meadow/services/kernel/fault"
)

// tries is how many runs a mistake may stay hidden for.
const tries = 60

// TestEveryFaultIsCaught plays the money path with each mistake in turn, in a
// process of its own, until a run finds it. Without one, all runs pass.
func TestEveryFaultIsCaught(t *testing.T) {
	if os.Getenv("MEADOW_FAULT") != "" {
		t.Skip("this process makes a mistake itself")
	}
	two := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for _, name := range append(fault.All(), "") {
		wg.Go(func() {
			two <- struct{}{}
			defer func() { <-two }()
			at, said := hunt(t.Context(), name)
			switch {
			case name == "" && at == 0:
			case name == "":
				t.Errorf("without a mistake seed %d fails:\n%s", at, said)
			case at == 0:
				t.Errorf("%s is not caught in %d runs:\n%s", name, tries, said)
			default:
				t.Logf("%-18s caught by seed %d: %s", name, at, said)
			}
		})
	}
	wg.Wait()
}

// hunt returns the first seed that fails, 0 if none does, and what it says.
func hunt(ctx context.Context, name fault.Name) (int, string) {
	seeds := tries
	if name == "" {
		seeds = 10
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=HoldsWhatever", "-test.failfast", "-orders=60", "-seeds="+strconv.Itoa(seeds))
	cmd.Env = append(os.Environ(), "MEADOW_FAULT="+string(name))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if cmd.Run() == nil {
		return 0, ""
	}
	for line := range strings.Lines(out.String()) {
		if _, rest, ok := strings.Cut(line, "seed "); ok && strings.Contains(line, "_test.go") {
			number, said, _ := strings.Cut(rest, ": ")
			at, _ := strconv.Atoi(number)
			return at, strings.TrimSpace(said)
		}
	}
	return 0, out.String()
}
