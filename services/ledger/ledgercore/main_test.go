package ledgercore

import (
	"flag"
	"os"
	"testing"
)

// TestMain asks for fewer examples of each law than usual, unless it is told how
// many: some play whole orders over a store.
func TestMain(m *testing.M) {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "rapid.checks" })
	if !told {
		_ = flag.Set("rapid.checks", "30")
	}
	os.Exit(m.Run())
}
