// Command verdict reads the events of go test -json and tells what a person
// wants to know: a line for each package, everything that a failed test said,
// why tests were skipped, and the counts. It exits with 1 if anything failed.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	ok, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "verdict:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// event is one line of go test -json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Output     string
	Elapsed    float64
}

type test struct{ pkg, name string }

type tally struct {
	out     io.Writer
	said    map[test][]string // by tests that have not ended
	skipped map[string]bool   // why
	tests   struct{ passed, failed, skipped int }
	pkgs    struct{ passed, failed int }
}

// read tells out about the events of in, and reports whether all is well.
func read(in io.Reader, out io.Writer) (bool, error) {
	t := tally{out: out, said: map[test][]string{}, skipped: map[string]bool{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			t.line(line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
	}
	return t.end(), nil
}

func (t *tally) line(line []byte) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		_, _ = t.out.Write(line) // not of a test: go itself
		return
	}
	at := test{e.Package, e.Test}
	switch e.Action {
	case "output":
		if _, why, found := strings.Cut(e.Output, "SKIPPED"); found {
			t.skipped["SKIPPED"+strings.TrimRight(why, "\n")] = true
		}
		t.said[at] = append(t.said[at], e.Output)
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(at, e.Action)
		}
	}
}

func (t *tally) endTest(at test, action string) {
	switch action {
	case "pass":
		t.tests.passed++
	case "skip":
		t.tests.skipped++
	case "fail":
		t.tests.failed++
		t.tell(at)
	}
	delete(t.said, at)
}

// endPackage tells the verdict on a package and, if it failed, what it said
// beside its tests and in those that never ended: a panic, a deadlock.
func (t *tally) endPackage(e event) {
	own := slices.SortedFunc(maps.Keys(t.said), func(a, b test) int { return cmp.Compare(a.name, b.name) })
	for _, at := range own {
		if at.pkg != e.Package {
			continue
		}
		if e.Action == "fail" {
			t.tell(at)
		}
		delete(t.said, at)
	}
	switch e.Action {
	case "pass":
		t.pkgs.passed++
		fmt.Fprintf(t.out, "ok    %s %.1fs\n", e.Package, e.Elapsed)
	case "fail":
		t.pkgs.failed++
		fmt.Fprintf(t.out, "FAIL  %s %.1fs\n", e.Package, e.Elapsed)
	}
}

func (t *tally) tell(at test) {
	for _, line := range t.said[at] {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(t.out, line)
		}
	}
}

func (t *tally) end() bool {
	for _, why := range slices.Sorted(maps.Keys(t.skipped)) {
		fmt.Fprintln(t.out, why)
	}
	fmt.Fprintf(t.out, "go packages: %d ok, %d failed\n", t.pkgs.passed, t.pkgs.failed)
	fmt.Fprintf(t.out, "go tests: %d passed, %d failed, %d skipped\n", t.tests.passed, t.tests.failed, t.tests.skipped)
	return t.pkgs.failed == 0 && t.tests.failed == 0 && t.pkgs.passed > 0
}
