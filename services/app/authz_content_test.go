package app

import (
	"net/http"
	"time"

	"meadow/services/creator"
	"meadow/services/engage"
	"meadow/services/engage/engagetest"
	"meadow/services/insight"
	"meadow/services/kernel/actor"
	"meadow/services/kernel/id"
	"meadow/services/moderation"
	"meadow/services/talk"
)

// of returns whose cell it is: the asker, or who owns what is another's.
func (w *world) of(c cell) *member {
	if c.of != own || c.who.cookie == "" {
		return w.other
	}
	return c.who
}

func peopleRows(w *world, about aboutFunc) map[string][]row {
	// Only creators have a shelf, and the product on it is another's.
	shelf := func(c cell) string {
		switch {
		case c.of != own:
			return ""
		case c.who.in(creators):
			return "ok"
		}
		return "not_allowed"
	}
	something := func(c cell) sent { return sent{id: w.object(cell{of: others}, "product", w.goods)} }
	return map[string][]row{
		"profile":        {{who: everybody, send: about("user", w.self), want: each("ok", "ok", "no_such_profile")}},
		"editProfile":    {{who: signedIn, send: func(cell) sent { return sent{body: creator.EditProfile{Bio: "Cups"}} }, want: alone("ok")}},
		"editPersona":    {{who: signedIn, send: func(cell) sent { return sent{body: creator.EditPersona{Style: "plain", Traits: []string{"potter"}}} }, want: alone("ok")}},
		"personaHistory": {{who: everybody, send: about("user", w.self), want: each("ok", "ok", "no_such_profile")}},
		"verifyTrait": {{who: moderators, want: each("", "ok", "no_such_profile"), send: func(c cell) sent {
			if c.of == others {
				_, err := w.front.Creator.EditPersona(w.as(w.other), creator.EditPersona{Traits: []string{"potter"}})
				w.must(err)
			}
			return sent{id: w.object(c, "user", w.self), body: creator.VerifyTrait{Label: "potter", Proof: "a diploma"}}
		}}},
		"myTier":          {{who: signedIn, send: nothing, want: alone("ok")}},
		"findPeople":      {{who: signedIn, send: func(cell) sent { return sent{query: "name=some"} }, want: alone("ok")}},
		"follow":          {{who: signedIn, send: about("user", w.self), want: each("follow_self", "ok", "no_such_profile")}},
		"unfollow":        {{who: signedIn, send: about("user", w.self), want: each("follow_self", "ok", "no_such_profile")}},
		"showcase":        {{who: everybody, send: about("user", w.self), want: each("ok", "ok", "no_such_profile")}},
		"show":            {{who: signedIn, send: something, want: alone("ok"), but: shelf}},
		"hide":            {{who: signedIn, send: something, want: alone("ok")}},
		"arrangeShowcase": {{who: signedIn, send: func(cell) sent { return sent{body: creator.ArrangeShowcase{}} }, want: alone("ok")}},
		"staff":           {{who: signedIn, send: nothing, want: alone("ok")}},
		"accounts":        {{who: signedIn, send: nothing, want: alone("ok")}},
		"hire": {{who: signedIn, want: each("", "ok", "no_such_profile"), send: func(c cell) sent {
			s := sent{id: w.object(c, "user", w.self), body: creator.Hire{Role: creator.Analyst}}
			if c.of == others { // somebody who is nobody's staff yet, so that nothing changes for the others
				s.id = string(w.newcomer(c.t, "staff").user.ID)
			}
			return s
		}}},
		"dismiss": {{who: signedIn, send: about("user", w.self), want: each("ok", "ok", "ok")}},
	}
}

// hiddenFrom is the answer about what only its owner may see.
func hiddenFrom(reason string) func(cell) string {
	return func(c cell) string {
		if c.of == own && !c.who.out {
			return "ok"
		}
		return reason
	}
}

// goods is the id of a listed product of m's.
func (w *world) goods(m *member) string { return string(w.product(m).ID) }

