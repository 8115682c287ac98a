package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"meadow/services/kernel/clock"
	"meadow/services/kernel/id"
)

func TestAMembersLevelIsWhatTheyBoughtAndKept(t *testing.T) {
	t.Parallel()
	k := clock.NewFake(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	spent, asked := map[id.User]int64{}, 0
	var since time.Time
	var broken error
	l := &levels{currency: "CNY", now: k.Now, spent: func(_ context.Context, u id.User, from time.Time) (map[string]int64, error) {
		asked++
		since = from
		return map[string]int64{"CNY": spent[u], "EUR": 9_000_000}, broken
	}}
	for _, row := range []struct{ spent, want int64 }{{0, 1}, {99_999, 1}, {100_000, 2}, {499_999, 2}, {500_000, 3}, {2_000_000, 4}, {90_000_000, 4}} {
		u := id.User("usr_" + id.Secret())
		spent[u] = row.spent
		if got, err := l.Level(t.Context(), u); err != nil || got != row.want {
			t.Errorf("after %d: level %d, %v; want %d", row.spent, got, err, row.want)
		}
	}
	if want := k.Now().Add(-memberYear); !since.Equal(want) {
		t.Errorf("asked since %v, want %v", since, want)
	}
	before := asked
	u := id.User("usr_amy")
	spent[u] = 100_000
	for range 3 {
		if got, err := l.Level(t.Context(), u); got != 2 || err != nil {
			t.Errorf("%d %v", got, err)
		}
	}
	spent[u] = 0 // it went back
	if got, _ := l.Level(t.Context(), u); got != 2 || asked != before+1 {
		t.Errorf("remembered %d, asked %d times", got, asked-before)
	}
	k.Advance(levelFor)
	if got, _ := l.Level(t.Context(), u); got != 1 {
		t.Errorf("once everything went back: %d", got)
	}
	broken = errors.New("the parcels cannot be read")
	k.Advance(levelFor)
	if _, err := l.Level(t.Context(), u); !errors.Is(err, broken) {
		t.Errorf("an unknown level: %v", err)
	}
}
