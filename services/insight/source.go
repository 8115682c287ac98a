package insight

// Source is where a post was met.
type Source string

// Where posts are met, and whose doing that is (Reach).
const (
	Discover  Source = "discover"  // chosen for the viewer
	Following Source = "following" // by whom the viewer follows
	Nearby    Source = "nearby"    // what is near the viewer
	OnTopic   Source = "topic"     // the page of a topic
	Related   Source = "related"   // below another post
	InVideo   Source = "video"     // the vertical feed
	Search    Source = "search"
	OnProfile Source = "profile" // the page of its author
	ByShare   Source = "share"   // a link that somebody shared
	ByLink    Source = "link"    // its address, from outside
	Notice    Source = "notice"
	OnProduct Source = "product" // the page of a product
	InShop    Source = "shop"    // the pages of products for the viewer
	Elsewhere Source = "other"
)

// Sources is all of them.
var Sources = []Source{
	Discover, Following, Search, OnProfile, ByShare, ByLink, Notice, OnProduct, InVideo, Nearby, OnTopic, Related, InShop, Elsewhere,
}

// Reach is whose doing it is that somebody meets a post: the shop's, among all
// that there is (public), or that of a relation which the viewer chose or of a
// person who sent it (private).
type Reach string

const (
	Public  Reach = "public"
	Private Reach = "private"
)

// Reaches is both.
var Reaches = []Reach{Public, Private}

// Reach is the one place that says which is which. A list of those one follows is
// a relation; whoever opens an author's page came for that author; a share was
// sent by a person; a notice comes of what one follows or took part in. All else
// is chosen or found among everybody's, also by an address on the open web, of
// which nobody knows who passed it on. What is not known is public: no relation
// is claimed that nobody can show.
func (s Source) Reach() Reach {
	switch s {
	case Following, OnProfile, ByShare, Notice:
		return Private
	}
	return Public
}
