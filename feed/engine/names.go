package engine

// names gives dense numbers to what has a name. 0 stands for nothing.
type names struct {
	numbers map[string]uint32
	known   []string
	bytes   int64
}

// number returns the number of a name, and gives it one if it has none.
func (n *names) number(name string) uint32 {
	if name == "" {
		return 0
	}
	if at, ok := n.numbers[name]; ok {
		return at
	}
	if n.numbers == nil {
		n.numbers = map[string]uint32{}
		n.known = []string{""}
	}
	at := uint32(len(n.known))
	n.numbers[name] = at
	n.known = append(n.known, name)
	n.bytes += int64(len(name)+7)&^7 + perName
	return at
}

// perName is about what a name costs beside its letters: two headers, the
// number, and the room that maps and slices keep.
const perName = 64

// find returns the number of a name, or 0.
func (n *names) find(name string) uint32 { return n.numbers[name] }

// name returns what a number stands for.
func (n *names) name(at uint32) string {
	if int(at) >= len(n.known) {
		return ""
	}
	return n.known[at]
}

// size is one more than the highest number.
func (n *names) size() int { return max(1, len(n.known)) }
