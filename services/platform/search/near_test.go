package search_test

import (
	"testing"

	"meadow/services/platform/search"
)

func TestATypoIsOneLetterOrTwoSwapped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		typos int
	}{
		{"lipstick", "lipstick", 0}, {"lipstik", "lipstick", 1}, {"lisptick", "lipstick", 1}, {"lipsticks", "lipstick", 1},
		{"lapstick", "lipstick", 1}, {"haedphnes", "headphones", 2}, {"口红", "口紅", 1}, {"", "ab", 2}, {"abcd", "badc", 2},
		{"lip", "stick", 9},
	} {
		least := 0
		for !search.Near(c.a, c.b, least) {
			least++
		}
		if least != c.typos && c.typos != 9 {
			t.Errorf("%q and %q: %d typos, want %d", c.a, c.b, least, c.typos)
		}
		if search.Near(c.a, c.b, least) != search.Near(c.b, c.a, least) {
			t.Errorf("%q and %q are not as near as the other way round", c.a, c.b)
		}
	}
}
