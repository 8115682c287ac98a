// Package fault names mistakes that the money path could have been written with.
// Each is kept where it would be made, behind the build tag faults, so that the
// simulation (services/app/sim) can show that it finds every one of them. In any
// other build On is false for all, and nothing of them is left in the program.
package fault

// Name is one mistake.
type Name string

// The mistakes, and where they are kept.
const (
	LostRelease     Name = "lost_release"     // catalog: what an order held is not given back
	NonAtomic       Name = "non_atomic"       // catalog: units are taken without a look at how many there are
	HoldUncommitted Name = "hold_uncommitted" // catalog: a paid order's hold is never counted as sold
	TwiceRestocked  Name = "restocked_twice"  // catalog: units come back as often as it is said
	ShippingDouble  Name = "shipping_double"  // catalog: carriage is charged twice
	Rounding        Name = "rounding"         // checkout: shares of a refund are rounded up
	MissingID       Name = "missing_id"       // checkout: an order's id does not follow from its request
	WholePrice      Name = "whole_price"      // checkout: commission of the price before savings
	CurrentRate     Name = "current_rate"     // checkout: a refund takes commission at today's rate
	LateIgnored     Name = "late_ignored"     // checkout: money that came too late is kept
	NoOutbox        Name = "no_outbox"        // checkout: a paid order announces nothing
	AmountUnchecked Name = "amount_unchecked" // checkout: a webhook's amount is believed
	RefundTwice     Name = "refund_twice"     // checkout: each try of a refund is another one for its provider
	DoubleRedeem    Name = "double_redeem"    // coupon: a coupon can be used while another order has it
	QuotaKept       Name = "quota_kept"       // flashsale: places are not given back
	BudgetPassed    Name = "budget_passed"    // fullreduction: what a refund returns was never spent
	TaxDropped      Name = "tax_dropped"      // price: no tax on goods
	TeamOverfilled  Name = "team_overfilled"  // groupbuy: a team has no last seat
	LapseKept       Name = "lapse_kept"       // groupbuy: a team that lapses tells nobody
	PacketRemainder Name = "packet_remainder" // redpacket: what division leaves is lost
	PointsKept      Name = "points_kept"      // points: those paid with do not come back
	PayoutTwice     Name = "payout_twice"     // ledger: each try of a payout is another transfer
	EarlySettle     Name = "early_settle"     // ledger: lines are earned once received
	NoClawback      Name = "no_clawback"      // ledger: what was earned stays when its line goes back
	UnitsKept       Name = "units_kept"       // fulfil: units that went back are sent all the same
)

// All is every mistake.
func All() []Name {
	return []Name{
		LostRelease, NonAtomic, HoldUncommitted, TwiceRestocked, ShippingDouble, Rounding, MissingID, WholePrice, CurrentRate, LateIgnored,
		NoOutbox, AmountUnchecked, RefundTwice, DoubleRedeem, QuotaKept, BudgetPassed, TaxDropped, TeamOverfilled, LapseKept, PacketRemainder,
		PointsKept, PayoutTwice, EarlySettle, NoClawback, UnitsKept,
	}
}
