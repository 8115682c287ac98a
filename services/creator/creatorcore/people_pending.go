package creatorcore

import "meadow/services/kernel/errs"

var errPending = errs.New(errs.NotFound, "not_here_yet", "This is not here yet.")
