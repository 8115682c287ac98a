package ledger

import (
	"context"
	"time"

	"meadow/services/kernel/actor"
	"meadow/services/kernel/page"
	"meadow/services/platform/rpc"
)

var (
	post             = rpc.Endpoint[Entry, Entry]{Name: "postEntry", Method: "POST", Path: "/internal/entries", Access: rpc.Internal}
	held             = rpc.Endpoint[Owner, Balance]{Name: "held", Method: "GET", Path: "/ledger/held", Summary: "What you earned and have not yet received", Access: rpc.SignedIn}
	balances         = rpc.Endpoint[Owner, BalanceList]{Name: "ledgerBalances", Method: "GET", Path: "/ledger/balances", Summary: "What is yours, by currency", Access: rpc.SignedIn}
	lines            = rpc.Endpoint[Owner, page.Page[Line]]{Name: "ledgerLines", Method: "GET", Path: "/ledger/lines", Summary: "Movements of your account, latest first", Access: rpc.SignedIn}
	statement        = rpc.Endpoint[Period, page.Page[Item]]{Name: "ledgerStatement", Method: "GET", Path: "/ledger/statement", Summary: "What each order line of a period brought you", Access: rpc.SignedIn}
	statementSheet   = rpc.Endpoint[Period, Sheet]{Name: "ledgerSheet", Method: "GET", Path: "/ledger/statement/sheet", Summary: "The same as a table", Access: rpc.SignedIn}
	statementTotals  = rpc.Endpoint[Period, TotalsList]{Name: "ledgerTotals", Method: "GET", Path: "/ledger/statement/totals", Summary: "What a period brought you, added up", Access: rpc.SignedIn, Timeout: time.Minute}
	payoutAccount    = rpc.Endpoint[ByRole, PayoutAccount]{Name: "payoutAccount", Method: "GET", Path: "/ledger/payout-account", Summary: "Where you are paid", Access: rpc.SignedIn}
	setPayoutAccount = rpc.Endpoint[SetPayoutAccount, PayoutAccount]{Name: "setPayoutAccount", Method: "PUT", Path: "/ledger/payout-account", Summary: "Change where you are paid", Access: rpc.SignedIn, Idempotent: true}
	askPayout        = rpc.Endpoint[AskPayout, Payout]{Name: "askPayout", Method: "POST", Path: "/ledger/payouts", Summary: "Have earnings paid out", Access: rpc.SignedIn, Idempotent: true}
	payouts          = rpc.Endpoint[Owner, page.Page[Payout]]{Name: "payouts", Method: "GET", Path: "/ledger/payouts", Summary: "Your payouts, latest first", Access: rpc.SignedIn}
	trialBalance     = rpc.Endpoint[Whole, Trial]{Name: "trialBalance", Method: "GET", Path: "/ledger/trial", Summary: "The sum of every posting", Access: rpc.Only(actor.Operator), Timeout: time.Minute}
	entriesOf        = rpc.Endpoint[EntriesOf, page.Page[Entry]]{Name: "ledgerEntries", Method: "GET", Path: "/desk/ledger/entries", Summary: "Entries, of an account or of an order", Access: rpc.Only(actor.Operator)}
	openPayouts      = rpc.Endpoint[PayoutsBy, page.Page[Payout]]{Name: "openPayouts", Method: "GET", Path: "/desk/payouts", Summary: "Payouts of a state, oldest first", Access: rpc.Only(actor.Operator)}
	approvePayout    = rpc.Endpoint[DecidePayout, Payout]{Name: "approvePayout", Method: "POST", Path: "/desk/payouts/:id/approve", Summary: "Let a payout go", Access: rpc.Only(actor.Operator), Idempotent: true}
	refusePayout     = rpc.Endpoint[DecidePayout, Payout]{Name: "refusePayout", Method: "POST", Path: "/desk/payouts/:id/refuse", Summary: "Give a payout back", Access: rpc.Only(actor.Operator), Idempotent: true}
	terms            = rpc.Endpoint[ByMerchant, Terms]{Name: "settlementTerms", Method: "GET", Path: "/desk/ledger/terms/:id", Summary: "How a shop is settled", Access: rpc.Only(actor.Operator)}
	setTerms         = rpc.Endpoint[SetTerms, Terms]{Name: "setSettlementTerms", Method: "PUT", Path: "/desk/ledger/terms/:id", Summary: "Change how a shop is settled", Access: rpc.Only(actor.Operator)}
	setAsideFor      = rpc.Endpoint[Correction, Entry]{Name: "setAside", Method: "POST", Path: "/desk/ledger/reserves", Summary: "Move a payee's own into their reserve, or back", Access: rpc.Only(actor.Operator), Idempotent: true}
	giveUp           = rpc.Endpoint[Correction, Entry]{Name: "writeOff", Method: "POST", Path: "/desk/ledger/writeoffs", Summary: "Write off what a payee owes", Access: rpc.Only(actor.Operator), Idempotent: true}
	debts            = rpc.Endpoint[ByCurrency, page.Page[Balance]]{Name: "debts", Method: "GET", Path: "/desk/ledger/debts", Summary: "Payees who owe", Access: rpc.Only(actor.Operator)}
	reconciled       = rpc.Endpoint[ByProvider, page.Page[Day]]{Name: "reconciled", Method: "GET", Path: "/desk/ledger/days", Summary: "Days compared with providers' statements", Access: rpc.Only(actor.Operator)}
	differences      = rpc.Endpoint[page.Ask, page.Page[Difference]]{Name: "ledgerDifferences", Method: "GET", Path: "/desk/ledger/differences", Summary: "What does not agree with providers", Access: rpc.Only(actor.Operator)}
	closeDifference  = rpc.Endpoint[CloseDifference, Difference]{Name: "closeLedgerDifference", Method: "POST", Path: "/desk/ledger/differences/:id/close", Summary: "Note how a difference was explained", Access: rpc.Only(actor.Operator)}
)

