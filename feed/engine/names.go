package engine

// names gives dense numbers to what has a name. 0 stands for nothing.
type names struct {
	numbers map[string]uint32
	known   []string
	free    []uint32 // numbers whose names were removed
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
	k := len(n.free)
	if k == 0 {
		return n.append(name)
	}
	at := n.free[k-1]
	n.free = n.free[:k-1]
	n.known[at], n.numbers[name] = name, at
	n.bytes += cost(name)
	return at
}

// append gives a new name the number after the highest.
func (n *names) append(name string) uint32 {
	if n.numbers == nil {
		n.numbers, n.known = map[string]uint32{}, []string{""}
	}
	if at, ok := n.numbers[name]; ok {
		return at
	}
	at := uint32(len(n.known))
	n.numbers[name] = at
	n.known = append(n.known, name)
	n.bytes += cost(name)
	return at
}

func cost(name string) int64 { return int64(len(name)+7)&^7 + perName }

// perName is about what a name costs beside its letters: two headers, the
// number, and the room that maps and slices keep.
const perName = 64

// remove takes a name away; its number may be given again.
func (n *names) remove(at uint32) {
	name := n.name(at)
	if name == "" {
		return
	}
	delete(n.numbers, name)
	n.known[at] = ""
	n.free = append(n.free, at)
	n.bytes -= cost(name)
}

// skip leaves the next number without a name.
func (n *names) skip() {
	if n.known == nil {
		n.numbers, n.known = map[string]uint32{}, []string{""}
	}
	n.free = append(n.free, uint32(len(n.known)))
	n.known = append(n.known, "")
}

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
