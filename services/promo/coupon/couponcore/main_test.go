package couponcore

import (
	"flag"
	"os"
	"testing"
)

// TestMain keeps the laws cheap; -rapid.checks=N tries them harder.
func TestMain(m *testing.M) {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "rapid.checks" })
	if !told {
		_ = flag.Set("rapid.checks", "8")
	}
	os.Exit(m.Run())
}
