package pinyin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"meadow/services/platform/search"
	"meadow/services/platform/search/pinyin"
)

// said is common words and how they are typed.
func said() map[string]string {
	return map[string]string{
		"口红": "kouhong", "防晒": "fangshai", "面膜": "mianmo", "护肤": "hufu", "彩妆": "caizhuang", "连衣裙": "lianyiqun",
		"猫粮": "maoliang", "奶茶": "naicha", "手机壳": "shoujike", "耳机": "erji", "咖啡": "kafei", "银行": "yinhang",
		"行李箱": "xinglixiang", "音乐": "yinyue", "快乐": "kuaile", "便宜": "pianyi", "重庆": "chongqing", "长沙": "changsha",
		"成长": "chengzhang", "睡觉": "shuijiao", "感觉": "ganjue", "绿茶": "lvcha", "女装": "nvzhuang", "旅行": "lvxing",
		"首都": "shoudu", "薄荷": "bohe", "薄被": "baobei", "参茶": "shencha", "模特": "mote", "模样": "muyang", "露营": "luying",
		"减肥": "jianfei", "睫毛膏": "jiemaogao", "粉底液": "fendiye", "眼影": "yanying", "香水": "xiangshui", "运动鞋": "yundongxie",
		"牛仔裤": "niuzaiku", "毛衣": "maoyi", "羽绒服": "yurongfu", "蓝牙": "lanya", "空调": "kongtiao", "调料": "tiaoliao",
		"台灯": "taideng", "沙发": "shafa", "床单": "chuangdan", "零食": "lingshi", "坚果": "jianguo", "螺蛳粉": "luosifen",
		"火锅": "huoguo", "蛋糕": "dangao", "烘焙": "hongbei", "母婴": "muying", "宝宝": "baobao", "玩具": "wanju", "积木": "jimu",
		"健身": "jianshen", "瑜伽": "yujia", "跑步": "paobu", "穿搭": "chuanda", "美甲": "meijia", "发型": "faxing",
		"什么": "shenme", "着装": "zhuozhuang", "纤维": "xianwei", "厦门": "xiamen", "上海": "shanghai", "北京": "beijing", "广州": "guangzhou",
		"西安": "xian", "深圳": "shenzhen", "成都": "chengdu", "佛山": "foshan", "大理": "dali", "旅游": "lvyou", "酒店": "jiudian",
		"直播": "zhibo", "优惠券": "youhuiquan", "折扣": "zhekou", "正品": "zhengpin", "包邮": "baoyou", "测评": "ceping",
	}
}

func TestCommonWordsAreFoundByHowTheyAreTyped(t *testing.T) {
	t.Parallel()
	for han, typed := range said() {
		q, ok := pinyin.Read(typed, false)
		if !ok {
			t.Errorf("%s is no reading", typed)
			continue
		}
		grams := pinyin.Grams("很好的" + han + "推荐")
		for _, p := range q.Pieces {
			if !slices.Contains(grams, p) {
				t.Errorf("%s (%s): %q is not in %v", han, typed, p, grams)
			}
		}
		if got := marked(q, "买 "+han+"!"); got != han {
			t.Errorf("%s: marks %q, want %q", typed, got, han)
		}
	}
}

func marked(q pinyin.Query, text string) string {
	words := search.Words(text)
	hit := make([]bool, len(words))
	q.Mark(words, hit)
	var b strings.Builder
	for i, w := range words {
		if hit[i] {
			b.WriteString(text[w.Start:w.End])
		}
	}
	return b.String()
}

func TestAWordThatIsNoReadingIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"", "a", "x", "lipstick", "sunscreen", "iphone", "vv", "ing", "kouhongx", "kou hong", "口红", "KouHong", strings.Repeat("ma", 40)} {
		if q, ok := pinyin.Read(w, false); ok {
			t.Errorf("%q is read as %+v", w, q)
		}
	}
	if _, ok := pinyin.Read("kouh", false); ok {
		t.Error("an unfinished word passed for a whole one")
	}
	if q, ok := pinyin.Read("kouh", true); !ok || !cmp.Equal(q.Pieces, []string{"kouh"}) {
		t.Errorf("unfinished: got %+v, %v", q, ok)
	}
}

func TestALongReadingIsCutIntoPiecesThatAreAllThere(t *testing.T) {
	t.Parallel()
	q, ok := pinyin.Read("fangshaishuangceping", false)
	if want := []string{"fangshaishuang", "shuangceping"}; !ok || !cmp.Equal(want, q.Pieces) {
		t.Fatalf("got %v", q.Pieces)
	}
	if got := marked(q, "油皮防晒霜测评：5款"); got != "防晒霜测评" {
		t.Errorf("marks %q", got)
	}
}

func TestInitialsFindWords(t *testing.T) {
	t.Parallel()
	for typed, text := range map[string]string{"kh": "红色口红试色", "fss": "油皮防晒霜", "lyq": "碎花连衣裙", "yhyl": "银行音乐", "fsscp": "防晒霜测评"} {
		q, ok := pinyin.ReadInitials(typed)
		if !ok {
			t.Errorf("%s are no initials", typed)
			continue
		}
		all := pinyin.Initials(text)
		for _, p := range q.Pieces {
			if !slices.Contains(all, p) {
				t.Errorf("%s: %s is not in %v", text, p, all)
			}
		}
	}
	for _, w := range []string{"k", "mlik", "uv", "kh5", "口红", "abcdefgho"} {
		if q, ok := pinyin.ReadInitials(w); ok {
			t.Errorf("%q is read as %+v", w, q)
		}
	}
	if got := marked(must(pinyin.ReadInitials("kh")), "红色口红"); got != "口红" {
		t.Errorf("marks %q", got)
	}
}

func must(q pinyin.Query, _ bool) pinyin.Query { return q }

func TestTheWholeOfATextCanBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"口红":     {"kouhong", "kh"},
		"Mac 口红": {"mackouhong", "mackh"},
		"绿茶 茶":   {"lvchacha", "lcc"},
		"":       {"", ""},
	} {
		if got := [2]string{pinyin.Full(text), pinyin.Short(text)}; got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Whatever is made of Chinese by reading it is a reading, and marks it.
func TestAnyReadingOfATextFindsIt(t *testing.T) {
	t.Parallel()
	var letters []rune
	for han := range said() {
		letters = append(letters, []rune(han)...)
	}
	slices.Sort(letters)
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(letters), 1, 3).Draw(t, "text"))
		typed := pinyin.Full(text)
		if len(typed) < 2 {
			t.Skip()
		}
		q, ok := pinyin.Read(typed, rapid.Bool().Draw(t, "open"))
		if !ok {
			t.Fatalf("%s: %s is no reading", text, typed)
		}
		if got := marked(q, text); got != text {
			t.Fatalf("%s: %s marks %q", text, typed, got)
		}
	})
}
