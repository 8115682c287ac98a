// Package fault breaks a running shop and checks that nothing is lost: its
// tests kill the process in the middle of a rush.
package fault
