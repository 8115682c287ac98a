package bus_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"meadow/services/platform/bus"
)

// victimEnv makes the test binary a process that publishes until it is killed.
const victimEnv = "MEADOW_TEST_BUS_VICTIM"

// victim prints the key of each event that the bus has taken.
func victim(dir string) {
	ctx := context.Background()
	b, err := bus.Embedded(ctx, dir, quiet)
	for i := 0; err == nil; i++ {
		key := fmt.Sprint("o", i)
		if err = b.Publish(ctx, fact(key), false); err == nil {
			fmt.Println(key)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestAKilledProcessLosesNothingThatItsBusHadTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), victimEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var taken []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		taken = append(taken, lines.Text())
		if len(taken) == 300 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(taken) < 300 {
		t.Fatalf("the process ended with %v after %d events", err, len(taken))
	}

	missing := map[string]bool{}
	for _, key := range taken {
		missing[key] = true
	}
	handled := deliveries(t, embedded(t, dir), "ledger")
	late := time.After(20 * time.Second)
	for len(missing) > 0 {
		select {
		case key := <-handled:
			delete(missing, key)
		case <-late:
			t.Fatalf("%d of %d events were lost", len(missing), len(taken))
		}
	}
}
