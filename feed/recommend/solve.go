package recommend

import "math"

// cholesky solves a x = b for a symmetric positive matrix whose lower half is
// used up; x takes b's place. It goes four columns at a time, so that the rest
// of the matrix is read and written a quarter as often; room holds 4 n.
func cholesky(a, b, room []float32, n int) {
	for j := 0; j < n; j += 4 {
		wide := min(4, n-j)
		panel(a, room, n, j, wide)
		if wide < 4 {
			break
		}
		for i := j + 4; i < n; i++ {
			row := a[i*n+j+4 : i*n+i+1]
			x0, x1, x2, x3 := room[i], room[n+i], room[2*n+i], room[3*n+i]
			w0, w1 := room[j+4:][:len(row)], room[n+j+4:][:len(row)]
			w2, w3 := room[2*n+j+4:][:len(row)], room[3*n+j+4:][:len(row)]
			for k := range row {
				row[k] -= x0*w0[k] + x1*w1[k] + x2*w2[k] + x3*w3[k]
			}
		}
	}
	for i := range n {
		b[i] = (b[i] - dot(a[i*n:i*n+i], b[:i])) / a[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		row := a[i*n : i*n+i+1]
		b[i] /= row[i]
		x := b[i]
		for j := range i {
			b[j] -= row[j] * x
		}
	}
}

// panel finishes the columns from j on, and copies each into room.
func panel(a, room []float32, n, j, wide int) {
	for c := range wide {
		top := a[(j+c)*n+j : (j+c)*n+j+c+1]
		for i := j + c; i < n; i++ {
			row := a[i*n+j : i*n+j+c+1]
			v := row[c]
			for p := range c {
				v -= row[p] * top[p]
			}
			if i == j+c {
				v = float32(math.Sqrt(float64(max(v, 1e-9))))
			} else {
				v /= top[c]
			}
			row[c] = v
			room[c*n+i] = v
		}
	}
}

// dot adds in four sums, for the processor's sake.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}
