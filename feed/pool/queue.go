package pool

// queue is the posts that wait for the rest of their guarantee, oldest first,
// with gaps where posts left from within.
type queue struct {
	ids  []uint32 // record + 1; 0 is a gap
	head int      // no entry before it
	n    int      // entries
}

// push appends a record and returns its place. When most of the queue is gaps
// it is packed, and the places in records are renewed.
func (q *queue) push(id uint32, records []record) uint32 {
	if len(q.ids) == cap(q.ids) && q.n < len(q.ids)/2 {
		packed := q.ids[:0]
		for _, e := range q.ids {
			if e != 0 {
				records[e-1].pos = uint32(len(packed))
				packed = append(packed, e)
			}
		}
		q.ids, q.head = packed, 0
	}
	q.ids = append(q.ids, id+1)
	q.n++
	return uint32(len(q.ids) - 1)
}

func (q *queue) remove(pos uint32) {
	q.ids[pos] = 0
	q.n--
	for q.head < len(q.ids) && q.ids[q.head] == 0 {
		q.head++
	}
}

// window returns up to most records: half of them the oldest, the other half
// anywhere, so that old posts which suit nobody do not hold up the rest.
func (q *queue) window(most int, number func(n int) int) []uint32 {
	out := make([]uint32, 0, most)
	at := q.head
	for ; at < len(q.ids) && (len(out) < most/2 || q.n <= most); at++ {
		if e := q.ids[at]; e != 0 {
			out = append(out, e-1)
		}
	}
	for range most {
		if len(out) == most || at >= len(q.ids) {
			break
		}
		if e := q.ids[at+number(len(q.ids)-at)]; e != 0 {
			out = append(out, e-1)
		}
	}
	return out
}
