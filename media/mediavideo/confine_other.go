//go:build !linux

package mediavideo

import (
	"fmt"
	"os"
	"syscall"
)

// Main becomes the program it is told to be: the limits of Linux do not exist
// here. What remains is that ffmpeg is told what to read, and how.
func Main(args []string) int {
	if len(args) < 3 {
		_, _ = fmt.Fprintln(os.Stderr, Command+": too few arguments")
		return 1
	}
	_, _ = fmt.Fprintln(os.Stderr, syscall.Exec(args[2], args[2:], []string{}))
	return 1
}

func alone() *syscall.SysProcAttr    { return nil }
func together() *syscall.SysProcAttr { return nil }
