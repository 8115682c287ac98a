//go:build !faults

package fault

// Built says whether mistakes can be made at all.
const Built = false

// On reports whether a mistake is being made: never.
func On(Name) bool { return false }
