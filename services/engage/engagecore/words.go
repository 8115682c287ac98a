package engagecore

import (
	"fmt"
	"strconv"
	"strings"

	"meadow/services/account"
	"meadow/services/engage"
)

// sentences are what a push says, in Chinese and English. {name} is who did it
// last.
var sentences = map[engage.Kind][2]string{
	engage.PostLiked:     {"{name} 赞了你的笔记", "{name} liked your post"},
	engage.PostSaved:     {"{name} 收藏了你的笔记", "{name} saved your post"},
	engage.PostShared:    {"{name} 分享了你的笔记", "{name} shared your post"},
	engage.Commented:     {"{name} 评论了你的笔记", "{name} commented on your post"},
	engage.Answered:      {"{name} 回复了你", "{name} replied to you"},
	engage.Mentioned:     {"{name} 提到了你", "{name} mentioned you"},
	engage.Followed:      {"{name} 关注了你", "{name} followed you"},
	engage.Posted:        {"{name} 发布了新笔记", "{name} published a post"},
	engage.Sold:          {"有人从你的笔记下单了", "Somebody bought from your post"},
	engage.OrderPaid:     {"订单已付款", "Your order is paid"},
	engage.Judged:        {"你的内容有新的审核结果", "A decision about your content"},
	engage.Suspended:     {"你的账号状态有变化", "Your account's status has changed"},
	engage.Welcome:       {"欢迎来到 Meadow", "Welcome to Meadow"},
	engage.PayoutAccount: {"收款账户已更改", "The account for payouts was changed"},
	engage.PayoutPaid:    {"提现已到账", "A payout has arrived"},
	engage.PayoutFailed:  {"提现未成功，款项已退回", "A payout failed; the money is yours again"},
	engage.Unscheduled:   {"定时笔记未能发布", "A scheduled post could not be published"},
}

// severals go around a sentence when {n} people did it.
var severals = [2]string{"{title}（共 {n} 人）", "{title} ({n} people)"}

func words(locale string, n notice, name string) engage.Push {
	title := strings.ReplaceAll(sentences[n.Kind][english(locale)], "{name}", name)
	if n.Count > 1 && name != "" {
		title = strings.ReplaceAll(severals[english(locale)], "{title}", title)
		title = strings.ReplaceAll(title, "{n}", strconv.FormatInt(n.Count, 10))
	}
	body := n.Text
	if n.Ad {
		body = "广告 Ad · " + body
	}
	return engage.Push{Title: title, Body: body, URL: path(n), Tag: string(n.ID)}
}

func several(locale string, count int) engage.Push {
	return engage.Push{
		Title: fmt.Sprintf([2]string{"你有 %d 条新消息", "You have %d new notifications"}[english(locale)], count),
		URL:   "/notices", Tag: "quiet",
	}
}

func english(locale string) int {
	if locale == string(account.English) {
		return 1
	}
	return 0
}

// path is where a notice leads.
func path(n notice) string {
	switch {
	case n.Kind == engage.Sold, n.Kind == engage.Unscheduled:
		return "/studio/"
	case n.Kind == engage.PayoutAccount, n.Kind == engage.PayoutPaid, n.Kind == engage.PayoutFailed:
		return "/notices"
	case n.Kind == engage.Followed && len(n.Actors) > 0:
		return "/u/" + string(n.Actors[0])
	case n.Category == engage.Safety && n.Kind != engage.Welcome:
		return "/account/status"
	case n.Order != "":
		return "/orders/" + string(n.Order)
	case n.Post != "" && n.Comment != "":
		return "/p/" + string(n.Post) + "?comment=" + string(n.Comment)
	case n.Post != "":
		return "/p/" + string(n.Post)
	}
	return "/notices"
}
