package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files writes name, text pairs into a folder of the test's own.
func files(t *testing.T, text map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, s := range text {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// circles are 40 people with ids that are not dense, in two circles of items.
func circles() string {
	var s strings.Builder
	for u := range 40 {
		base := 1000 * (u%2 + 1)
		fmt.Fprintf(&s, "%d", 7*u-5)
		for k := range 4 {
			fmt.Fprintf(&s, " %d", base+(u/2+k*3)%10)
		}
		s.WriteString("\n")
	}
	return s.String()
}

func TestEveryUserGetsTheTopOfWhatTheyHaveNotHad(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"train": circles(), "more": "-5 1009\n999999999999\n"})
	var out, log bytes.Buffer
	err := run(t.Context(), []string{
		"-train", filepath.Join(dir, "train") + "," + filepath.Join(dir, "more"), "-k", "5", "-out", "-",
	}, &out, &log)
	if err != nil {
		t.Fatal(err)
	}
	had := map[string]map[string]bool{}
	for line := range strings.Lines(circles() + "-5 1009\n") {
		w := strings.Fields(line)
		if had[w[0]] == nil {
			had[w[0]] = map[string]bool{}
		}
		for _, i := range w[1:] {
			had[w[0]][i] = true
		}
	}
	n, right := 0, 0
	for line := range strings.Lines(out.String()) {
		w := strings.Fields(line)
		n++
		if len(w) != 6 {
			t.Errorf("want a user and 5 items, got %q", line)
		}
		for _, i := range w[1:] {
			if had[w[0]][i] {
				t.Errorf("user %s had %s", w[0], i)
			}
			for mine := range had[w[0]] {
				if mine[0] == i[0] {
					right++
					break
				}
			}
		}
	}
	if n != 41 {
		t.Errorf("got %d lines for 41 users", n)
	}
	if right < 180 {
		t.Errorf("%d of 200 are of the user's circle", right)
	}
	if !strings.Contains(log.String(), "peak memory") {
		t.Errorf("no memory told: %s", &log)
	}
}

func TestOnlyCandidatesAreRankedAlsoNewOnes(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"train": circles(), "candidates": "5001\n5002 1000\n",
		"items": `{"1000":[1],"1001":[1],"1002":[1],"2000":[2],"2001":[2],"2002":[2],"2003":[2],"5001":[2],"5002":[1]}`,
	})
	var out, log bytes.Buffer
	err := run(t.Context(), []string{
		"-train", filepath.Join(dir, "train"), "-items", filepath.Join(dir, "items"),
		"-candidates", filepath.Join(dir, "candidates"), "-out", "-",
	}, &out, &log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		w := strings.Fields(line)
		if w[0] == "2" && w[1] != "5001" {
			t.Errorf("user 2 keeps to the second circle, whose kind is 5001: %q", line)
		}
		if len(w) < 3 || len(w) > 4 {
			t.Errorf("want the candidates: %q", line)
		}
	}
}

func TestAWrongFileIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"word": "1 2 3\n\n2 x 4\n", "short": "1 2 10\n1 2\n", "long": "1 2 3 4\n", "train": circles(),
		"json": "{\n\"1\": [1],\n\"2\": oops}", "kind": "{\"1\": [1],\n\"2\": \"x\"}",
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-train", in("word"), "-out", "-"}, `word: line 3: "x" is not a whole number`},
		{[]string{"-prequential", in("short")}, "short: line 2: 2 numbers"},
		{[]string{"-prequential", in("long")}, "long: line 1: 4 numbers"},
		{[]string{"-train", in("train"), "-items", in("json"), "-out", "-"}, "json: line 3"},
		{[]string{"-train", in("train"), "-items", in("kind"), "-out", "-"}, "kind: line 2"},
		{[]string{"-train", in("none"), "-out", "-"}, "none: no such file"},
		{[]string{"-train", in("train")}, "give -out"},
		{[]string{}, "give either"},
		{[]string{"-train", in("train"), "-order", "up", "-out", "-"}, "-order"},
		{[]string{"-train", in("train"), "-k", "0", "-out", "-"}, "-k"},
		{[]string{"-train", in("train"), "-effort", "-1", "-out", "-"}, "-effort"},
		{[]string{"-train", in("train"), "stray"}, "stray"},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), c.args, &out, &out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.args, err, c.want)
		}
	}
}

func TestAReplayLearnsAsItGoes(t *testing.T) {
	t.Parallel()
	var s strings.Builder
	for k := range 1500 {
		u := k % 60
		fmt.Fprintf(&s, "%d %d %d\n", u, 100*(u%4)+(k/60+u/4)%25, 1500-k) // given newest first
	}
	dir := files(t, map[string]string{"events": s.String()})
	var out, log bytes.Buffer
	if err := run(t.Context(), []string{"-prequential", filepath.Join(dir, "events")}, &out, &log); err != nil {
		t.Fatal(err)
	}
	var n, fresh int
	var rate, freshRate float64
	if _, err := fmt.Sscanf(out.String(), "events %d hit@10 %f\nevents of users with fewer than 5: %d hit@10 %f\n", &n, &rate, &fresh, &freshRate); err != nil {
		t.Fatalf("%v in %q", err, &out)
	}
	if n != 1500 || fresh != 300 || rate < 0.3 {
		t.Errorf("got %q, where chance is 0.1 and order can be learned", &out)
	}
}