func postRows(w *world, about aboutFunc) map[string][]row {
	words := func(c cell) creator.DraftContent { return w.words(w.of(c)) }
	post, draft := about("post", w.post), about("draft of", w.begun)
	read, write := each("ok", "ok", "no_such_post"), each("ok", "no_such_post", "no_such_post")
	drafts := each("ok", "no_such_draft", "no_such_draft")
	draftWith := func(body func(*member) any) func(cell) sent {
		return func(c cell) sent {
			return sent{id: w.object(c, "draft of", w.begun), body: body(w.of(c))}
		}
	}
	month := "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"
	kept := each("ok", "no_such_collection", "no_such_collection")
	named := func(c cell) sent {
		return sent{id: w.object(c, "collection", w.collection), body: creator.EditCollection{Name: "Renamed " + w.key()}}
	}
	return map[string][]row{
		"abilities": {{who: everybody, send: nothing, want: alone("ok")}},
		"upload": {
			{who: signedIn, send: func(cell) sent { return sent{body: creator.Upload{Purpose: "avatar", Bytes: 1000}} }, want: alone("ok")},
			{who: signedIn, send: func(cell) sent { return sent{body: creator.Upload{Purpose: "post", Bytes: 1000}} }, want: alone("ok")},
			{who: merchants, send: func(cell) sent { return sent{body: creator.Upload{Purpose: "product", Bytes: 1000}} }, want: alone("ok")},
		},
		"uploadProgress": {{who: signedIn, send: about("upload", w.upload), want: each("ok", "no_such_upload", "no_such_upload")}},
		"publish": {
			{who: signedIn, send: func(c cell) sent { return sent{body: words(c)} }, want: alone("ok")},
			// Nobody publishes for an account they do not work for.
			{who: signedIn, want: each("", "not_staff", ""), send: func(c cell) sent {
				return sent{body: w.words(c.who), query: "as=" + string(w.other.user.ID)}
			}},
		},
		"editPost": {{who: signedIn, want: write, send: func(c cell) sent {
			d := words(c)
			d.Title = "Another title"
			return sent{id: w.object(c, "post", w.post), body: d}
		}}},
		"unpublish":  {{who: signedIn, send: post, want: write}},
		"republish":  {{who: signedIn, send: post, want: write}},
		"removePost": {{who: signedIn, send: post, want: write}},
		"versions":   {{who: signedIn, send: post, want: write}},
		"original":   {{who: signedIn, send: post, want: write}},
		"post": {
			{who: everybody, send: post, want: read},
			// What is private is there for its author only.
			{who: everybody, send: about("private post", w.secret), want: each("ok", "no_such_post", "no_such_post"), but: hiddenFrom("no_such_post")},
		},
		"postsBy": {{who: everybody, send: about("user", w.self), want: each("ok", "ok", "no_such_profile")}},
		"works": {
			{who: signedIn, send: nothing, want: alone("ok")},
			{who: signedIn, send: func(cell) sent { return sent{query: "as=" + string(w.other.user.ID)} }, want: each("", "not_staff", "")},
		},
		"begin": {{who: signedIn, send: func(c cell) sent { return sent{body: words(c)} }, want: alone("ok")}},
		"saveDraft": {{who: signedIn, want: drafts, send: draftWith(func(m *member) any {
			return creator.SaveDraft{Rev: 1, Content: w.words(m)}
		})}},
		"draft":        {{who: signedIn, send: draft, want: drafts}},
		"drafts":       {{who: signedIn, send: nothing, want: alone("ok")}},
		"dropDraft":    {{who: signedIn, send: draft, want: drafts}},
		"publishDraft": {{who: signedIn, want: drafts, send: draftWith(func(*member) any { return creator.PublishDraft{Rev: 1} })}},
		"schedule": {{who: signedIn, want: drafts, send: draftWith(func(*member) any {
			return creator.Schedule{Rev: 1, At: w.clock.Now().Add(24 * time.Hour), Zone: "Asia/Shanghai"}
		})}},
		"unschedule":     {{who: signedIn, send: draft, want: drafts}},
		"calendar":       {{who: signedIn, send: func(cell) sent { return sent{query: month} }, want: alone("ok")}},
		"saved":          {{who: signedIn, send: nothing, want: alone("ok")}},
		"like":           {{who: signedIn, send: post, want: read}},
		"unlike":         {{who: signedIn, send: post, want: read}},
		"save":           {{who: signedIn, send: about("post", w.post, creator.Save{}), want: read}},
		"unsave":         {{who: signedIn, send: post, want: read}},
		"sharePost":      {{who: signedIn, send: post, want: read}},
		"openShare":      {{who: everybody, want: each("ok", "ok", "bad_share"), send: about("share", w.share)}},
		"collections":    {{who: signedIn, send: nothing, want: alone("ok")}},
		"newCollection":  {{who: signedIn, send: func(cell) sent { return sent{body: creator.NewCollection{Name: "Kept " + w.key()}} }, want: alone("ok")}},
		"editCollection": {{who: signedIn, send: named, want: kept}},
		"dropCollection": {{who: signedIn, send: about("collection", w.collection), want: kept}},
		"collected":      {{who: everybody, send: about("collection", w.collection), want: kept, but: hiddenFrom("no_such_collection")}},
		"uncollect": {{who: signedIn, want: kept, send: func(c cell) sent {
			return sent{id: w.object(c, "collection", w.collection), post: w.object(cell{of: others}, "post", w.post)}
		}}},
	}
}