// Mount serves s.
func Mount(r rpc.Router, s Service) {
	rpc.Mount(r, post, s.Post)
	rpc.Mount(r, held, s.Held)
	rpc.Mount(r, balances, s.Balances)
	rpc.Mount(r, lines, s.Lines)
	rpc.Mount(r, statement, s.Statement)
	rpc.Mount(r, statementSheet, s.StatementSheet)
	rpc.Mount(r, statementTotals, s.StatementTotals)
	rpc.Mount(r, payoutAccount, s.PayoutAccount)
	rpc.Mount(r, setPayoutAccount, s.SetPayoutAccount)
	rpc.Mount(r, askPayout, s.AskPayout)
	rpc.Mount(r, payouts, s.Payouts)
	rpc.Mount(r, trialBalance, s.TrialBalance)
	rpc.Mount(r, entriesOf, s.Entries)
	rpc.Mount(r, openPayouts, s.OpenPayouts)
	rpc.Mount(r, approvePayout, s.ApprovePayout)
	rpc.Mount(r, refusePayout, s.RefusePayout)
	rpc.Mount(r, terms, s.Terms)
	rpc.Mount(r, setTerms, s.SetTerms)
	rpc.Mount(r, setAsideFor, s.SetAsideFor)
	rpc.Mount(r, giveUp, s.GiveUp)
	rpc.Mount(r, debts, s.Debts)
	rpc.Mount(r, reconciled, s.Reconciled)
	rpc.Mount(r, differences, s.Differences)
	rpc.Mount(r, closeDifference, s.CloseDifference)
}

// Client is the ledger in another process.
type Client struct{ Peer *rpc.Peer }

var _ Service = Client{}

func (c Client) Post(ctx context.Context, in Entry) (Entry, error) {
	return rpc.Call(ctx, c.Peer, post, in)
}

