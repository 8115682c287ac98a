package talkcore

import (
	"regexp"
	"strings"
)

// isQuestion reports whether a comment asks something, by its words alone:
//
//   - a question mark, ? or ？, anywhere but inside an address;
//   - in Chinese, an asking word (怎么 多少 哪里 哪款 什么时候 为什么 有没有 能不能 请问
//     求链接 …), or a clause that ends in 吗, or in 么 呢 嘛 where they ask (not 那么
//     这么, not 还没到呢, not 好看嘛);
//   - in English, a clause that begins with an asking word and what follows it in
//     a question (how much, what size, where is, which one, why is …), or with a
//     verb before its subject (is there, does it, can you …), and "anyone know",
//     "any idea", "link please".
//
// It rather asks once too often: what only looks like a question is taken off
// the list with one touch, what is overlooked is never answered.
func isQuestion(text string) bool {
	s := address.ReplaceAllString(fold(text), " ") // fold makes ？ a ?
	return strings.Contains(s, "?") || asking.MatchString(s) || asksAtEnd(s) || askingEnglish.MatchString(s)
}

var (
	address = regexp.MustCompile(`(?:[a-z][a-z0-9+.-]*://|www\.)[^\s,;!。]+`)
	asking  = regexp.MustCompile(`怎么|怎样|如何|多少|多大|多久|多长时间|多高|多重|哪里|哪儿|哪个|哪款|哪家|哪种|哪有|哪买|哪能|什么时候|为什么|为啥|是什么|是啥|什么(?:牌子|颜色|色号|尺码|材质|价|味道|型号)|有没有|能不能|可不可以|可以不|是不是|好不好|要不要|会不会|值不值|适不适合|几号|几码|几天|几点|请问|求链接|求问|求推荐`)

	// A clause ends at a mark, a line end or the end.
	particle = regexp.MustCompile(`(吗|嘛|呢|么)\s*(?:[~!。,;:.…]|\n|$)`)
	// Words that make 呢 a statement: 还没到呢, 可好看呢, 正在用呢.
	stating = regexp.MustCompile(`(?:还没|还不|可|正|在|才|着)[^,。!\s]*$`)

	// Words with which 嘛 asks: 可以机洗嘛.
	able = regexp.MustCompile(`(?:可以|能)[^,。!\s]*$`)

	askingEnglish = regexp.MustCompile(
		`(?:^|[.!,;:\n]\s*|\b(?:and|but|so|hi|hey|hello|sorry|please|also|ok)[ ,]+)(?:` +
			`how(?:'s|s)? (?:much|many|do|does|did|is|are|was|long|big|small|tall|heavy|can|could|to|about|would|often|old|soon|thick|warm|far)\b` +
			`|what(?:'s|s| is| are| was| size| colou?r| brand| shade| do| does| did| about| kind| material| model| time| price| should| would| if)\b` +
			`|where(?:'s|s| is| are| do| does| did| can| could| was| to| from)\b` +
			`|which (?:one|size|colou?r|shade|brand|model|store|shop|product|of|do|is better|is the)\b` +
			`|when (?:is|are|will|do|does|did|can|was)\b|who(?:'s| is| are| makes| sells| made)\b` +
			`|why (?:is|are|do|does|did|not|so|would|was|can|isn't|don't|doesn't)\b` +
			`|(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|may)(?:n't)? (?:i|you|u|we|they|he|she|it|this|that|these|those|there|the|a|an|any|anyone|anybody|someone|your|my)\b` +
			`)|\b(?:anyone|anybody|someone|somebody) (?:knows?|tried|here)\b|\bany idea\b|\blink (?:please|pls)\b`)
)

// asksAtEnd looks for a particle that ends a clause and asks.
func asksAtEnd(s string) bool {
	for _, m := range particle.FindAllStringSubmatchIndex(s, -1) {
		before := s[:m[2]]
		ends := func(words ...string) bool {
			for _, w := range words {
				if strings.HasSuffix(before, w) {
					return true
				}
			}
			return false
		}
		switch s[m[2]:m[3]] {
		case "吗":
			return true
		case "么":
			if !ends("那", "这", "要", "什", "多") {
				return true
			}
		case "嘛":
			if ends("干", "是", "有", "好不") || able.MatchString(before) {
				return true
			}
		case "呢":
			if !stating.MatchString(before) {
				return true
			}
		}
	}
	return false
}
