package mediaworker

import (
	"encoding/binary"
	"image"
	"math"
)

// profile is how a file's colours become sRGB's: every telephone writes Display
// P3, which shown as sRGB looks washed out. Profiles of this kind are three curves
// and a matrix; others, as printers have them, are ignored.
type profile struct {
	linear [3][256]float64 // of a stored value
	matrix [3][3]float64   // to linear sRGB
}

// toSRGB is the way from the colours by which profiles meet (XYZ under D50) to
// linear sRGB.
func toSRGB() [3][3]float64 {
	return [3][3]float64{
		{3.1338561, -1.6168667, -0.4906146},
		{-0.9787684, 1.9161415, 0.0334540},
		{0.0719453, -0.2289914, 1.4052427},
	}
}

// profileOf reads an ICC profile. It returns nil if there is none that we
// understand, or if it is as good as sRGB.
func profileOf(icc []byte) *profile {
	const head = 128
	be := binary.BigEndian
	if len(icc) < head+4 || string(icc[16:24]) != "RGB XYZ " || string(icc[36:40]) != "acsp" {
		return nil
	}
	parts := map[string][]byte{}
	for i := range min(int(be.Uint32(icc[head:])), 100) {
		at := head + 4 + 12*i
		if at+12 > len(icc) {
			return nil
		}
		from, size := uint64(be.Uint32(icc[at+4:])), uint64(be.Uint32(icc[at+8:]))
		if from+size > uint64(len(icc)) {
			return nil
		}
		parts[string(icc[at:at+4])] = icc[from : from+size]
	}
	var p profile
	for i, name := range []string{"r", "g", "b"} {
		column, curve := parts[name+"XYZ"], parts[name+"TRC"]
		if len(column) < 20 || string(column[:4]) != "XYZ " || !p.curve(i, curve) {
			return nil
		}
		for j, row := range toSRGB() {
			for k, v := range row {
				p.matrix[j][i] += v * fixed(column[8+4*k:])
			}
		}
	}
	if !p.sane() || p.same() {
		return nil
	}
	return &p
}

// fixed is a signed number of 16 fractional bits.
func fixed(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }

// curve reads how the values of a channel become light.
func (p *profile) curve(channel int, b []byte) bool {
	be := binary.BigEndian
	if len(b) < 12 {
		return false
	}
	var f func(x float64) float64
	switch n := int(be.Uint32(b[8:])); string(b[:4]) {
	case "curv":
		switch {
		case n == 0:
			f = func(x float64) float64 { return x }
		case n == 1 && len(b) >= 14:
			gamma := float64(be.Uint16(b[12:])) / 256
			f = func(x float64) float64 { return math.Pow(x, gamma) }
		case n > 1 && n <= 1<<16 && len(b) >= 12+2*n:
			f = func(x float64) float64 { // between two entries of the table
				at := x * float64(n-1)
				i := min(int(at), n-2)
				low, high := float64(be.Uint16(b[12+2*i:])), float64(be.Uint16(b[14+2*i:]))
				return (low + (high-low)*(at-float64(i))) / 65535
			}
		}
	case "para":
		f = parametric(int(be.Uint16(b[8:])), b[12:])
	}
	if f == nil {
		return false
	}
	for i := range p.linear[channel] {
		p.linear[channel][i] = f(float64(i) / 255)
	}
	return true
}

// parametric returns one of the formulas that profiles name by a number: a power
// of a line, and a line below d.
func parametric(kind int, b []byte) func(float64) float64 {
	needs := []int{1, 3, 4, 5, 7}
	if kind >= len(needs) || len(b) < 4*needs[kind] {
		return nil
	}
	var v [7]float64 // g a b c d e f
	for i := range needs[kind] {
		v[i] = fixed(b[4*i:])
	}
	switch kind {
	case 0:
		v[1] = 1
	case 1, 2:
		if v[1] == 0 {
			return nil
		}
		v[5], v[6] = v[3], v[3] // c is added everywhere
		v[3], v[4] = 0, -v[2]/v[1]
	}
	return func(x float64) float64 {
		if x < v[4] {
			return v[3]*x + v[6]
		}
		return math.Pow(v[1]*x+v[2], v[0]) + v[5]
	}
}

// sane reports whether white stays white, or nearly so, which every profile of a
// picture sees to.
func (p *profile) sane() bool {
	for channel, row := range p.matrix {
		white := p.linear[channel][255]
		if sum := row[0] + row[1] + row[2]; !(math.Abs(sum-1) < 0.05) || !(math.Abs(white-1) < 0.05) {
			return false
		}
		for _, v := range p.linear[channel] {
			if !(v > -0.1 && v < 1.1) {
				return false
			}
		}
	}
	return true
}

// same reports whether p is sRGB, as far as eight bits can tell.
func (p *profile) same() bool {
	for i, row := range p.matrix {
		for j, v := range row {
			one := 0.0
			if i == j {
				one = 1
			}
			if math.Abs(v-one) > 0.01 {
				return false
			}
		}
		for j, v := range p.linear[i] {
			if math.Abs(fromLight(v)-float64(j)) > 2 {
				return false
			}
		}
	}
	return true
}

// fromLight is sRGB's value, of 255, for linear light.
func fromLight(v float64) float64 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		return 255 * 12.92 * v
	}
	return 255 * (1.055*math.Pow(v, 1/2.4) - 0.055)
}

// apply turns the colours of an opaque picture into sRGB's.
func (p *profile) apply(img *image.RGBA) {
	if p == nil {
		return
	}
	const steps = 1 << 12
	var stored [steps + 1]uint8
	for i := range stored {
		stored[i] = uint8(math.Round(fromLight(float64(i) / steps)))
	}
	m := p.matrix
	for at := 0; at+4 <= len(img.Pix); at += 4 {
		q := img.Pix[at : at+4 : at+4]
		r, g, b := p.linear[0][q[0]], p.linear[1][q[1]], p.linear[2][q[2]]
		for i := range 3 {
			light := m[i][0]*r + m[i][1]*g + m[i][2]*b
			q[i] = stored[int(min(max(light, 0), 1)*steps+0.5)]
		}
	}
}
