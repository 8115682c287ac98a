//go:build !race

package redpacketcore

// racing says that the race detector watches, which takes its time.
const racing = false
