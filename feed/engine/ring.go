package engine

import "slices"

// enlist puts a post into a list by time, oldest first. Nearly always it is
// the newest.
func (t *table) enlist(list []uint32, n uint32) []uint32 {
	if len(list) == 0 || t.before(list[len(list)-1], n) {
		return append(list, n)
	}
	at := t.position(list, n)
	if at < len(list) && list[at] == n {
		return list
	}
	return slices.Insert(list, at, n)
}

// delist takes a post out of a list by time.
func (t *table) delist(list []uint32, n uint32) []uint32 {
	at := t.position(list, n)
	if at < len(list) && list[at] == n {
		return slices.Delete(list, at, at+1)
	}
	return list
}

// position is where n is, or belongs.
func (t *table) position(list []uint32, n uint32) int {
	at, _ := slices.BinarySearchFunc(list, n, func(a, b uint32) int {
		switch {
		case a == b:
			return 0
		case t.before(a, b):
			return -1
		}
		return 1
	})
	return at
}

// until is how many posts of a list stand before the instant and name.
func (t *table) until(list []uint32, at int64, name string) int {
	if at == 0 {
		return len(list)
	}
	lo, hi := 0, len(list)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		r := &t.all[list[mid]]
		if r.at < at || r.at == at && name != "" && t.name(list[mid]) < name {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// room makes a list of lists long enough for a number.
func room(lists [][]uint32, n uint32) [][]uint32 {
	for int(n) >= len(lists) {
		lists = append(lists, nil)
	}
	return lists
}
