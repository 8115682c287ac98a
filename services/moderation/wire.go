package moderation

import (
	"context"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	report        = rpc.Endpoint[Report, Reported]{Name: "report", Method: "POST", Path: "/reports", Summary: "Report something", Access: rpc.SignedIn}
	standing      = rpc.Endpoint[page.Ask, Standing]{Name: "standing", Method: "GET", Path: "/standing", Summary: "How you stand, and what was decided about your content", Access: rpc.SignedIn}
	appeal        = rpc.Endpoint[Appeal, Decision]{Name: "appeal", Method: "POST", Path: "/standing/decisions/:id/appeal", Summary: "Ask for another look", Access: rpc.SignedIn}
	block         = rpc.Endpoint[ByPerson, rpc.Empty]{Name: "block", Method: "PUT", Path: "/boundaries/blocks/:id", Summary: "Block somebody", Access: rpc.SignedIn}
	unblock       = rpc.Endpoint[ByPerson, rpc.Empty]{Name: "unblock", Method: "DELETE", Path: "/boundaries/blocks/:id", Summary: "Unblock somebody", Access: rpc.SignedIn}
	mute          = rpc.Endpoint[ByPerson, rpc.Empty]{Name: "mute", Method: "PUT", Path: "/boundaries/mutes/:id", Summary: "Mute somebody", Access: rpc.SignedIn}
	unmute        = rpc.Endpoint[ByPerson, rpc.Empty]{Name: "unmute", Method: "DELETE", Path: "/boundaries/mutes/:id", Summary: "Unmute somebody", Access: rpc.SignedIn}
	bounds        = rpc.Endpoint[AskBounds, page.Page[Bound]]{Name: "bounds", Method: "GET", Path: "/boundaries/people", Summary: "Whom you block or mute, latest first", Access: rpc.SignedIn}
	mutedWords    = rpc.Endpoint[rpc.Empty, WordList]{Name: "mutedWords", Method: "GET", Path: "/boundaries/words", Summary: "Words you muted", Access: rpc.SignedIn}
	setMutedWords = rpc.Endpoint[WordList, WordList]{Name: "setMutedWords", Method: "PUT", Path: "/boundaries/words", Summary: "Change the words you mute", Access: rpc.SignedIn}
	queue         = rpc.Endpoint[AskQueue, page.Page[Case]]{Name: "moderationQueue", Method: "GET", Path: "/moderation/cases", Summary: "Cases, most pressing first", Access: rpc.Only(actor.Moderator, actor.Operator)}
	caseCall      = rpc.Endpoint[ByCase, Case]{Name: "moderationCase", Method: "GET", Path: "/moderation/cases/:id", Summary: "A case", Access: rpc.Only(actor.Moderator, actor.Operator)}
	decide        = rpc.Endpoint[Decide, Case]{Name: "decide", Method: "POST", Path: "/moderation/cases/:id/decide", Summary: "Judge a case", Access: rpc.Only(actor.Moderator, actor.Operator)}
	undo          = rpc.Endpoint[ByCase, Case]{Name: "undo", Method: "POST", Path: "/moderation/cases/:id/undo", Summary: "Take a judgement back", Access: rpc.Only(actor.Moderator, actor.Operator)}
	escalate      = rpc.Endpoint[Escalate, Case]{Name: "escalate", Method: "POST", Path: "/moderation/cases/:id/escalate", Summary: "Pass a case to an operator", Access: rpc.Only(actor.Moderator, actor.Operator)}
	proposeBan    = rpc.Endpoint[ProposeBan, Ban]{Name: "proposeBan", Method: "POST", Path: "/moderation/bans", Summary: "Propose a ban", Access: rpc.Only(actor.Moderator, actor.Operator)}
	confirmBan    = rpc.Endpoint[ByBan, Ban]{Name: "confirmBan", Method: "POST", Path: "/moderation/bans/:id/confirm", Summary: "Confirm a ban that somebody else proposed", Access: rpc.Only(actor.Moderator, actor.Operator)}
	declineBan    = rpc.Endpoint[ByBan, Ban]{Name: "declineBan", Method: "POST", Path: "/moderation/bans/:id/decline", Summary: "Turn a proposed ban down", Access: rpc.Only(actor.Moderator, actor.Operator)}
	liftBan       = rpc.Endpoint[ByBan, Ban]{Name: "liftBan", Method: "POST", Path: "/moderation/bans/:id/lift", Summary: "Lift a ban", Access: rpc.Only(actor.Moderator, actor.Operator)}
	bans          = rpc.Endpoint[AskBans, page.Page[Ban]]{Name: "bans", Method: "GET", Path: "/moderation/bans", Summary: "Bans, latest first", Access: rpc.Only(actor.Moderator, actor.Operator)}
	person        = rpc.Endpoint[AskPerson, Standing]{Name: "moderatedPerson", Method: "GET", Path: "/moderation/people/:id", Summary: "How somebody stands", Access: rpc.Only(actor.Moderator, actor.Operator)}
	entries       = rpc.Endpoint[AskEntries, page.Page[Entry]]{Name: "listEntries", Method: "GET", Path: "/moderation/lists", Summary: "Entries of a list, latest first", Access: rpc.Only(actor.Moderator, actor.Operator)}
	addEntry      = rpc.Endpoint[AddEntry, Entry]{Name: "addEntry", Method: "POST", Path: "/moderation/lists", Summary: "Put a word, a link or a picture on a list", Access: rpc.Only(actor.Moderator, actor.Operator)}
	dropEntry     = rpc.Endpoint[ByEntry, rpc.Empty]{Name: "dropEntry", Method: "DELETE", Path: "/moderation/lists/:id", Summary: "Take an entry off a list", Access: rpc.Only(actor.Moderator, actor.Operator)}
	ruleList      = rpc.Endpoint[rpc.Empty, RuleStates]{Name: "ruleList", Method: "GET", Path: "/moderation/rules", Summary: "The rules and how often they fired", Access: rpc.Only(actor.Moderator, actor.Operator)}
	closeBreaker  = rpc.Endpoint[ByRule, Rule]{Name: "closeBreaker", Method: "POST", Path: "/moderation/rules/:name/close", Summary: "Let a rule act again", Access: rpc.Only(actor.Moderator, actor.Operator)}
	audit         = rpc.Endpoint[AskAudit, page.Page[Record]]{Name: "moderationAudit", Method: "GET", Path: "/moderation/audit", Summary: "What was done, latest first", Access: rpc.Only(actor.Moderator, actor.Operator)}
	check         = rpc.Endpoint[Check, Verdict]{Name: "check", Method: "POST", Path: "/internal/moderation/check", Access: rpc.Internal}
	listed        = rpc.Endpoint[AskListed, Listed]{Name: "listed", Method: "POST", Path: "/internal/moderation/listed", Access: rpc.Internal}
	shield        = rpc.Endpoint[AskShield, Shield]{Name: "shield", Method: "POST", Path: "/internal/moderation/shield", Access: rpc.Internal}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, report, s.Report)
	rpc.Mount(r, standing, s.Standing)
	rpc.Mount(r, appeal, s.Appeal)
	rpc.Mount(r, block, s.Block)
	rpc.Mount(r, unblock, s.Unblock)
	rpc.Mount(r, mute, s.Mute)
	rpc.Mount(r, unmute, s.Unmute)
	rpc.Mount(r, bounds, s.Bounds)
	rpc.Mount(r, mutedWords, s.MutedWords)
	rpc.Mount(r, setMutedWords, s.SetMutedWords)
	rpc.Mount(r, queue, s.Queue)
	rpc.Mount(r, caseCall, s.Case)
	rpc.Mount(r, decide, s.Decide)
	rpc.Mount(r, undo, s.Undo)
	rpc.Mount(r, escalate, s.Escalate)
	rpc.Mount(r, proposeBan, s.ProposeBan)
	rpc.Mount(r, confirmBan, s.ConfirmBan)
	rpc.Mount(r, declineBan, s.DeclineBan)
	rpc.Mount(r, liftBan, s.LiftBan)
	rpc.Mount(r, bans, s.Bans)
	rpc.Mount(r, person, s.Person)
	rpc.Mount(r, entries, s.Entries)
	rpc.Mount(r, addEntry, s.AddEntry)
	rpc.Mount(r, dropEntry, s.DropEntry)
	rpc.Mount(r, ruleList, s.RuleList)
	rpc.Mount(r, closeBreaker, s.CloseBreaker)
	rpc.Mount(r, audit, s.Audit)
	rpc.Mount(r, check, s.Check)
	rpc.Mount(r, listed, s.Listed)
	rpc.Mount(r, shield, s.Shield)
}

