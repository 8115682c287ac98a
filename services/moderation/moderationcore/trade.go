package moderationcore

import (
	"regexp"
	"strings"
	"unicode"

	"meadow/services/moderation"
)

// What follows are the rules about trade that goes past the shop and about
// advertising. Patterns are for folded text: without case, width or marks.
var (
	// 加微信, 加 v, add my WeChat: asking to be contacted elsewhere, in solid text.
	asksToAdd = regexp.MustCompile(`(?:加|添加|联系|私聊|滴滴)(?:我|俺|下|个|一下|好友|老师|客服)?(?:的)?(?:微信|威信|薇信|维信|微芯|v信|vx|wx|weixin|wechat|qq|扣扣|电报|telegram|whatsapp)`)
	// a handle after the name of such a place, in spaced text; it has a digit.
	handle = regexp.MustCompile(` (?:微信|威信|薇信|维信|微信号|vx|wx|weixin|wechat|v|qq|扣扣|whatsapp|telegram)(?: ?(?:号|是|id|no|number|me|at|on))* ([a-z0-9]{5,20}) `)
	mobile = regexp.MustCompile(`(?:^|[^0-9])1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?:[^0-9]|$)`)
	abroad = regexp.MustCompile(`\+[1-9][0-9]{0,2}[ -]?\(?[0-9]{2,4}\)?(?:[ -]?[0-9]{2,4}){2,4}`)
	email  = regexp.MustCompile(`[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}`)
	// paying outside the shop, in solid text.
	paysOutside = regexp.MustCompile(`私下(?:交易|转账|付款)|微信(?:转账|付款|支付给)|支付宝(?:转账|转给)|不走平台|平台外(?:交易|付款)|线下(?:付款|转账)|扫码(?:付款|转账)给|直接转账给` +
		`|(?:pay|send)(?:me|us)?(?:via|by|on|through|with)(?:paypal|venmo|zelle|cashapp|banktransfer|westernunion|crypto|usdt)|outsidetheapp|offtheapp|offplatform|cashapponly`)

	superlative = regexp.MustCompile(`全网最低|史上最|国家级|世界级|顶级|第一品牌|销量第一|全国第一|全球第一|最低价|最便宜|最划算|最优惠|最好的|最强|最佳|独一无二|no ?1 |best price|lowest price|the best ever`)
	price       = regexp.MustCompile(`[¥￥$€£] ?[0-9]|[0-9](?:\.[0-9]+)? ?(?:元|块钱|rmb|usd|包邮)|到手价|券后价|秒杀价|内部价`)
	sells       = regexp.MustCompile(`优惠码|折扣码|推广码|邀请码|内部优惠|购买链接|点击链接|链接在|代购|招代理|promo code|discount code|coupon code|use my code|link in bio|affiliate|sponsored by|shop now|gifted by`)
	absolute    = regexp.MustCompile(`国家级|最高级|最佳|全网最低|全国第一|全球第一|世界第一|销量第一|第一品牌|史上最|顶级|独一无二|number one in the world|best in the world|100 effective`)
)

// contacts reports whether text says how to reach somebody elsewhere, or to pay
// there.
func contacts(t folded) bool {
	if asksToAdd.MatchString(t.solid) || paysOutside.MatchString(t.solid) || mobile.MatchString(t.plain) || abroad.MatchString(t.plain) || email.MatchString(t.plain) {
		return true
	}
	for _, m := range handle.FindAllStringSubmatch(t.spaced, -1) {
		if strings.ContainsFunc(m[1], unicode.IsDigit) {
			return true
		}
	}
	return false
}

func offPlatform(_ moderation.Facts, n Counters) (moderation.Verdict, bool) {
	if !n.reaches {
		return spared()
	}
	return verdict(moderation.Pending, moderation.Fraud)
}

// hiddenAd fires where text praises or prices something and leads somewhere to
// buy it, without the label that says so.
func hiddenAd(f moderation.Facts, n Counters) (moderation.Verdict, bool) {
	if f.Ad || n.Kind == moderation.Profile {
		return spared()
	}
	leads := len(n.links) > 0 || n.reaches
	praises := superlative.MatchString(n.text.plain)
	prices := price.MatchString(n.text.plain)
	if leads && (praises || prices) || sells.MatchString(n.text.plain) && (leads || praises || prices) {
		return verdict(moderation.Limited, moderation.Hidden)
	}
	return spared()
}

func absoluteClaims(f moderation.Facts, n Counters) (moderation.Verdict, bool) {
	if !f.Ad || !absolute.MatchString(n.text.plain) {
		return spared()
	}
	return verdict(moderation.Limited, moderation.False)
}
