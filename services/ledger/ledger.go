// Package ledger is the shop's double entry: where all money is and how it got
// there. An entry's postings sum to zero in every currency and never change; a
// correction is a new entry. Balances are derived.
//
// What a paid order owes is held for its shops and creators until its return
// window closes; then it is theirs, line by line, and they may have it paid out.
// What goes back to a buyer is taken from where it is by then: from what is
// held, else from what its owner has available, then from their reserve; the
// rest they owe, and what they earn next pays it off.
package ledger

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
)

// Account names a pot of money, as "<kind>" or "<kind>:<owner>". A positive
// balance is money the shop has or is owed; a negative one is owed to the owner.
type Account string

// The kinds of account in use.
const (
	PSPReceivable   = "psp_receivable"   // with a payment provider, on its way to us
	PSPCost         = "psp_cost"         // what providers keep
	Escrow          = "escrow"           // for a merchant, until delivery and the return window
	CommissionHeld  = "commission_held"  // for a creator, until the same instant
	FeeHeld         = "fee_held"         // for the platform, until the same instant
	MerchantPayable = "merchant_payable" // a merchant's own
	CreatorPayable  = "creator_payable"  // a creator's own
	PlatformFee     = "platform_fee"     // the platform's own
	PromoCost       = "promo_cost"       // savings that the platform bears
	TaxPayable      = "tax_payable"      // owed to the state
	PointsLiability = "points_liability" // what points are worth; burning them lowers it
	PacketEscrow    = "packet_escrow"    // in a red packet, not yet grabbed
	CashbackHeld    = "cashback_held"    // for a buyer, until the return window closes
	Wallet          = "wallet"           // a user's own: packets, cashback, rewards
	RefundClearing  = "refund_clearing"  // on its way back to a buyer
	PayoutClearing  = "payout_clearing"  // on its way to a payee
	Reserve         = "reserve"          // a payee's own, kept back against refunds
	Writeoff        = "writeoff"         // what payees owed and will not pay
)

// Platform owns the accounts that are nobody else's.
const Platform = "platform"

// Of returns the account of that kind for owner.
func Of(kind, owner string) Account { return Account(kind + ":" + owner) }

// Posting is one side of an entry.
type Posting struct {
	Account Account     `json:"account" bson:"account" min:"1" max:"120"`
	Amount  money.Money `json:"amount" bson:"amount"`
}

// Kind says what an entry records.
type Kind string

const (
	Sale         Kind = "sale"          // an order was paid
	LatePayment  Kind = "late_payment"  // money came that no order can be served for
	Refund       Kind = "refund"        // money went back to its buyer
	Settle       Kind = "settle"        // a line's return window closed
	Cover        Kind = "cover"         // a reserve paid what its owner owed
	SetAside     Kind = "set_aside"     // between a payee's own and their reserve
	WriteOff     Kind = "write_off"     // what a payee owed was given up
	PayoutAsked  Kind = "payout_asked"  // out of a payee's own
	PayoutPaid   Kind = "payout_paid"   // the bank has it
	PayoutFailed Kind = "payout_failed" // back to the payee's own
	ProviderFee  Kind = "provider_fee"  // what a provider kept of a payment
	Grant        Kind = "grant"         // into a wallet or a packet
	Spend        Kind = "spend"         // out of a wallet, or a payee's own
	PacketFund   Kind = "red_packet"    // the same, into a red packet
	Reversal     Kind = "reversal"      // a grant is taken back; a wallet may come to owe
)

// Entry is one movement of money. Ref is what a provider's statement calls it,
// Payee whose payout it is about; both may be absent.
type Entry struct {
	ID       id.Entry  `json:"id" bson:"_id"`
	Kind     Kind      `json:"kind" bson:"kind"`
	Order    id.Order  `json:"order" bson:"order"`
	Ref      string    `json:"ref,omitempty" bson:"ref,omitempty"`
	Payee    Account   `json:"payee,omitempty" bson:"payee,omitempty"`
	Postings []Posting `json:"postings" bson:"postings"`
	At       time.Time `json:"at" bson:"at"`
}

// Line is a posting as the owner of its account sees it. Amount is what the
// owner gained.
type Line struct {
	Entry  id.Entry    `json:"entry"`
	Kind   Kind        `json:"kind"`
	Order  id.Order    `json:"order"`
	Amount money.Money `json:"amount"`
	At     time.Time   `json:"at"`
}

