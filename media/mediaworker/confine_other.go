//go:build !linux

package mediaworker

import "syscall"

// confine does nothing where the limits of Linux do not exist; there the limit
// on the heap and the gates on the header remain.
func confine() error { return nil }

func alone() *syscall.SysProcAttr { return nil }
