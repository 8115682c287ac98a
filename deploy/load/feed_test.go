package main

import (
	"encoding/json"
	"os"
	"testing"
)

// TestMain lets the test's own program be the process that serves.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve-feed" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestAFeedIsFilledAskedKeptAndServedAgain(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"feed", "following"} {
		size, err := feedFlags(list, []string{"-users", "200", "-posts", "2000", "-events", "5000", "-rate", "50", "-seconds", "0.5", "-followees", "20"})
		if err != nil {
			t.Fatal(err)
		}
		out, err := measureFeed(t.Context(), list, size)
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		if out.Requests < 10 || out.Errors != 0 || out.Ingest == 0 || out.Snapshot+out.Memory == 0 || out.Restart == 0 || out.P99 <= 0 {
			t.Errorf("%s: %s", list, line)
		}
		if out.Answer < 1000 {
			t.Errorf("%s: %d bytes an answer are too few for 50 posts", list, out.Answer)
		}
	}
}

func TestOnlySensibleLoadsAreTaken(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rate", "0"}, {"-users", "1"}, {"-seconds", "-1"}, {"-nonsense"}} {
		if _, err := feedFlags("feed", args); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