func (w *world) begun(m *member) string {
	d, err := w.front.Creator.Begin(w.as(m), creator.Begin{DraftContent: w.words(m), RequestID: w.key()})
	w.must(err)
	return string(d.ID)
}

func (w *world) secret(m *member) string {
	words := w.words(m)
	words.Visibility = creator.OnlyMe
	p, err := w.front.Creator.Publish(w.as(m), creator.Publish{DraftContent: words, RequestID: w.key()})
	w.must(err)
	return string(p.ID)
}

// upload is one that has begun.
func (w *world) upload(m *member) string {
	t, err := w.front.Creator.Upload(w.as(m), creator.Upload{Purpose: "avatar", Bytes: 1000})
	w.must(err)
	q, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+t.URL, nil)
	w.must(err)
	for name, value := range map[string]string{"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Authorization": "Bearer " + t.Token} {
		q.Header.Set(name, value)
	}
	a, err := http.DefaultClient.Do(q)
	w.must(err)
	a.Body.Close()
	if a.StatusCode != http.StatusCreated {
		w.t.Fatalf("beginning an upload: %d", a.StatusCode)
	}
	return string(t.Upload)
}

func (w *world) share(m *member) string {
	s, err := w.front.Creator.SharePost(w.as(m), creator.ByPost{ID: id.Post(w.object(cell{of: others}, "post", w.post))})
	w.must(err)
	return s.Code
}

func (w *world) collection(m *member) string {
	c, err := w.front.Creator.NewCollection(w.as(m), creator.NewCollection{Name: "Kept " + w.key(), RequestID: w.key()})
	w.must(err)
	return string(c.ID)
}

func talkRows(w *world, about aboutFunc) map[string][]row {
	post, comment := about("post", w.post), about("comment", w.comment)
	read := each("ok", "ok", "no_such_comment")
	// Only the author of a post pins, lets through and settles what is under it;
	// the comments here are under another's.
	author := each("not_post_author", "not_post_author", "no_such_comment")
	under := func(c cell) sent {
		if c.who.cookie == "" || c.who.banned {
			return sent{none: true}
		}
		said, err := w.front.Talk.Say(w.as(w.other), talk.Say{ID: id.Post(w.post(c.who)), Body: "Under your post? " + id.Secret(), RequestID: w.key()})
		w.must(err)
		return sent{id: string(said.ID)}
	}
	mine := func(send func(cell) sent) row {
		return row{who: signedIn, want: map[whose]string{own: "ok"}, send: send}
	}
	return map[string][]row{
		"comments": {{who: everybody, send: post, want: each("ok", "ok", "no_such_post")}},
		"say":      {{who: signedIn, send: about("post", w.post, talk.Say{Body: "Nice"}), want: each("ok", "ok", "no_such_post")}},
		// Everybody reads what is said; only who said it, or whose post it is under,
		// takes it away.
		"unsay": {
			{who: signedIn, send: comment, want: each("ok", "not_allowed", "no_such_comment")},
			mine(under),
		},
		"likeComment":   {{who: signedIn, send: comment, want: read}},
		"unlikeComment": {{who: signedIn, send: comment, want: read}},
		"pin":           {{who: signedIn, send: comment, want: author}, mine(under)},
		"unpin":         {{who: signedIn, send: comment, want: author}, mine(under)},
		"commentRules":  {{who: signedIn, send: nothing, want: alone("ok")}},
		"setCommentRules": {{who: signedIn, want: alone("ok"), send: func(cell) sent {
			return sent{body: talk.Rules{Who: talk.Everybody, Hold: talk.HoldNothing, Words: []string{}}}
		}}},
		"heldComments":   {{who: signedIn, send: nothing, want: alone("ok")}},
		"letComment":     {{who: signedIn, send: comment, want: author}, mine(under)},
		"questions":      {{who: signedIn, send: nothing, want: alone("ok")}, {who: signedIn, send: func(cell) sent { return sent{query: "as=" + string(w.other.user.ID)} }, want: each("", "not_staff", "")}},
		"settleQuestion": {{who: signedIn, send: comment, want: author}, mine(under)},
		"response":       {{who: signedIn, send: nothing, want: alone("ok")}, {who: signedIn, send: func(cell) sent { return sent{query: "as=" + string(w.other.user.ID)} }, want: each("", "not_staff", "")}},
	}
}

