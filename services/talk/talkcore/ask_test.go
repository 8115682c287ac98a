package talkcore_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"meadow/services/talk"
	"meadow/services/talk/talkcore"
)

func TestAQuestionIsToldByItsWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		// Chinese.
		"多少钱？":           true,
		"多少钱":            true,
		"有链接吗":           true,
		"有小号的吗，想买":       true,
		"有没有粉色":          true,
		"哪里买的呀":          true,
		"怎么搭配":           true,
		"敏感肌能用么":         true,
		"那我的尺码呢":         true,
		"请问什么时候补货":       true,
		"求链接":            true,
		"是不是纯棉的":         true,
		"什么色号":           true,
		"可以机洗嘛":          true,
		"好看":             false,
		"太美了！":           false,
		"我觉得挺值":          false,
		"还没到呢":           false,
		"可好看呢":           false,
		"那么，就它了":         false,
		"这么":             false,
		"挺好嘛":            false,
		"已下单，等快递":        false,
		"":               false,
		"😍😍":             false,
		"吗丁啉":            false,
		"我妈妈用着呢，说很好":     false,
		"没什么，挺喜欢":        false,
		"http://a.b?x=1": false,
		// English.
		"How much is it":                             true,
		"how long does shipping take":                true,
		"Lovely. Where is it from":                   true,
		"hi, what size did you take":                 true,
		"Is there a smaller one":                     true,
		"does it run small":                          true,
		"Can you share the link":                     true,
		"Which one is better":                        true,
		"anyone know if it comes in blue":            true,
		"any idea when it is back":                   true,
		"link please":                                true,
		"Really?":                                    true,
		"Why is it so dear":                          true,
		"isn't it":                                   true,
		"What a lovely colour":                       false,
		"How lovely!":                                false,
		"Love it, which is rare":                     false,
		"When I wear it I feel great":                false,
		"I know where it is":                         false,
		"It is good":                                 false,
		"Bought it. Will wear it":                    false,
		"see https://shop.example/a?b=c":             false,
		"see https://shop.example/a?b=c, is it good": true,
	} {
		if got := talkcore.IsQuestion(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func FuzzIsQuestionNeverPanicsAndAnswersAQuestionMark(f *testing.F) {
	for _, s := range []string{"多少钱？", "How much", "呢", "\xff吗", "么。", "www.a?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		talkcore.IsQuestion(s)
		if utf8.ValidString(s) && !talkcore.IsQuestion(s+" ?") {
			t.Errorf("%q with a mark asks nothing", s)
		}
	})
}

func TestALinkIsToldByItsLook(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"https://a.b":              true,
		"HTTP://A.B":               true,
		"www.example":              true,
		"see shop.example.com now": true,
		"ｓｈｏｐ．ｃｎ":                  true,
		"加微信 weixin://x":           true,
		"It is 2.5 cm":             false,
		"Good.Thanks":              false,
		"e.g. this":                false,
		"好看。cn":                    false,
		"www":                      false,
	} {
		if got := talkcore.HasLink(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestWordsAreFoundInAnyCaseAndWidth(t *testing.T) {
	t.Parallel()
	words := talkcore.FoldAll([]string{" FAKE ", "假货", ""})
	for text, want := range map[string]bool{"a ｆａｋｅ one": true, "是假货吧": true, "fa ke": false, "": false, "fine": false} {
		if got := talkcore.HoldsAny(text, words); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
	if talkcore.HoldsAny("anything", nil) {
		t.Error("no words were found")
	}
}

func TestPlainTextStaysAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := talkcore.Plain(rapid.String().Draw(t, "text"))
		if again := talkcore.Plain(once); again != once {
			t.Fatalf("%q became %q", once, again)
		}
		if strings.ContainsAny(once, "\r\x00\u202e\u2066\ufeff") || strings.Contains(once, "\n\n\n") {
			t.Fatalf("%q is not plain", once)
		}
	})
}

func TestHeatGoesByWeightHalvedForEveryDay(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 5, 1, 10, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		likes, replies int64
		later          time.Duration // a fresh comment without either that stands level
	}{{0, 0, 0}, {1, 0, talkcore.HalfLife}, {3, 0, 2 * talkcore.HalfLife}, {1, 1, 2 * talkcore.HalfLife}, {0, 1, 0}} {
		got, want := talkcore.Heat(at, x.likes, x.replies), at.Add(x.later).UnixMilli()
		if x.replies == 1 && x.likes == 0 { // log2(3) half-lives
			want = at.UnixMilli() + 136_941_760
		}
		if d := got - want; d < -1000 || d > 1000 {
			t.Errorf("%+v: got %d, want about %d", x, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		likes, replies := rapid.Int64Range(0, 1e9).Draw(t, "likes"), rapid.Int64Range(0, 1e6).Draw(t, "replies")
		h := talkcore.Heat(at, likes, replies)
		if likes < 1e6 && talkcore.Heat(at, likes+1, replies) <= h || replies < 1e5 && talkcore.Heat(at, likes, replies+1) <= h && likes < 1e6 {
			t.Fatalf("a like or a reply cools: %d, %d", likes, replies)
		}
		if talkcore.Heat(at.Add(time.Millisecond), likes, replies) <= h {
			t.Fatal("a younger one is cooler")
		}
	})
}

func TestPercentilesAreOfTheNearestRank(t *testing.T) {
	t.Parallel()
	hours := func(n ...int) (out []time.Duration) {
		for _, h := range n {
			out = append(out, time.Duration(h)*time.Hour)
		}
		return out
	}
	for _, x := range []struct {
		took []time.Duration
		want talk.Response
	}{
		{nil, talk.Response{}},
		{hours(5), talk.Response{Answered: 1, Median: 5 * 3600, P90: 5 * 3600, Within: 1}},
		{hours(30, 10), talk.Response{Answered: 2, Median: 10 * 3600, P90: 30 * 3600, Within: 1}},
		{hours(1, 2, 3, 4, 5, 6, 7, 8, 24, 100), talk.Response{Answered: 10, Median: 5 * 3600, P90: 24 * 3600, Within: 9}},
	} {
		var got talk.Response
		if talkcore.Measure(&got, x.took); got != x.want {
			t.Errorf("%v: got %+v, want %+v", x.took, got, x.want)
		}
	}
}
