package creator

import (
	"context"
	"time"

	"meadow/services/kernel/id"
	"meadow/services/kernel/money"
	"meadow/services/kernel/page"
	"meadow/services/kernel/picture"
	"meadow/services/platform/rpc"
)

// Profile is an account as others see it. The counts are of posts, of people
// who follow and are followed, and of likes received; posts and likes may be a
// few seconds behind.
type Profile struct {
	ID        id.User         `json:"id"`
	Name      string          `json:"name"`
	Bio       string          `json:"bio"`
	Avatar    picture.Picture `json:"avatar,omitzero"`
	Persona   Persona         `json:"persona"`
	Tier      Tier            `json:"tier,omitzero"`
	Merchant  id.Merchant     `json:"merchant,omitempty"` // whose own account it is
	Posts     int64           `json:"posts"`
	Followers int64           `json:"followers"`
	Following int64           `json:"following"`
	Likes     int64           `json:"likes"`
	Showcase  int64           `json:"showcase"` // products on it
	// Followed, Muted and Blocked are what the caller has done.
	Followed bool `json:"followed"`
	Muted    bool `json:"muted"`
	Blocked  bool `json:"blocked"`
}

// Persona is how somebody presents themselves (人设).
type Persona struct {
	Style  string  `json:"style" bson:"style" max:"60"`   // in a few words: "minimalist outdoor"
	Story  string  `json:"story" bson:"story" max:"1000"` // who they are and why they recommend things
	Traits []Trait `json:"traits" bson:"traits"`
}

// Trait is one thing somebody says of themselves, such as "trained barista". A
// moderator who has seen a proof verifies it; changing its words undoes that.
type Trait struct {
	Label    string    `json:"label" bson:"label"`
	Verified bool      `json:"verified" bson:"verified"`
	Proof    string    `json:"proof,omitempty" bson:"proof,omitempty"` // what was seen, in words fit for everybody
	At       time.Time `json:"at,omitzero" bson:"at,omitempty"`        // of verification
}

// PersonaChange is what a persona said until an instant. Bio is what the profile
// said beside it, if a moderator took both away.
type PersonaChange struct {
	Persona Persona   `json:"persona"`
	Bio     string    `json:"bio,omitempty"`
	Until   time.Time `json:"until"`
}

// TierName is a creator's tier: reach-led KOL, or KOC, who buys what they show.
type TierName string

const (
	KOL TierName = "kol"
	KOC TierName = "koc"
)

// Tier is a tier and the facts it was given for, by the rule of TierRule.
type Tier struct {
	Name      TierName  `json:"name" bson:"name"`
	Followers int64     `json:"followers" bson:"followers"`
	Posts     int64     `json:"posts" bson:"posts"`
	Verified  int64     `json:"verified" bson:"verified"` // posts of things they bought
	Since     time.Time `json:"since" bson:"since"`
}

// What a tier asks for. KOL goes before KOC; a tier is kept while its facts hold.
const (
	KOLFollowers = 1000
	KOLPosts     = 10
	KOCVerified  = 1
	KOCPosts     = 3
)

// TierView is the caller's tier, and what is missing for the next.
type TierView struct {
	Tier Tier       `json:"tier,omitzero"`
	Next []TierGoal `json:"next"`
}

// TierGoal is one thing a tier asks for, and how far the caller has come.
type TierGoal struct {
	Tier TierName `json:"tier"`
	Fact string   `json:"fact" enum:"followers,posts,verified"`
	Have int64    `json:"have"`
	Need int64    `json:"need"`
}

// Author is a profile in one line.
type Author struct {
	ID     id.User         `json:"id"`
	Name   string          `json:"name"`
	Avatar picture.Picture `json:"avatar,omitzero"`
	Tier   TierName        `json:"tier,omitempty"`
}

// Showcased is a product on a creator's standing shelf (橱窗), with the
// catalogue's facts as they are now.
type Showcased struct {
	Product   id.Product      `json:"product"`
	Title     string          `json:"title"`
	Cover     picture.Picture `json:"cover,omitzero"`
	Price     money.Money     `json:"price"`
	Sold      int64           `json:"sold"`
	Available int64           `json:"available"`
	OnSale    bool            `json:"on_sale"`
	Note      string          `json:"note"` // the creator's words on it
	Ad        bool            `json:"ad"`   // the link rewards: labelled 广告 / Ad
	Link      string          `json:"link"`
}

// StaffRole is what somebody may do for another's account.
type StaffRole string

const (
	Editor  StaffRole = "editor"  // drafts, publishes, answers
	Analyst StaffRole = "analyst" // reads its numbers
)

// Staff is somebody who works for an account.
type Staff struct {
	Person Author    `json:"person"`
	Role   StaffRole `json:"role"`
	At     time.Time `json:"at"`
}

