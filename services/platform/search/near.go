package search

// Near reports whether so many times one letter more, less, other or swapped
// with its neighbour makes a of b.
func Near(a, b string, typos int) bool {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > typos || -d > typos {
		return false
	}
	// Rows of the table of distances between beginnings of x and of y.
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			other := 1
			if x[i-1] == y[j-1] {
				other = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+other)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)] <= typos
}
