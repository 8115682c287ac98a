package mediaworker

import (
	"fmt"
	"syscall"
)

// confine takes from this process what decoding does not need. Of memory it
// limits what can be written to (RLIMIT_DATA), not the address space: the Go
// runtime and the WebP encoder reserve gigabytes of it that they never use.
func confine() error {
	for what, most := range map[int]uint64{
		syscall.RLIMIT_DATA:   dataLimit,
		syscall.RLIMIT_AS:     8 * dataLimit,
		syscall.RLIMIT_CPU:    timeLimit,
		syscall.RLIMIT_FSIZE:  0,
		syscall.RLIMIT_CORE:   0,
		syscall.RLIMIT_NOFILE: fileLimit,
	} {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("media worker: limit %d: %w", what, err)
		}
	}
	return nil
}

// alone puts a process into a network, and into shared memory, of its own with
// nothing in it. That takes a user namespace, which some machines forbid.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC}
}
