package slate

import "math/bits"

// dense numbers the values that it is shown 0, 1, 2 … in the order of their
// first showing: a hash table with open addressing and room for twice as many.
type dense struct {
	keys  []uint32
	ids   []int32 // id + 1; 0 is free
	shift int
	n     int
}

// grow makes room for as many values as will ever be shown.
func (d *dense) grow(most int) {
	size := 1 << bits.Len(uint(2*most))
	d.keys, d.ids = make([]uint32, size), make([]int32, size)
	d.shift = 32 - bits.Len(uint(size-1))
}

func (d *dense) of(key uint32) int32 {
	for i := int(key * 0x9e3779b1 >> d.shift); ; i++ {
		i &= len(d.ids) - 1
		switch {
		case d.ids[i] == 0:
			d.n++
			d.keys[i], d.ids[i] = key, int32(d.n)
			return int32(d.n - 1)
		case d.keys[i] == key:
			return d.ids[i] - 1
		}
	}
}