// Trial is the sum of everything: Sums is zero in each currency, or money was
// made or lost. Balances is by kind of account and currency ("escrow CNY");
// Accounts the same for those kinds that hold one currency only.
type Trial struct {
	Entries  int64                   `json:"entries"`
	Sums     map[string]int64        `json:"sums"` // currency → minor units
	Accounts map[Account]money.Money `json:"accounts"`
	Balances map[string]int64        `json:"balances"`
	Next     page.Cursor             `json:"next,omitempty"` // where the rest goes on
}

var (
	ErrUnbalanced = errs.New(errs.Invalid, "unbalanced", "An entry's postings must sum to zero.")
	ErrReposted   = errs.New(errs.Conflict, "entry_differs", "This entry was posted before with other postings.")
	ErrNotEnough  = errs.New(errs.Precondition, "balance_too_low", "There is not that much available.")
	ErrNotOwed    = errs.New(errs.Precondition, "not_owed", "That is more than is owed.")

	ErrNoPayouts       = errs.New(errs.Precondition, "payouts_not_offered", "Payouts are not offered here yet. What you have earned stays yours.")
	ErrNoPayoutAccount = errs.New(errs.Precondition, "no_payout_account", "Please say first where to pay to.")
	ErrCooling         = errs.New(errs.Precondition, "payout_cooling_off", "Payouts begin three days after the account to pay to was changed.")
	ErrTooLittle       = errs.New(errs.Precondition, "payout_too_small", "This is less than the smallest payout.")
	ErrNoSuchPayout    = errs.New(errs.NotFound, "no_such_payout", "This payout does not exist.")
	ErrPayoutState     = errs.New(errs.Precondition, "payout_not_open", "This payout has been decided already.")
	ErrSameOperator    = errs.New(errs.Forbidden, "second_operator", "Another operator must approve this too.")
	ErrOwnPayout       = errs.New(errs.Forbidden, "own_payout", "Nobody approves their own payout.")
	ErrNoDifference    = errs.New(errs.NotFound, "no_such_ledger_difference", "This difference does not exist.")
	ErrPeriod          = errs.New(errs.Invalid, "bad_period", "A period begins before it ends and is at most 366 days long.")
)

// Service is the ledger. As what a payee asks is in Owner: for a shop they need
// the duty of its money.
type Service interface {
	// Post records an entry, once for each id: ErrUnbalanced, ErrReposted, and
	// ErrNotEnough if it is a Spend or a PacketFund and would take more out of a
	// wallet, or of a payee's own, than there is. What takes back what was granted
	// is never refused. It is for the shop's own parts.
	Post(ctx context.Context, in Entry) (Entry, error)
	// Held returns what the caller has earned as a creator and not yet received.
	Held(ctx context.Context, in Owner) (Balance, error)
	// Balances returns all that is the caller's, by currency.
	Balances(ctx context.Context, in Owner) (BalanceList, error)
	// Lines pages through the movements of that account, latest first.
	Lines(ctx context.Context, in Owner) (page.Page[Line], error)
	// Statement pages through the order lines of a period and explains each, latest
	// first: ErrPeriod. StatementSheet is the same as text for a spreadsheet.
	Statement(ctx context.Context, in Period) (page.Page[Item], error)
	StatementSheet(ctx context.Context, in Period) (Sheet, error)
	// StatementTotals adds a period up, by currency: ErrPeriod.
	StatementTotals(ctx context.Context, in Period) (TotalsList, error)

	// PayoutAccount returns where the caller is paid, as far as they may see:
	// ErrNoPayoutAccount.
	PayoutAccount(ctx context.Context, in ByRole) (PayoutAccount, error)
	// SetPayoutAccount changes it, by whoever knows their password:
	// account.ErrCredentials, account.ErrThrottled. Payouts wait for CoolingOff.
	SetPayoutAccount(ctx context.Context, in SetPayoutAccount) (PayoutAccount, error)
	// AskPayout takes an amount out of what is available, once for each request id,
	// for whoever knows their password: ErrNoPayouts where no bank takes them,
	// ErrNoPayoutAccount, ErrCooling, ErrTooLittle, ErrNotEnough, account.ErrCredentials, rpc.ErrReused.
	AskPayout(ctx context.Context, in AskPayout) (Payout, error)
	// Payouts pages through the caller's, latest first.
	Payouts(ctx context.Context, in Owner) (page.Page[Payout], error)

	Desk
}

