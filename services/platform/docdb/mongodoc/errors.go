package mongodoc

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"meadow/services/platform/docdb"
)

const (
	codeDuplicate  = 11000
	codeNoSuchColl = 26
	codeNoSuchIdx  = 27
)

// translate says err in docdb's words where it has them.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case hasCode(err, codeDuplicate):
		return duplicate(err)
	case errors.Is(err, context.Canceled):
		return err
	case mongo.IsTimeout(err), mongo.IsNetworkError(err), transient(err):
		return docdb.ErrUnavailable.Because(err)
	}
	return err
}

// transient reports what a healthy deployment gets over: an election, a
// primary that stepped down, a majority that is not reached in time.
func transient(err error) bool {
	var s mongo.ServerError
	if errors.As(err, &s) {
		for _, label := range []string{"RetryableWriteError", "TransientTransactionError", "NoWritesPerformed"} {
			if s.HasErrorLabel(label) {
				return true
			}
		}
	}
	if _, ok := errors.AsType[topology.ServerSelectionError](err); ok {
		return true
	}
	return slices.ContainsFunc([]int{
		64,    // WriteConcernFailed
		91,    // ShutdownInProgress
		189,   // PrimarySteppedDown
		10107, // NotWritablePrimary
		11600, // InterruptedAtShutdown
		11602, // InterruptedDueToReplStateChange
		13435, // NotPrimaryNoSecondaryOk
		13436, // NotPrimaryOrSecondary
	}, func(code int) bool { return hasCode(err, code) })
}

func hasCode(err error, code int) bool {
	var s mongo.ServerError
	return errors.As(err, &s) && s.HasErrorCode(code)
}

// duplicate tells which index refused. MongoDB says so in its message only:
// "E11000 duplicate key error collection: shop.users index: email dup key: {…}".
func duplicate(err error) error {
	_, rest, _ := strings.Cut(message(err), " index: ")
	name, _, _ := strings.Cut(rest, " ")
	if name == "_id_" {
		return docdb.ErrExists
	}
	return docdb.Duplicate{Index: name}
}

func message(err error) string {
	if e, ok := errors.AsType[mongo.WriteException](err); ok && len(e.WriteErrors) > 0 {
		return e.WriteErrors[0].Message
	}
	if e, ok := errors.AsType[mongo.BulkWriteException](err); ok && len(e.WriteErrors) > 0 {
		return e.WriteErrors[0].Message
	}
	if e, ok := errors.AsType[mongo.CommandError](err); ok {
		return e.Message
	}
	return err.Error()
}