func moderationRows(w *world, about aboutFunc) map[string][]row {
	reported := func(c cell) sent {
		return sent{body: moderation.Report{Subject: moderation.Subject{Kind: moderation.Post, ID: w.object(c, "post", w.post)}, Reason: moderation.Spam}}
	}
	person := about("user", w.self)
	judged := func(body any) func(cell) sent {
		return func(c cell) sent { return sent{id: w.object(c, "case", w.doubt), body: body} }
	}
	desk := map[whose]string{others: "ok", missing: "no_such_case"}
	bans := func(c cell) sent {
		if c.of == missing {
			return sent{id: id.Derive("ban", "nothing")}
		}
		return sent{id: w.proposed()}
	}
	ban := map[whose]string{others: "ok", missing: "no_such_ban"}
	open := func(query string) []row {
		return []row{{who: moderators, send: func(cell) sent { return sent{query: query} }, want: alone("ok")}}
	}
	return map[string][]row{
		"report":   {{who: signedIn, send: reported, want: each("report_self", "ok", "nothing_to_report")}},
		"standing": {{who: signedIn, send: nothing, want: alone("ok")}},
		"appeal": {{who: signedIn, want: map[whose]string{missing: "no_such_decision"}, send: func(cell) sent {
			return sent{id: id.Derive("dec", "nothing"), body: moderation.Appeal{Text: "Please look again"}}
		}}},
		"block":         {{who: signedIn, send: w.stranger, want: each("block_self", "ok", "no_such_person")}},
		"unblock":       {{who: signedIn, send: person, want: each("ok", "ok", "ok")}},
		"mute":          {{who: signedIn, send: w.stranger, want: each("block_self", "ok", "no_such_person")}},
		"unmute":        {{who: signedIn, send: person, want: each("ok", "ok", "ok")}},
		"bounds":        {{who: signedIn, send: func(cell) sent { return sent{query: "how=block"} }, want: alone("ok")}},
		"mutedWords":    {{who: signedIn, send: nothing, want: alone("ok")}},
		"setMutedWords": {{who: signedIn, send: func(cell) sent { return sent{body: moderation.WordList{Words: []string{"spoiler"}}} }, want: alone("ok")}},

		"moderationQueue": open(""),
		"moderationCase":  {{who: moderators, send: about("case", w.doubt), want: desk}},
		"decide": {{who: moderators, want: desk, send: func(c cell) sent {
			k := w.object(cell{of: c.of, who: c.who, t: c.t}, "case", w.doubt)
			in := moderation.Decide{Outcome: moderation.Approved, Seen: w.clock.Now()}
			if c.of == others {
				k = w.doubt(w.other)
				seen, err := w.front.Moderation.Case(actor.With(w.t.Context(), w.judge(0)), moderation.ByCase{ID: id.Case(k)})
				w.must(err)
				in.Seen = seen.At
			}
			return sent{id: k, body: in}
		}}},
		"undo":       {{who: moderators, send: judged(nil), want: map[whose]string{missing: "no_such_case"}}},
		"escalate":   {{who: moderators, send: judged(moderation.Escalate{Note: "Please look"}), want: desk}},
		"proposeBan": {{who: moderators, want: map[whose]string{others: "ok"}, send: func(c cell) sent { return sent{body: w.banOf(w.newcomer(c.t, "to be banned").user.ID)} }}},
		"confirmBan": {{who: moderators, send: bans, want: ban}},
		"declineBan": {{who: moderators, send: bans, want: ban}},
		"liftBan": {{who: moderators, want: ban, send: func(c cell) sent {
			s := bans(c)
			if c.of == others {
				_, err := w.front.Moderation.ConfirmBan(actor.With(w.t.Context(), w.judge(1)), moderation.ByBan{ID: s.id})
				w.must(err)
			}
			return s
		}}},
		"bans":            open(""),
		"moderatedPerson": {{who: moderators, send: person, want: map[whose]string{others: "ok"}}},
		"listEntries":     open("list=words"),
		"addEntry": {{who: moderators, want: alone("ok"), send: func(cell) sent {
			return sent{body: moderation.AddEntry{List: moderation.Words, Value: "forbidden " + w.key(), Outcome: moderation.Pending, Reason: moderation.Spam}}
		}}},
		"dropEntry":       {{who: moderators, want: alone("ok"), send: func(cell) sent { return sent{id: w.listed()} }}},
		"ruleList":        open(""),
		"closeBreaker":    {{who: moderators, want: map[whose]string{missing: "no_such_rule"}, send: func(cell) sent { return sent{id: "no-such-rule"} }}},
		"moderationAudit": open(""),
	}
}