// Desk is what operators do.
type Desk interface {
	// TrialBalance sums every posting. It reads them all, or Limit entries after
	// After.
	TrialBalance(ctx context.Context, in Whole) (Trial, error)
	// Entries pages through entries, latest first: of an account, of an order, or
	// all.
	Entries(ctx context.Context, in EntriesOf) (page.Page[Entry], error)
	// OpenPayouts pages through payouts of a state, oldest first.
	OpenPayouts(ctx context.Context, in PayoutsBy) (page.Page[Payout], error)
	// ApprovePayout lets one go; if what its payee asked for within a day is above the
	// limit two operators must:
	// ErrNoSuchPayout, ErrPayoutState, ErrSameOperator, ErrOwnPayout. RefusePayout
	// gives the money back to the payee's own.
	ApprovePayout(ctx context.Context, in DecidePayout) (Payout, error)
	RefusePayout(ctx context.Context, in DecidePayout) (Payout, error)
	// Terms returns how a shop is settled, SetTerms changes that for what is received
	// from then on: catalog.ErrOwnMoney, as are the two below.
	Terms(ctx context.Context, in ByMerchant) (Terms, error)
	SetTerms(ctx context.Context, in SetTerms) (Terms, error)
	// SetAsideFor moves a payee's own into their reserve, or back if the amount is
	// negative, once for each request id: ErrNotEnough.
	SetAsideFor(ctx context.Context, in Correction) (Entry, error)
	// GiveUp writes off what a payee owes, once for each request id: ErrNotOwed.
	GiveUp(ctx context.Context, in Correction) (Entry, error)
	// Debts pages through payees who owe, by currency, those who owe most first.
	Debts(ctx context.Context, in ByCurrency) (page.Page[Balance], error)
	// Reconciled pages through the days compared with a provider's statement, latest
	// first; Differences through what does not agree, oldest first. CloseDifference
	// notes how one was explained: ErrNoDifference.
	Reconciled(ctx context.Context, in ByProvider) (page.Page[Day], error)
	Differences(ctx context.Context, in page.Ask) (page.Page[Difference], error)
	CloseDifference(ctx context.Context, in CloseDifference) (Difference, error)
}

type (
	// Owner asks for the caller's own account. As is "creator" for commission,
	// "merchant" for what is in escrow for the caller's shop, and "wallet". Pot is
	// which of their accounts; "" is what is held.
	Owner struct {
		page.Ask
		As  string `query:"as" json:"-" enum:"creator,merchant,wallet"`
		Pot string `query:"pot" json:"-" enum:"held,earned,reserve"`
	}
	ByRole struct {
		As string `query:"as" json:"-" enum:"creator,merchant,wallet"`
	}
	// Balance is what is somebody's in one currency. Held is theirs once return
	// windows close; Earned may be paid out; Reserve is kept back; Owed is what went
	// back to buyers beyond that, and is netted against what is earned next. Asked is
	// on its way out, Paid has arrived.
	Balance struct {
		Payee   Account     `json:"payee,omitempty"`
		Held    money.Money `json:"held"`
		Earned  money.Money `json:"earned"`
		Reserve money.Money `json:"reserve"`
		Owed    money.Money `json:"owed"`
		Asked   money.Money `json:"asked"`
		Paid    money.Money `json:"paid"`
	}
	BalanceList struct {
		Items []Balance `json:"items"`
		// Least is the smallest payout, by currency's minor unit.
		Least int64 `json:"least"`
	}
	// Whole is all entries, or Limit of them after After.
	Whole struct{ page.Ask }
	// EntriesOf names an account or an order, or neither.
	EntriesOf struct {
		page.Ask
		Account Account  `query:"account" json:"-" max:"120"`
		Order   id.Order `query:"order" json:"-" max:"64"`
	}
	ByMerchant struct {
		ID id.Merchant `path:"id" json:"-" max:"64"`
	}
	ByCurrency struct {
		page.Ask
		Currency string `query:"currency" json:"-" max:"3"`
	}
	ByProvider struct {
		page.Ask
		Provider string `query:"provider" json:"-" max:"40"`
	}
	// Correction is an operator's entry about a payee, as "merchant_payable:…",
	// "creator_payable:…" or "wallet:…".
	Correction struct {
		Payee     Account     `json:"payee" min:"1" max:"120"`
		Amount    money.Money `json:"amount"`
		Reason    string      `json:"reason" min:"1" max:"200"`
		RequestID string      `header:"Idempotency-Key" json:"-"`
	}
)
