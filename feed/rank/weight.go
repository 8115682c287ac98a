package rank

// Weights says what each action is worth, and is the whole policy of the feed in
// one place. A weight multiplies a probability: it makes up for how rare an
// action is, and is no rate of exchange between counts. The usual rates in the
// comments are those of the priors.
func Weights() [Actions]float32 { return weights }

var weights = [Actions]float32{
	// Reading to the end is the unit: the most frequent sign (25 %) that somebody's time was well spent.
	ReadThrough: 1,
	// A like is cheap to give (3 %) and easily asked for: worth little more than the reading.
	Like: 2,
	// Saving (1 %) means coming back, the best early sign that a recommendation was useful.
	Save: 8,
	// A comment (0.4 %) takes effort, but quarrels collect comments too: below a share.
	Comment: 8,
	// Sharing (0.3 %) stakes one's name on the post and brings others in.
	Share: 15,
	// A follow (0.3 %) changes every later visit.
	Follow: 15,
	// Opening a product (2 %) is interest, not yet satisfaction; kept low so that the feed is no catalogue.
	ProductClick: 2,
	// Into the cart (0.4 %): most of the way to a purchase.
	Cart: 8,
	// A purchase (0.1 %) is what content commerce is for. Still, a post sold through is worth less
	// than one hidden costs, so that selling hard cannot pay for annoying people.
	Purchase: 25,
	// "Not interested", mute and block (0.4 %): a few of them must outweigh many likes.
	Hide: -40,
	// A report (0.03 %) is rare and grave.
	Report: -250,
	// Swiping away at once (30 %) says little each time, and most of the time nothing about the post.
	QuickSkip: -0.4,
}
