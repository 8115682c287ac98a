//go:build faults

package fault

import "os"

// Built says whether mistakes can be made at all.
const Built = true

// made is the mistake of this process; there is one at a time.
var made = Name(os.Getenv("MEADOW_FAULT"))

// On reports whether a mistake is being made.
func On(n Name) bool { return made == n }