// StaffOf is an account somebody works for.
type StaffOf struct {
	Account Author    `json:"account"`
	Role    StaffRole `json:"role"`
}

const (
	// MaxFollows is about how many people one can follow: two follows at the same
	// moment may pass it by one.
	MaxFollows  = 1000
	MaxTraits   = 8
	MaxShowcase = 200
	MaxStaff    = 20
)

// People is profiles, who follows whom, showcases and staff.
type People interface {
	// Profile returns an account as others see it, or ErrNoSuchProfile.
	Profile(ctx context.Context, in ByUser) (Profile, error)
	// EditProfile changes the caller's own: ErrNoPicture, ErrWords.
	EditProfile(ctx context.Context, in EditProfile) (Profile, error)
	// EditPersona changes the caller's own; traits that keep their words stay
	// verified: ErrWords.
	EditPersona(ctx context.Context, in EditPersona) (Profile, error)
	// PersonaHistory pages through what a persona said before, latest first. What
	// was said until a moderator took it away is for its owner and for moderators.
	PersonaHistory(ctx context.Context, in Follows) (page.Page[PersonaChange], error)
	// VerifyTrait is a moderator's word for a trait, or its withdrawal.
	VerifyTrait(ctx context.Context, in VerifyTrait) (Profile, error)
	// MyTier is the caller's tier and what the next asks for.
	MyTier(ctx context.Context, in rpc.Empty) (TierView, error)
	// FindPeople returns up to 10 people whose name begins so, those whom the
	// caller follows first: for mentions.
	FindPeople(ctx context.Context, in FindPeople) (AuthorList, error)

	// Follow and Unfollow are idempotent: ErrNoSuchProfile, ErrFollowSelf,
	// ErrFollowsFull, ErrBlocked. The profile is of whom they concern.
	Follow(ctx context.Context, in ByUser) (Profile, error)
	Unfollow(ctx context.Context, in ByUser) (Profile, error)

	// Showcase pages through a creator's shelf, in their order.
	Showcase(ctx context.Context, in Follows) (page.Page[Showcased], error)
	// Show puts a product on the caller's shelf, at the top, or changes its note:
	// ErrNoTagged, ErrShowcaseFull. Hide takes it off.
	Show(ctx context.Context, in Show) (Showcased, error)
	Hide(ctx context.Context, in Hide) (rpc.Empty, error)
	// ArrangeShowcase puts these products first, in this order.
	ArrangeShowcase(ctx context.Context, in ArrangeShowcase) (rpc.Empty, error)

	// Staff lists who works for the caller's account, Accounts for whom the caller
	// works. Hire gives somebody a role (ErrNoSuchProfile, ErrStaffFull), Dismiss
	// takes it; one may also leave oneself.
	Staff(ctx context.Context, in rpc.Empty) (StaffList, error)
	Accounts(ctx context.Context, in rpc.Empty) (AccountList, error)
	Hire(ctx context.Context, in Hire) (Staff, error)
	Dismiss(ctx context.Context, in Dismiss) (rpc.Empty, error)
}

type (
	ByUser struct {
		ID id.User `path:"id" json:"-" max:"64"`
	}
	EditProfile struct {
		Bio    string   `json:"bio" max:"500"`
		Avatar id.Media `json:"avatar,omitempty" max:"64"` // "" keeps the one there is
	}
	EditPersona struct {
		Style  string   `json:"style" max:"60"`
		Story  string   `json:"story" max:"1000"`
		Traits []string `json:"traits" max:"8"` // of 1 to 40 characters
	}
	VerifyTrait struct {
		ID    id.User `path:"id" json:"-" max:"64"`
		Label string  `json:"label" min:"1" max:"40"`
		Proof string  `json:"proof" max:"200"` // "" withdraws the verification
	}
	FindPeople struct {
		Name string `query:"name" json:"-" min:"1" max:"40"`
	}
	Show struct {
		Product id.Product `path:"product" json:"-" max:"64"`
		Note    string     `json:"note" max:"100"`
	}
	Hide struct {
		Product id.Product `path:"product" json:"-" max:"64"`
	}
	ArrangeShowcase struct {
		Products []id.Product `json:"products" max:"200"`
	}
	StaffList struct {
		Items []Staff `json:"items"`
	}
	AccountList struct {
		Items []StaffOf `json:"items"`
	}
	Hire struct {
		ID   id.User   `path:"id" json:"-" max:"64"`
		Role StaffRole `json:"role" min:"1" enum:"editor,analyst"`
	}
	// Dismiss ends the work of ID for Account; "" is the caller's own.
	Dismiss struct {
		ID      id.User `path:"id" json:"-" max:"64"`
		Account id.User `query:"account" json:"-" max:"64"`
	}
)
