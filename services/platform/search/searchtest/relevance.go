package searchtest

import (
	"testing"

	"meadow/services/platform/search"
)

// shelf is what the relevance set searches: titles as people write them.
func shelf() []search.Doc {
	return []search.Doc{
		{ID: "sunscreen-oily", Title: "油皮防晒霜测评：5款清爽不搓泥", Tags: []string{"防晒", "护肤"}},
		{ID: "sunscreen-spray", Title: "Sun spray SPF50+ 户外防晒喷雾", Tags: []string{"防晒"}},
		{ID: "sun-hat", Title: "夏天遮阳帽推荐，显脸小", Tags: []string{"帽子", "穿搭"}},
		{ID: "after-sun", Title: "晒后修复面膜，敏感肌可用", Tags: []string{"面膜", "护肤"}},
		{ID: "mask-hydrating", Title: "补水面膜平价合集", Tags: []string{"面膜"}},
		{ID: "face-cream", Title: "秋冬保湿面霜怎么选", Tags: []string{"护肤"}},
		{ID: "serum", Title: "Vitamin C serum for beginners", Tags: []string{"skincare"}},
		{ID: "sensitive", Title: "Skincare routine for sensitive skin", Tags: []string{"skincare", "routine"}},
		{ID: "lip-red", Title: "红色系口红试色 12 支", Tags: []string{"口红", "彩妆"}},
		{ID: "lip-matte", Title: "Velvet matte lipstick swatches", Tags: []string{"lipstick", "makeup"}},
		{ID: "lip-balm", Title: "润唇膏红黑榜", Tags: []string{"唇部护理"}},
		{ID: "cat-food", Title: "幼猫猫粮怎么挑？成分党看这里", Tags: []string{"宠物", "猫"}},
		{ID: "cat-tree", Title: "给主子买的猫爬架翻车了", Tags: []string{"宠物"}},
		{ID: "cat-toy", Title: "10 cat toys my kittens actually use", Tags: []string{"cats"}},
		{ID: "dog-walk", Title: "遛狗神器：自动伸缩牵引绳", Tags: []string{"宠物", "狗"}},
		{ID: "green-tea", Title: "明前龙井绿茶 手工炒制 250g", Tags: []string{"茶叶"}},
		{ID: "milk-tea", Title: "在家做奶茶，三分钟搞定", Tags: []string{"饮品", "食谱"}},
		{ID: "tea-table", Title: "原木小茶几 日式客厅", Tags: []string{"家具"}},
		{ID: "teapot", Title: "Handmade clay teapot", Tags: []string{"tea", "ceramics"}},
		{ID: "coffee", Title: "Pour-over coffee beans from Yunnan 云南咖啡豆", Tags: []string{"coffee"}},
		{ID: "phone-case", Title: "iPhone 15 手机壳 透明防摔", Tags: []string{"手机配件"}},
		{ID: "phone-film", Title: "手机贴膜保姆级教程", Tags: []string{"手机配件"}},
		{ID: "headphones", Title: "Wireless noise-cancelling headphones", Tags: []string{"audio"}},
		{ID: "earbuds", Title: "蓝牙耳机横评：百元降噪", Tags: []string{"数码"}},
		{ID: "run-shoes", Title: "跑步鞋选购指南，宽脚友好", Tags: []string{"运动"}},
		{ID: "run-shoes-en", Title: "Running shoes for wide feet", Tags: []string{"sport"}},
		{ID: "dress-linen", Title: "Linen summer dress, three colours", Tags: []string{"dresses"}},
		{ID: "dress-floral", Title: "碎花连衣裙 法式 夏季新款", Tags: []string{"连衣裙", "女装"}},
		{ID: "shirt", Title: "亚麻衬衫男 通勤百搭", Tags: []string{"男装"}},
		{ID: "pan", Title: "不粘锅怎么开锅才不粘", Tags: []string{"厨房"}},
		{ID: "cake", Title: "零失败戚风蛋糕食谱", Tags: []string{"烘焙", "食谱"}},
		{ID: "camp", Title: "周末露营装备清单", Tags: []string{"户外"}},
	}
}