// Client is moderation in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Report(ctx context.Context, in Report) (Reported, error) {
	return rpc.Call(ctx, c.Peer, report, in)
}

func (c Client) Standing(ctx context.Context, in page.Ask) (Standing, error) {
	return rpc.Call(ctx, c.Peer, standing, in)
}

func (c Client) Appeal(ctx context.Context, in Appeal) (Decision, error) {
	return rpc.Call(ctx, c.Peer, appeal, in)
}

func (c Client) Block(ctx context.Context, in ByPerson) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, block, in)
}

func (c Client) Unblock(ctx context.Context, in ByPerson) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, unblock, in)
}

func (c Client) Mute(ctx context.Context, in ByPerson) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, mute, in)
}

func (c Client) Unmute(ctx context.Context, in ByPerson) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, unmute, in)
}

func (c Client) Bounds(ctx context.Context, in AskBounds) (page.Page[Bound], error) {
	return rpc.Call(ctx, c.Peer, bounds, in)
}

func (c Client) MutedWords(ctx context.Context, in rpc.Empty) (WordList, error) {
	return rpc.Call(ctx, c.Peer, mutedWords, in)
}

func (c Client) SetMutedWords(ctx context.Context, in WordList) (WordList, error) {
	return rpc.Call(ctx, c.Peer, setMutedWords, in)
}

