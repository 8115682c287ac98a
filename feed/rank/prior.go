package rank

import "math"

// base is how often each action follows an impression when nothing else is
// known. They are guesses of the usual size for a young shop; learning moves
// them within the first thousand impressions.
var base = [Actions]float64{
	ReadThrough: .25, Like: .03, Save: .01, Comment: .004, Share: .003, Follow: .003,
	ProductClick: .02, Cart: .004, Purchase: .001, Hide: .004, Report: .0003, QuickSkip: .3,
}

// pull is how a named feature moves what people like doing (wanted) and what
// they do when annoyed (unwanted), in log-odds at a value of 1. Opposite signs
// throughout, so that on the first day the score rises with each of them.
var pulls = []struct {
	slot             uint32
	wanted, unwanted float32
}{
	{blend, 1.2, -.5},    // the recommender knows most
	{follows, .8, -.6},   // chosen by the viewer
	{affinity, .9, -.5},  // liked by the viewer lately
	{topic, .8, -.6},     // suits the topics they like
	{kindFit, .4, -.3},   // suits their habit
	{freshness, .5, -.2}, // news first
	{promo, -.3, .3},     // advertisements are skipped more
	{foreign, -1.2, .8},  // cannot be read
	{proven, .05, -.05},  // somebody has been there
	{rate0 + uint32(ReadRate), .5, -.4},
	{rate0 + uint32(EngageRate), .7, -.3},
	{rate0 + uint32(ClickRate), .1, 0},
	{rate0 + uint32(HideRate), -.3, .9},
	{rate0 + uint32(SkipRate), -.3, .6},
	{source0 + uint32(Following), .2, 0},
	{source0 + uint32(Covisit), .3, 0},
	{source0 + uint32(Neighbours), .3, 0},
	{source0 + uint32(Walk), .2, 0},
	{source0 + uint32(Factors), .3, 0},
	{source0 + uint32(Content), .2, 0},
	{source0 + uint32(Popular), .2, 0},
	{source0 + uint32(Author), .2, 0},
	{source0 + uint32(Fresh), .1, 0},
}

// unwanted says which actions mean that a post should not have been shown.
var unwanted = [Actions]bool{Hide: true, Report: true, QuickSkip: true}

// prior returns the weights of the named slots before anything was learned.
func prior() [reserved][Actions]float32 {
	var w [reserved][Actions]float32
	for a, p := range base {
		w[bias][a] = float32(math.Log(p / (1 - p)))
	}
	for _, u := range pulls {
		for a := range w[u.slot] {
			w[u.slot][a] = u.wanted
			if unwanted[a] {
				w[u.slot][a] = u.unwanted
			}
		}
	}
	// What only concerns products.
	for _, a := range []Action{ProductClick, Cart, Purchase} {
		w[products][a] = 1.5
		w[rate0+uint32(ClickRate)][a] = .8
	}
	// Nobody follows whom they follow already.
	w[follows][Follow] = -3
	return w
}
