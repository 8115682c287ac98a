// Package hostile holds the decoders against files that were made to do harm,
// or were damaged. All of them are made here, the same each time.
package hostile

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"meadow/media"
	"meadow/services/kernel/errs"
)

// sample is one file.
type sample struct {
	name string
	data []byte
	want *errs.Error // or taken, or nil if either is fine
}

// taken is the verdict on a file that is to become a picture.
var taken = errs.New(errs.Internal, "taken", "not an error")

// reasons are those that the contract gives for not taking a picture.
var reasons = []*errs.Error{media.ErrNotPicture, media.ErrTooLarge, media.ErrPixels, media.ErrBroken, media.ErrHEIC}

// markers are what makes a file dangerous to whoever is led to open it as what
// they say.
var markers = []string{
	"<script", "<svg", "<html", "<?php", "<?xml", "javascript:", "onload=", "alert(1)", "%PDF-1", "PK\x03\x04", "PK\x05\x06",
	"\x7fELF", "MZ\x90\x00", "#!/bin/sh", "#EXTM3U", "ffconcat", "file:///etc/passwd", "__HALT_COMPILER", "%!PS-Adobe", "push graphic-context", spoor,
}

// spoor is in everything that is hidden in a picture.
const spoor = "5P00R-48.8584N"

// corpus is every small file; many is how many of them are damaged at random.
func corpus(t testing.TB, many int) []sample {
	t.Helper()
	whole := pictures(t)
	all := inOrder(polyglots(t, whole), foreign(), structures(t), exifs(t), cut(whole), whole)
	return append(all, damaged(whole, many)...)
}

// inOrder returns all of them, in an order that does not depend on a map's.
func inOrder(of ...[]sample) []sample {
	all := slices.Concat(of...)
	slices.SortStableFunc(all, func(a, b sample) int { return strings.Compare(a.name, b.name) })
	return all
}

// cut ends each file at fifty places.
func cut(whole []sample) []sample {
	var out []sample
	for _, s := range whole {
		for i := range 50 {
			out = append(out, sample{"cut " + s.name, s.data[:len(s.data)*i/50], nil})
		}
	}
	return out
}

// damaged changes files at random: bits, bytes, runs that are removed, doubled,
// or come from another file.
func damaged(whole []sample, many int) []sample {
	r := rand.New(rand.NewPCG(20261, 1122))
	out := make([]sample, many)
	for i := range out {
		s := whole[i%len(whole)]
		other := whole[r.IntN(len(whole))].data
		data := append([]byte{}, s.data...)
		var how []string
		for range 1 + r.IntN(4) {
			at := r.IntN(len(data))
			if r.IntN(3) == 0 { // headers are where the harm is
				at = r.IntN(min(len(data), 200))
			}
			to := min(len(data), at+1+r.IntN(40))
			switch kind := r.IntN(8); kind {
			case 0, 1, 2:
				data[at] ^= 1 << r.IntN(8)
				how = append(how, "bit")
			case 3, 4:
				data[at] = []byte{0, 0xff, 0x7f, 0x80, byte(r.Uint32())}[r.IntN(5)]
				how = append(how, "byte")
			case 5:
				data = append(data[:at:at], data[to:]...)
				how = append(how, "removed")
			case 6:
				data = append(data[:to:to], data[at:]...)
				how = append(how, "doubled")
			case 7:
				from := r.IntN(len(other))
				copy(data[at:to], other[from:])
				how = append(how, "grafted")
			}
			if len(data) == 0 {
				data = []byte{0}
			}
		}
		out[i] = sample{s.name + ": " + strings.Join(how, ", "), data, nil}
	}
	return out
}
