package sim

import (
	"testing"

	"meadow/services/kernel/clock"
	"meadow/services/platform/docdb"
	"meadow/services/platform/docdb/docdbtest"
)

func TestTheStoreIsADriver(t *testing.T) {
	docdbtest.Run(t, func(_ *testing.T, now clock.Now) docdb.Driver { return newStore(now) })
}