// judged says which titles a person who asks this wants to see.
func judged() map[string][]string {
	return map[string][]string{
		"防晒":              {"sunscreen-oily", "sunscreen-spray"},
		"防晒霜测评":           {"sunscreen-oily"},
		"面膜":              {"after-sun", "mask-hydrating"},
		"补水 面膜":           {"mask-hydrating"},
		"护肤":              {"sunscreen-oily", "after-sun", "face-cream"},
		"skincare":        {"serum", "sensitive"},
		"口红":              {"lip-red"},
		"red lipstick":    {},
		"lipstik":         {"lip-matte"},
		"猫":               {"cat-food", "cat-tree"},
		"cat":             {"cat-toy"},
		"kitten toys":     {"cat-toy"},
		"茶":               {"green-tea", "milk-tea"}, // and not the tea table, which is found
		"tea":             {"teapot"},
		"手机壳 iphone15":    {"phone-case"},
		"手机配件":            {"phone-case", "phone-film"},
		"降噪耳机":            {"earbuds"},
		"headphone":       {"headphones"},
		"wireles headset": {},
		"running shoe":    {"run-shoes-en"},
		"跑鞋":              {"run-shoes"}, // which calls them 跑步鞋, and is missed
		"夏季连衣裙":           {"dress-floral"},
		"summer dresses":  {"dress-linen"},
		"云南咖啡":            {"coffee"},
		"蛋糕食谱":            {"cake"},
		"户外":              {"sunscreen-spray", "camp"},
	}
}

// sounded is the same for what is typed by its sound.
func sounded() map[string][]string {
	return map[string][]string{
		"fangshai":      {"sunscreen-oily", "sunscreen-spray"},
		"mianmo":        {"after-sun", "mask-hydrating"},
		"hufu":          {"sunscreen-oily", "after-sun", "face-cream"},
		"kouhong":       {"lip-red"},
		"runchungao":    {"lip-balm"},
		"maoliang":      {"cat-food"},
		"lvcha":         {"green-tea"},
		"naicha":        {"milk-tea"},
		"shoujike":      {"phone-case"},
		"iphone shouji": {"phone-case"},
		"lanyaerji":     {"earbuds"},
		"paobuxie":      {"run-shoes"},
		"lianyiqun":     {"dress-floral"},
		"buzhanguo":     {"pan"},
		"dangao":        {"cake"},
		"yunnan kafei":  {"coffee"},
		"luying":        {"camp"},
		"kh":            {"lip-red"},
		"fss":           {"sunscreen-oily"},
		"lyq":           {"dress-floral"},
		"sjk":           {"phone-case"},
	}
}

// Relevance measures answers to the judged queries: how much of what was
// wanted was found, and how much of what was found was wanted.
func Relevance(t *testing.T, ix search.Index) (recall, precision float64) {
	t.Helper()
	put(t, ix, shelf()...)
	return measure(t, ix, judged())
}

// Sounding measures the same of queries in pinyin.
func Sounding(t *testing.T, ix search.Index) (recall, precision float64) {
	t.Helper()
	put(t, ix, shelf()...)
	return measure(t, ix, sounded())
}

func measure(t *testing.T, ix search.Index, queries map[string][]string) (recall, precision float64) {
	t.Helper()
	var wanted, found, both int
	for q, want := range queries {
		got := ids(find(t, ix, text(q)))
		hits := 0
		for _, w := range want {
			for _, g := range got {
				if g == w {
					hits++
				}
			}
		}
		if hits != len(want) || hits != len(got) {
			t.Logf("%s: got %v, want %v", q, got, want)
		}
		wanted, found, both = wanted+len(want), found+len(got), both+hits
	}
	return float64(both) / float64(wanted), float64(both) / float64(found)
}
