package catalogcore

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meadow/services/catalog"
)

// TestWhatIsWrittenInACellIsReadFromIt writes facts into a table, as a
// spreadsheet would store it, and reads them back.
func TestWhatIsWrittenInACellIsReadFromIt(t *testing.T) {
	t.Parallel()
	word := rapid.Custom(func(t *rapid.T) string {
		return "x" + rapid.StringOf(rapid.SampledFrom([]rune(`ab =;\,"'+-@茶`))).Draw(t, "middle") + "x"
	})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) catalog.Fact {
			return catalog.Fact{Name: word.Draw(t, "name"), Value: word.Draw(t, "value")}
		}), 0, 5).Draw(t, "facts")
		var b strings.Builder
		w := csv.NewWriter(&b)
		title := rapid.SampledFrom([]string{"", "'", "=", "'=", "-1", "@a", "''x"}).Draw(t, "title")
		if err := w.Write([]string{guard(title), guard(factCell(want))}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		rec, err := csv.NewReader(strings.NewReader(b.String())).Read()
		if err != nil {
			t.Fatal(err)
		}
		if got := unguard(rec[0]); got != title {
			t.Fatalf("%q came back as %q", title, got)
		}
		pairs, err := readPairs(unguard(rec[1]))
		if err != nil {
			t.Fatal(err)
		}
		var got []catalog.Fact
		for _, p := range pairs {
			got = append(got, catalog.Fact{Name: p.name, Value: p.value})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q came back as %q", want, got)
		}
	})
}
