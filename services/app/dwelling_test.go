package app

import (
	"testing"

	"meadow/services/account"
)

func TestADwellingIsTheSameHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	at := func(name, city, line string) string {
		return dwelling(account.Place{Name: name, City: city, Line: line})
	}
	home := at("Ann", "Hangzhou", "8 Lakeside Road, flat 2")
	for what, c := range map[string]struct {
		got  string
		same bool
	}{
		"another person":            {at("Ben", "Hangzhou", "8 Lakeside Road, flat 2"), true},
		"other spaces and letters":  {at("Ann", "hangzhou ", "8  LAKESIDE ROAD flat-2"), true},
		"the flat next door":        {at("Ann", "Hangzhou", "8 Lakeside Road, flat 3"), false},
		"the same line, other city": {at("Ann", "Shanghai", "8 Lakeside Road, flat 2"), false},
	} {
		if (c.got == home) != c.same {
			t.Errorf("%s: %q and %q", what, c.got, home)
		}
	}
}
