package moderationcore

import (
	"strings"
	"testing"

	"meadow/services/moderation"
)

// BenchmarkRulesOfALongText asks every rule about the longest text there is.
func BenchmarkRulesOfALongText(b *testing.B) {
	for name, unit := range map[string]string{"Chinese": "今天去湖边走了走,天气很好。", "English": "A quiet walk by the lake. ", "addresses": "a.b.c.d-e.f1.", "digits": "139 0013 "} {
		text := strings.Repeat(unit, 20_000/len([]rune(unit)))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := read(moderation.Post, text)
				for _, r := range table {
					if r.fires != nil {
						r.fires(moderation.Facts{Text: text}, n)
					}
				}
			}
		})
	}
}