// judge is a moderator who asks for nothing in the table; there are two.
func (w *world) judge(n int) actor.Actor {
	return actor.Actor{User: id.User(id.Derive("usr", "judge", string(rune('a'+n)))), Roles: []actor.Role{actor.Moderator}}
}

// stranger is somebody new, for what would change whom the others meet.
func (w *world) stranger(c cell) sent {
	if c.of == others {
		return sent{id: string(w.newcomer(c.t, "stranger").user.ID)}
	}
	return sent{id: w.object(c, "user", w.self)}
}

// doubt is a case about a new post of the one who owns what is another's.
func (w *world) doubt(*member) string {
	reporter := w.newcomer(w.t, "reporter")
	subject := moderation.Subject{Kind: moderation.Post, ID: w.post(w.other)}
	_, err := w.front.Moderation.Report(reporter.ctx(w.t.Context(), ""), moderation.Report{Subject: subject, Reason: moderation.Spam})
	w.must(err)
	in := moderation.AskQueue{}
	for {
		p, err := w.front.Moderation.Queue(actor.With(w.t.Context(), w.judge(0)), in)
		w.must(err)
		for _, k := range p.Items {
			if k.Subject == subject {
				return string(k.ID)
			}
		}
		if in.After = p.Next; p.Next == "" {
			w.t.Fatal("a report made no case")
		}
	}
}

func (w *world) banOf(u id.User) moderation.ProposeBan {
	return moderation.ProposeBan{User: u, Reason: moderation.Spam, Note: "Adverts", Days: 300}
}

func (w *world) proposed() string {
	b, err := w.front.Moderation.ProposeBan(actor.With(w.t.Context(), w.judge(0)), w.banOf(w.newcomer(w.t, "to be banned").user.ID))
	w.must(err)
	return b.ID
}

func (w *world) listed() string {
	e, err := w.front.Moderation.AddEntry(actor.With(w.t.Context(), w.judge(0)), moderation.AddEntry{
		List: moderation.Words, Value: "forbidden " + w.key(), Outcome: moderation.Pending, Reason: moderation.Spam,
	})
	w.must(err)
	return e.ID
}

func newsRows(w *world, about aboutFunc) map[string][]row {
	day := w.clock.Now().UTC().Format(time.DateOnly)
	span := "from=" + day + "&to=" + day
	asking := func(query string) func(cell) sent { return func(cell) sent { return sent{query: query} } }
	reports := func(more string) []row {
		return []row{
			{who: signedIn, send: asking(span + more), want: alone("ok")},
			{who: signedIn, send: asking(span + more + "&as=" + string(w.other.user.ID)), want: each("", "not_staff", "")},
		}
	}
	browser := engagetest.Browser(w.t, "https://push.example.com/1")
	return map[string][]row{
		"notices":        {{who: signedIn, send: nothing, want: alone("ok")}},
		"unread":         {{who: signedIn, send: nothing, want: alone("ok")}},
		"markRead":       {{who: signedIn, send: func(cell) sent { return sent{body: engage.MarkRead{Until: w.clock.Now()}} }, want: alone("ok")}},
		"preferences":    {{who: signedIn, send: nothing, want: alone("ok")}},
		"setPreferences": {{who: signedIn, send: func(cell) sent { return sent{body: engage.Default()} }, want: alone("ok")}},
		"pushKey":        {{who: everybody, send: nothing, want: alone("ok")}},
		"subscribe":      {{who: signedIn, send: func(cell) sent { return sent{body: browser} }, want: alone("ok")}},
		"unsubscribe":    {{who: signedIn, send: func(cell) sent { return sent{body: engage.Unsubscribe{Endpoint: browser.Endpoint}} }, want: alone("ok")}},
		"recordSeen": {{who: everybody, want: alone("ok"), send: func(cell) sent {
			return sent{body: insight.Record{Events: []insight.Event{{
				ID: id.Secret(), Kind: insight.View, Post: id.Post(w.object(cell{of: others}, "post", w.post)), Source: insight.Search,
			}}}}
		}}},
		"insight": append(reports(""), row{who: signedIn, want: each("ok", "no_such_post", "no_such_post"), send: func(c cell) sent {
			return sent{query: span + "&post=" + w.object(c, "post", w.post)}
		}}),
		"postTable":     reports(""),
		"audience":      reports(""),
		"exportInsight": reports("&table=days"),
	}
}
