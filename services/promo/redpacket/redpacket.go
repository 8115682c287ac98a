// Package redpacket gives money away in packets: somebody puts a sum into one,
// many people grab a share each, first come first served.
//
// The sum is in escrow in the ledger before anybody can grab, and it is split
// into shares before that too: a grab only takes a share that is there. A share
// is one person's and ends in their wallet, once. What nobody took by the end
// goes back to where it came from, once.
package redpacket

import (
	"context"
	"time"

	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/ledger"
)

// Split is how a packet's sum becomes shares.
type Split string

const (
	Equal Split = "equal" // 普通红包: the same for all, to a minor unit
	Lucky Split = "lucky" // 拼手气红包: at random, the same for all on average
)

// Audience is who may grab.
type Audience string

const (
	Anyone    Audience = "anyone"    // who has its link
	Followers Audience = "followers" // who follows its maker
)

// Source is whose money it is.
type Source string

const (
	FromWallet   Source = "wallet"   // the maker's own
	FromShop     Source = "shop"     // what the platform owes the maker's shop
	FromPlatform Source = "platform" // the platform's budget; for operators
)

// State is how far a packet has got.
//
//	funding → open → ended
//	funding → failed              the money was not there
type State string

const (
	Funding State = "funding" // its money is not in escrow yet
	Open    State = "open"
	Ended   State = "ended" // out of time: what was left has gone back
	Failed  State = "failed"
)

// Packet is a packet as its reader sees it: how its sum is split is known share
// by share, as they are grabbed.
type Packet struct {
	ID        string      `json:"id"`
	Maker     id.User     `json:"maker"`
	Source    Source      `json:"source"`
	Words     string      `json:"words"`
	Split     Split       `json:"split"`
	Audience  Audience    `json:"audience"`
	Total     money.Money `json:"total"`
	Shares    int         `json:"shares"`
	Left      int         `json:"left"` // shares that nobody has
	State     State       `json:"state"`
	Mine      money.Money `json:"mine,omitzero"` // what the caller got
	OpenAt    time.Time   `json:"open_at"`
	ExpiresAt time.Time   `json:"expires_at"`
	Now       time.Time   `json:"now"`               // by the server, for the countdown
	Returned  money.Money `json:"returned,omitzero"` // to its source, at the end
}

// Share is what one person got.
type Share struct {
	Packet string      `json:"packet"`
	User   id.User     `json:"user"`
	Amount money.Money `json:"amount"`
	At     time.Time   `json:"at"`
	Paid   bool        `json:"paid"` // it is in their wallet
	Best   bool        `json:"best"` // the largest of a lucky packet that is all gone, earliest first
}

const (
	// MaxShares and MaxShare bound a packet: a mistyped sum is a small loss.
	MaxShares = 2000
	// MaxShare is the most that a share may be, on average, in minor units.
	MaxShare = 20_000
	// MaxPlatform bounds a packet of the platform's money, which one operator makes
	// alone, and MaxPerDay what is put into packets in a day of UTC: from a wallet,
	// by a shop, or by an operator; in at most MaxPackets packets. One that was not
	// funded counts.
	MaxPlatform = 1_000_000
	MaxPerDay   = 2_000_000
	MaxPackets  = 200
	// MaxOpenFor is how long a packet waits at most, and OpenFor how long by itself.
	MaxOpenFor = 30 * 24 * time.Hour
	OpenFor    = 24 * time.Hour
)

// What of it the ledger says.
const (
	EntryFund   ledger.Kind = "red_packet" // the ledger refuses it where there is not that much
	EntryShare  ledger.Kind = "red_packet_share"
	EntryReturn ledger.Kind = "red_packet_return"

	Escrow = "packet_escrow" // of a packet
	Wallet = "wallet"        // of a user
)

var (
	ErrNoSuch     = errs.New(errs.NotFound, "no_such_packet", "This red packet does not exist.")
	ErrGone       = errs.New(errs.Exhausted, "packet_all_gone", "All shares of this red packet are gone.")
	ErrOver       = errs.New(errs.Precondition, "packet_over", "This red packet is over.")
	ErrNotOpen    = errs.New(errs.Precondition, "packet_not_open", "This red packet is not open yet.")
	ErrAudience   = errs.New(errs.Forbidden, "packet_for_others", "This red packet is for followers of who made it.")
	ErrSum        = errs.New(errs.Invalid, "packet_sum", "Each share must be at least one minor unit, and not more than a packet may hold.")
	ErrNoMoney    = errs.New(errs.Precondition, "packet_not_funded", "There is not enough money for this red packet.")
	ErrDaily      = errs.New(errs.Precondition, "packet_daily", "No more can be put into red packets today.")
	ErrOwn        = errs.New(errs.Forbidden, "packet_own", "You made this red packet from the platform's money and cannot take a share of it.")
	ErrNotAllowed = errs.New(errs.Forbidden, "packet_source", "You cannot make red packets from this money.")
)

// Service is red packets.
type Service interface {
	// Make puts a sum into a packet, once for each request id. What is not the
	// platform's is put in by whoever knows their password. ErrSum, ErrNoMoney,
	// ErrNotAllowed, ErrDaily, account.ErrCredentials, rpc.ErrReused.
	Make(ctx context.Context, in Make) (Packet, error)
	// Grab takes a share, one for each person: the same share if they have one.
	// ErrNoSuch, ErrNotOpen, ErrOver, ErrGone, ErrAudience, ErrOwn.
	Grab(ctx context.Context, in Grab) (Share, error)
	// Packet returns one by its id, which is what its link holds: ErrNoSuch.
	Packet(ctx context.Context, in ByID) (Packet, error)
	// Shares pages through who got what, latest first, for the maker and for who
	// has one of them: ErrNoSuch for others.
	Shares(ctx context.Context, in ByPacket) (page.Page[Share], error)
	// Made pages through the caller's packets, latest first.
	Made(ctx context.Context, in page.Ask) (page.Page[Packet], error)
	// Got pages through what the caller got, latest first.
	Got(ctx context.Context, in page.Ask) (page.Page[Share], error)
}

type (
	Make struct {
		Source   Source      `json:"source" enum:"wallet,shop,platform"`
		Split    Split       `json:"split" enum:"equal,lucky"`
		Audience Audience    `json:"audience" enum:"anyone,followers"`
		Words    string      `json:"words" max:"60"`
		Total    money.Money `json:"total"`
		Shares   int         `json:"shares" min:"1" max:"2000"`
		// OpenAt is now if it is absent; Seconds how long it waits, OpenFor if 0.
		OpenAt    time.Time `json:"open_at,omitzero"`
		Seconds   int64     `json:"seconds,omitempty" min:"0" max:"2592000"`
		Password  string    `json:"password,omitempty" max:"128"` // of whoever asks, again; of no use for the platform's money
		RequestID string    `header:"Idempotency-Key" json:"-"`
	}
	Grab struct {
		ID        string `path:"id" json:"-" max:"64"`
		RequestID string `header:"Idempotency-Key" json:"-"`
	}
	ByID struct {
		ID string `path:"id" json:"-" max:"64"`
	}
	ByPacket struct {
		page.Ask
		ID string `path:"id" json:"-" max:"64"`
	}
)