func (c Client) Queue(ctx context.Context, in AskQueue) (page.Page[Case], error) {
	return rpc.Call(ctx, c.Peer, queue, in)
}

func (c Client) Case(ctx context.Context, in ByCase) (Case, error) {
	return rpc.Call(ctx, c.Peer, caseCall, in)
}

func (c Client) Decide(ctx context.Context, in Decide) (Case, error) {
	return rpc.Call(ctx, c.Peer, decide, in)
}

func (c Client) Undo(ctx context.Context, in ByCase) (Case, error) {
	return rpc.Call(ctx, c.Peer, undo, in)
}

func (c Client) Escalate(ctx context.Context, in Escalate) (Case, error) {
	return rpc.Call(ctx, c.Peer, escalate, in)
}

func (c Client) ProposeBan(ctx context.Context, in ProposeBan) (Ban, error) {
	return rpc.Call(ctx, c.Peer, proposeBan, in)
}

func (c Client) ConfirmBan(ctx context.Context, in ByBan) (Ban, error) {
	return rpc.Call(ctx, c.Peer, confirmBan, in)
}

func (c Client) DeclineBan(ctx context.Context, in ByBan) (Ban, error) {
	return rpc.Call(ctx, c.Peer, declineBan, in)
}

func (c Client) LiftBan(ctx context.Context, in ByBan) (Ban, error) {
	return rpc.Call(ctx, c.Peer, liftBan, in)
}

func (c Client) Bans(ctx context.Context, in AskBans) (page.Page[Ban], error) {
	return rpc.Call(ctx, c.Peer, bans, in)
}

func (c Client) Person(ctx context.Context, in AskPerson) (Standing, error) {
	return rpc.Call(ctx, c.Peer, person, in)
}

func (c Client) Entries(ctx context.Context, in AskEntries) (page.Page[Entry], error) {
	return rpc.Call(ctx, c.Peer, entries, in)
}

func (c Client) AddEntry(ctx context.Context, in AddEntry) (Entry, error) {
	return rpc.Call(ctx, c.Peer, addEntry, in)
}

func (c Client) DropEntry(ctx context.Context, in ByEntry) (rpc.Empty, error) {
	return rpc.Call(ctx, c.Peer, dropEntry, in)
}

func (c Client) RuleList(ctx context.Context, in rpc.Empty) (RuleStates, error) {
	return rpc.Call(ctx, c.Peer, ruleList, in)
}

func (c Client) CloseBreaker(ctx context.Context, in ByRule) (Rule, error) {
	return rpc.Call(ctx, c.Peer, closeBreaker, in)
}

func (c Client) Audit(ctx context.Context, in AskAudit) (page.Page[Record], error) {
	return rpc.Call(ctx, c.Peer, audit, in)
}

func (c Client) Check(ctx context.Context, in Check) (Verdict, error) {
	return rpc.Call(ctx, c.Peer, check, in)
}

func (c Client) Listed(ctx context.Context, in AskListed) (Listed, error) {
	return rpc.Call(ctx, c.Peer, listed, in)
}

func (c Client) Shield(ctx context.Context, in AskShield) (Shield, error) {
	return rpc.Call(ctx, c.Peer, shield, in)
}
