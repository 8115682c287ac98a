package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheVerdictTellsWhatFailedAndWhatWasSkipped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		events string
		ok     bool
		want   string
	}{
		"all is well": {`{"Action":"output","Package":"a","Test":"T","Output":"=== RUN T\n"}
{"Action":"output","Package":"a","Test":"T","Output":"    chatter\n"}
{"Action":"pass","Package":"a","Test":"T"}
{"Action":"pass","Package":"a","Elapsed":1.5}
`, true, "ok    a 1.5s\ngo packages: 1 ok, 0 failed\ngo tests: 1 passed, 0 failed, 0 skipped\n"},
		"a test fails": {`{"Action":"output","Package":"a","Test":"T","Output":"=== RUN T\n"}
{"Action":"output","Package":"a","Test":"T","Output":"    got 1, want 2\n"}
{"Action":"output","Package":"a","Test":"U","Output":"    of no interest\n"}
{"Action":"pass","Package":"a","Test":"U"}
{"Action":"fail","Package":"a","Test":"T"}
{"Action":"fail","Package":"a","Elapsed":2}
`, false, "    got 1, want 2\nFAIL  a 2.0s\ngo packages: 0 ok, 1 failed\ngo tests: 1 passed, 1 failed, 0 skipped\n"},
		"a package dies in the middle of a test": {`{"Action":"output","Package":"a","Test":"T","Output":"panic: oh\n"}
{"Action":"fail","Package":"a"}
`, false, "panic: oh\nFAIL  a 0.0s\ngo packages: 0 ok, 1 failed\ngo tests: 0 passed, 0 failed, 0 skipped\n"},
		"it does not build": {`{"Action":"build-output","ImportPath":"a","Output":"a.go:1: oh\n"}
{"Action":"build-fail","ImportPath":"a"}
{"Action":"fail","Package":"a"}
`, false, "a.go:1: oh\nFAIL  a 0.0s\ngo packages: 0 ok, 1 failed\ngo tests: 0 passed, 0 failed, 0 skipped\n"},
		"a suite has no server": {`{"Action":"output","Package":"a","Test":"T","Output":"    x_test.go:3: SKIPPED a: no server\n"}
{"Action":"skip","Package":"a","Test":"T"}
{"Action":"output","Package":"a","Output":"SKIPPED a: no server\n"}
{"Action":"pass","Package":"a"}
`, true, "ok    a 0.0s\nSKIPPED a: no server\ngo packages: 1 ok, 0 failed\ngo tests: 0 passed, 0 failed, 1 skipped\n"},
		"nothing ran":         {"", false, "go packages: 0 ok, 0 failed\ngo tests: 0 passed, 0 failed, 0 skipped\n"},
		"go itself complains": {"go: no such thing\n", false, "go: no such thing\ngo packages: 0 ok, 0 failed\ngo tests: 0 passed, 0 failed, 0 skipped\n"},
	} {
		var out bytes.Buffer
		ok, err := read(strings.NewReader(c.events), &out)
		if err != nil || ok != c.ok {
			t.Errorf("%s: got %v, %v, want %v", name, ok, err, c.ok)
		}
		if d := cmp.Diff(c.want, out.String()); d != "" {
			t.Errorf("%s (-want +got): %s", name, d)
		}
	}
}
