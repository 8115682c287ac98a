package app

import (
	"meadow/feed"
)

func feedRows(w *world, about aboutFunc) map[string][]row {
	asking := func(query string) func(cell) sent { return func(cell) sent { return sent{query: query} } }
	saying := func(body any) func(cell) sent { return func(cell) sent { return sent{body: body} } }
	topic := func(c cell) sent {
		if c.of == missing {
			return sent{topic: "nobody-posts-about-this"}
		}
		return sent{topic: "pottery"}
	}
	ofPost := each("", "ok", "no_such_post") // one that the feed has heard of
	ofProduct := []row{{who: everybody, send: about("product", w.goods), want: each("", "ok", "no_such_product")}}
	ofAccount := []row{
		{who: signedIn, send: nothing, want: alone("ok")},
		{who: signedIn, send: asking("as=" + string(w.other.user.ID)), want: each("", "not_staff", "")},
	}
	return map[string][]row{
		"newest":     {{who: everybody, send: nothing, want: alone("ok")}},
		"following":  {{who: signedIn, send: nothing, want: alone("ok")}},
		"forYou":     {{who: everybody, send: nothing, want: alone("ok")}},
		"related":    {{who: everybody, send: about("post", w.post), want: ofPost}},
		"why":        {{who: everybody, send: about("post", w.post), want: ofPost}},
		"topic":      {{who: everybody, send: topic, want: each("", "", "no_such_topic")}},
		"topicPosts": {{who: everybody, send: topic, want: each("", "", "no_such_topic")}},

		"hidePost":           {{who: signedIn, send: about("post", w.post, feed.Hide{}), want: ofPost}},
		"unhidePost":         {{who: signedIn, send: about("post", w.post), want: ofPost}},
		"feedPreferences":    {{who: signedIn, send: nothing, want: alone("ok")}},
		"setFeedPreferences": {{who: signedIn, send: saying(feed.Preferences{Personal: true}), want: alone("ok")}},
		"chooseTopic":        {{who: signedIn, send: topic, want: alone("ok")}},
		"unchooseTopic":      {{who: signedIn, send: topic, want: alone("ok")}},
		"muteTopic":          {{who: signedIn, send: topic, want: alone("ok")}},
		"unmuteTopic":        {{who: signedIn, send: topic, want: alone("ok")}},
		"feedProfile":        {{who: signedIn, send: nothing, want: alone("ok")}},
		"feedHistory":        {{who: signedIn, send: nothing, want: alone("ok")}},
		"exportFeedHistory":  {{who: signedIn, send: nothing, want: alone("ok")}},
		"eraseFeedHistory":   {{who: signedIn, send: nothing, want: alone("ok")}},
		"resetFeed":          {{who: signedIn, send: nothing, want: alone("ok")}},

		"pools":            ofAccount,
		"promotionBalance": ofAccount,
		"feedHealth":       {{who: operators, send: nothing, want: alone("ok")}},

		"similarProducts": ofProduct,
		"complements":     ofProduct,
		"productPosts":    ofProduct,
		"shopForYou":      {{who: everybody, send: nothing, want: alone("ok")}},

		"search":         {{who: everybody, send: asking("q=cup"), want: alone("ok")}},
		"suggest":        {{who: everybody, send: asking("q=cu"), want: alone("ok")}},
		"searched":       {{who: signedIn, send: nothing, want: alone("ok")}},
		"forgetSearch":   {{who: signedIn, send: asking("q=cup"), want: alone("ok")}},
		"forgetSearches": {{who: signedIn, send: nothing, want: alone("ok")}},
		"trends":         {{who: everybody, send: nothing, want: alone("ok")}},
		"trendQueue":     {{who: operators, send: nothing, want: alone("ok")}},
		"judgeTrend": {{who: operators, want: each("", "", "no_such_trend"), send: func(cell) sent {
			return sent{id: "trd_nothing", body: feed.JudgeTrend{Allow: true}}
		}}},
	}
}