func (c Client) Held(ctx context.Context, in Owner) (Balance, error) {
	return rpc.Call(ctx, c.Peer, held, in)
}

func (c Client) Balances(ctx context.Context, in Owner) (BalanceList, error) {
	return rpc.Call(ctx, c.Peer, balances, in)
}

func (c Client) Lines(ctx context.Context, in Owner) (page.Page[Line], error) {
	return rpc.Call(ctx, c.Peer, lines, in)
}

func (c Client) Statement(ctx context.Context, in Period) (page.Page[Item], error) {
	return rpc.Call(ctx, c.Peer, statement, in)
}

func (c Client) StatementSheet(ctx context.Context, in Period) (Sheet, error) {
	return rpc.Call(ctx, c.Peer, statementSheet, in)
}

func (c Client) StatementTotals(ctx context.Context, in Period) (TotalsList, error) {
	return rpc.Call(ctx, c.Peer, statementTotals, in)
}

func (c Client) PayoutAccount(ctx context.Context, in ByRole) (PayoutAccount, error) {
	return rpc.Call(ctx, c.Peer, payoutAccount, in)
}

func (c Client) SetPayoutAccount(ctx context.Context, in SetPayoutAccount) (PayoutAccount, error) {
	return rpc.Call(ctx, c.Peer, setPayoutAccount, in)
}

func (c Client) AskPayout(ctx context.Context, in AskPayout) (Payout, error) {
	return rpc.Call(ctx, c.Peer, askPayout, in)
}

func (c Client) Payouts(ctx context.Context, in Owner) (page.Page[Payout], error) {
	return rpc.Call(ctx, c.Peer, payouts, in)
}

func (c Client) TrialBalance(ctx context.Context, in Whole) (Trial, error) {
	return rpc.Call(ctx, c.Peer, trialBalance, in)
}

func (c Client) Entries(ctx context.Context, in EntriesOf) (page.Page[Entry], error) {
	return rpc.Call(ctx, c.Peer, entriesOf, in)
}

func (c Client) OpenPayouts(ctx context.Context, in PayoutsBy) (page.Page[Payout], error) {
	return rpc.Call(ctx, c.Peer, openPayouts, in)
}

func (c Client) ApprovePayout(ctx context.Context, in DecidePayout) (Payout, error) {
	return rpc.Call(ctx, c.Peer, approvePayout, in)
}

func (c Client) RefusePayout(ctx context.Context, in DecidePayout) (Payout, error) {
	return rpc.Call(ctx, c.Peer, refusePayout, in)
}

func (c Client) Terms(ctx context.Context, in ByMerchant) (Terms, error) {
	return rpc.Call(ctx, c.Peer, terms, in)
}

func (c Client) SetTerms(ctx context.Context, in SetTerms) (Terms, error) {
	return rpc.Call(ctx, c.Peer, setTerms, in)
}

func (c Client) SetAsideFor(ctx context.Context, in Correction) (Entry, error) {
	return rpc.Call(ctx, c.Peer, setAsideFor, in)
}

func (c Client) GiveUp(ctx context.Context, in Correction) (Entry, error) {
	return rpc.Call(ctx, c.Peer, giveUp, in)
}

func (c Client) Debts(ctx context.Context, in ByCurrency) (page.Page[Balance], error) {
	return rpc.Call(ctx, c.Peer, debts, in)
}

func (c Client) Reconciled(ctx context.Context, in ByProvider) (page.Page[Day], error) {
	return rpc.Call(ctx, c.Peer, reconciled, in)
}

func (c Client) Differences(ctx context.Context, in page.Ask) (page.Page[Difference], error) {
	return rpc.Call(ctx, c.Peer, differences, in)
}

func (c Client) CloseDifference(ctx context.Context, in CloseDifference) (Difference, error) {
	return rpc.Call(ctx, c.Peer, closeDifference, in)
}
