package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"meadow/media"
)

// structures are pictures whose parts contradict each other.
func structures(t testing.TB) []sample {
	return inOrder(jpegs(t), pngs(t), gifs(t), webps(t))
}

func jpegs(t testing.TB) []sample {
	img := motif(64, 48)
	good := asJPEG(t, img)
	var out []sample
	add := func(name string, data []byte) { out = append(out, sample{"jpeg: " + name, data, nil}) }
	at := func(mark byte) int { return bytes.Index(good, []byte{0xff, mark}) }
	without := func(mark byte) []byte {
		i := at(mark)
		n := 2 + int(binary.BigEndian.Uint16(good[i+2:]))
		return append(append([]byte{}, good[:i]...), good[i+n:]...)
	}
	with := func(i int, b ...byte) []byte {
		data := append([]byte{}, good...)
		copy(data[i:], b)
		return data
	}
	for _, mark := range []byte{0xdb, 0xc0, 0xc4, 0xda} {
		add(fmt.Sprintf("no %x", mark), without(mark))
		for _, n := range [][]byte{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0xff, 0xff}} {
			add(fmt.Sprintf("%x of length %x", mark, n), with(at(mark)+2, n...))
		}
		i := at(mark)
		n := 2 + int(binary.BigEndian.Uint16(good[i+2:]))
		add(fmt.Sprintf("%x twice", mark), append(append(append([]byte{}, good[:i+n]...), good[i:i+n]...), good[i+n:]...))
	}
	frame := at(0xc0)
	for _, kind := range []byte{0xc1, 0xc2, 0xc3, 0xc5, 0xc9, 0xca, 0xcf, 0xd9, 0xff, 0x00, 0x01} {
		add(fmt.Sprintf("frame of kind %x", kind), with(frame+1, kind))
	}
	for _, b := range []byte{0, 1, 2, 12, 16, 255} {
		add(fmt.Sprintf("%d bits", b), with(frame+4, b))
		add(fmt.Sprintf("%d components", b), with(frame+9, b))
		add(fmt.Sprintf("sampled as %x", b), with(frame+11, b))
		add(fmt.Sprintf("table %d", b), with(frame+12, b))
		add(fmt.Sprintf("scan of component %d", b), with(at(0xda)+5, b))
		add(fmt.Sprintf("scan by table %x", b), with(at(0xda)+6, b))
	}
	for mark := 0xd0; mark < 0xd8; mark++ {
		add(fmt.Sprintf("restart %x", mark), append(good[:len(good)-40:len(good)-40], append([]byte{0xff, byte(mark)}, good[len(good)-40:]...)...))
	}
	add("no end", good[:len(good)-2])
	add("fill bytes", bytes.Replace(good, []byte{0xff, 0xc0}, []byte{0xff, 0xff, 0xff, 0xff, 0xc0}, 1))
	add("restarts without end", segment(good, 0xdd, []byte{0, 1}))
	add("a picture in a picture", append(good[:len(good)-2:len(good)-2], good...))
	add("an interval that is none", segment(good, 0xdd, []byte{0}))
	for n := range 4 {
		add(fmt.Sprintf("adobe %d", n), segment(good, 0xee, []byte{'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, byte(n)}))
	}
	for _, wh := range [][2]uint16{{0, 0}, {0, 48}, {64, 0}, {1, 1}, {12_001, 1}, {9_000, 9_000}, {65_535, 65_535}} {
		add(fmt.Sprintf("%d wide, %d high", wh[0], wh[1]), with(frame+5, byte(wh[1]>>8), byte(wh[1]), byte(wh[0]>>8), byte(wh[0])))
	}
	return out
}

func pngs(t testing.TB) []sample {
	data := deflated(make([]byte, 48*65))
	end, pixels := pngChunk("IEND", nil), pngChunk("IDAT", data)
	grey := header(64, 48, 8, 0)
	wrong := append([]byte{}, pixels...)
	wrong[len(wrong)-1] ^= 1
	badSum := append([]byte{}, data...)
	badSum[len(badSum)-1] ^= 1
	var out []sample
	for name, data := range map[string][]byte{
		"no header": aPNG(pixels, end), "two headers": aPNG(grey, grey, pixels, end), "no pixels": aPNG(grey, end), "no end": aPNG(grey, pixels),
		"wrong crc": aPNG(grey, wrong, end), "wrong sum": aPNG(grey, pngChunk("IDAT", badSum), end), "pixels apart": aPNG(grey, pixels, pngChunk("tEXt", []byte("a\x00b")), pixels, end),
		"empty pixels": aPNG(grey, pngChunk("IDAT", nil), pngChunk("IDAT", nil), pixels, end), "no deflate": aPNG(grey, pngChunk("IDAT", []byte("not packed")), end),
		"too many pixels": aPNG(grey, pngChunk("IDAT", deflated(make([]byte, 1<<20))), end), "too few": aPNG(grey, pngChunk("IDAT", deflated(make([]byte, 100))), end),
		"palette without one": aPNG(header(64, 48, 8, 3), pixels, end), "palette after": aPNG(header(64, 48, 8, 3), pixels, pngChunk("PLTE", []byte{1, 2, 3}), end),
		"palette too long": aPNG(header(64, 48, 8, 3), pngChunk("PLTE", make([]byte, 900)), pixels, end), "palette of two bytes": aPNG(header(64, 48, 8, 3), pngChunk("PLTE", []byte{1, 2}), pixels, end),
		"transparent grey": aPNG(grey, pngChunk("tRNS", make([]byte, 2)), pixels, end), "transparent too long": aPNG(header(64, 48, 8, 3), pngChunk("PLTE", []byte{1, 2, 3}), pngChunk("tRNS", make([]byte, 300)), pixels, end),
		"filter 9": aPNG(grey, pngChunk("IDAT", deflated(bytes.Repeat([]byte{9}, 48*65))), end), "a length of all": append(aPNG(grey), "\xff\xff\xff\xffIDAT"...), "a negative length": append(aPNG(grey), "\x80\x00\x00\x00IDAT"...),
		"of no width": aPNG(header(0, 48, 8, 0), pixels, end), "of a negative width": aPNG(header(1<<31, 48, 8, 0), pixels, end), "signature alone": aPNG(),
		"signature of a mac": append([]byte("\x89PNG\n\n\x1a\n"), grey...), "apple": aPNG(pngChunk("CgBI", make([]byte, 4)), grey, pixels, end), "animated": aPNG(grey, pngChunk("acTL", []byte{0, 0, 0xff, 0xff, 0, 0, 0, 0}), pixels, end),
	} {
		out = append(out, sample{"png: " + name, data, nil})
	}
	for depth := range byte(18) {
		for kind := range byte(8) {
			out = append(out, sample{fmt.Sprintf("png: depth %d of kind %d", depth, kind), aPNG(header(64, 48, depth, kind), pngChunk("PLTE", make([]byte, 9)), pixels, end), nil})
		}
	}
	return out
}

func gifs(t testing.TB) []sample {
	good := asGIF(t, motif(64, 48))
	var out []sample
	for name, change := range map[string]func([]byte) []byte{
		"no table":          func(b []byte) []byte { b[10] &^= 0x80; return b },
		"version 00":        func(b []byte) []byte { copy(b[3:], "00a"); return b },
		"of no size":        func(b []byte) []byte { copy(b[6:], "\x00\x00\x00\x00"); return b },
		"smaller than said": func(b []byte) []byte { copy(b[6:], "\x01\x00\x01\x00"); return b },
		"no end":            func(b []byte) []byte { return b[:len(b)-1] },
		"end at once":       func(b []byte) []byte { return append(b[:13+3*64:13+3*64], 0x3b) },
		"block without end": func(b []byte) []byte { b[len(b)-2] = 0xff; return b },
		"unknown extension": func(b []byte) []byte { return append(b[:13+3*64:13+3*64], "\x21\x00\x01\x00\x00\x3b"...) },
	} {
		out = append(out, sample{"gif: " + name, change(append([]byte{}, good...)), nil})
	}
	for size := range byte(16) {
		data := append([]byte{}, good...)
		at := bytes.IndexByte(data[13+3*64:], 0x2c) + 13 + 3*64
		data[at+10] = size
		out = append(out, sample{fmt.Sprintf("gif: codes of %d bits", size), data, nil})
	}
	return out
}

func webps(t testing.TB) []sample {
	lossy := asWebP(t, motif(64, 48), false)[12:]
	flat := flatVP8L(64, 48)
	var out []sample
	for name, data := range map[string][]byte{
		"nothing": riff(), "no picture": riff(extended(0, 64, 48)), "another size": riff(extended(0, 65, 48), lossy), "another size, lossless": riff(extended(0, 64, 47), flat),
		"alpha promised": riff(extended(0x10, 64, 48), lossy), "alpha not promised": riff(extended(0, 64, 48), chunk("ALPH", make([]byte, 1+64*48)), lossy), "alpha too short": riff(extended(0x10, 64, 48), chunk("ALPH", []byte{0, 1}), lossy),
		"alpha packed badly": riff(extended(0x10, 64, 48), chunk("ALPH", []byte{1, 2, 3}), lossy), "two headers": riff(extended(0, 64, 48), extended(0, 64, 48), lossy), "header of nothing": riff(chunk("VP8X", nil), lossy),
		"chunk of all": append(riff()[:12], "VP8 \xff\xff\xff\xff"...), "odd": riff(lossy[:len(lossy)-1]), "size of nothing": append([]byte("RIFF\x00\x00\x00\x00WEBP"), lossy...), "size of all": append([]byte("RIFF\xff\xff\xff\xffWEBP"), lossy...),
		"a frame in a frame": animation(64, 48, animation(64, 48, lossy, 1)[12:], 1), "a frame of nothing": animation(64, 48, nil, 1), "a frame of another size": animation(65, 48, lossy, 1), "a frame cut": riff(extended(2, 64, 48), chunk("ANMF", []byte{1, 2, 3})),
		"frames not promised": riff(extended(0, 64, 48), chunk("ANMF", append(make([]byte, 16), lossy...))), "frame after picture": riff(extended(2, 64, 48), lossy, chunk("ANMF", append(make([]byte, 16), lossy...))),
		"empty pixels": riff(chunk("VP8 ", nil)), "empty pixels, lossless": riff(chunk("VP8L", nil)), "lossless of version 7": riff(chunk("VP8L", []byte{0x2f, 0, 0, 0, 0xe0, 0})),
	} {
		out = append(out, sample{"webp: " + name, data, nil})
	}
	return out
}

// exifs are good pictures whose EXIF leads astray; each is to be taken.
func exifs(t testing.TB) []sample {
	img := motif(64, 48)
	j, p, w := asJPEG(t, img), asPNG(t, img), asWebP(t, img, false)
	var out []sample
	add := func(name string, x []byte) {
		out = append(out,
			sample{"jpeg exif: " + name, segment(j, 0xe1, append([]byte("Exif\x00\x00"), x...)), taken},
			sample{"png exif: " + name, aPNG(p[8:33], pngChunk("eXIf", x), p[33:]), taken},
			sample{"webp exif: " + name, riff(extended(8, 64, 48), w[12:], chunk("EXIF", x)), taken})
	}
	for _, turn := range []uint16{0, 1, 8, 9, 255, 65_535} {
		add(fmt.Sprintf("turned by %d", turn), tiff(turn))
	}
	add("next is itself", directory([]entry{{0x0110, 2, 1, 0}}, 8))
	add("sub is itself", directory([]entry{{0x8769, 4, 1, 8}, {0x8825, 4, 1, 8}, {0xa005, 4, 1, 8}}, 8))
	add("beyond the end", []byte("MM\x00*\x7f\xff\xff\xff"))
	add("before the end", []byte("II*\x00\x07\x00\x00\x00"))
	add("negative", []byte("MM\x00*\xff\xff\xff\xff"))
	add("as many entries as there are", append([]byte("MM\x00*\x00\x00\x00\x08\xff\xff"), make([]byte, 60)...))
	add("cut", tiff(6)[:20])
	add("of another order", []byte("XX\x00*\x00\x00\x00\x08"))
	add("empty", nil)
	add("large", append(tiff(1), make([]byte, 60_000)...))
	add("counts of all", directory([]entry{{0x0112, 3, 1<<32 - 1, 1<<32 - 1}, {0x927c, 7, 1<<32 - 1, 8}}, 0))
	return append(out, sample{"jpeg exif: twice", segment(segment(j, 0xe1, append([]byte("Exif\x00\x00"), tiff(6)...)), 0xe1, append([]byte("Exif\x00\x00"), tiff(3)...)), taken},
		sample{"more bytes than allowed", append(j[:len(j):len(j)], make([]byte, media.MaxBytes)...), media.ErrTooLarge})
}
