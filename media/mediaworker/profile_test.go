package mediaworker

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"testing"
)

// Primaries of two kinds of colour, under D50.
var (
	displayP3 = [3][3]float64{{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}
	sRGB      = [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}
)

func s15(v float64) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(int32(math.Round(v*65536))))
}

// para is a curve by formula.
func para(kind byte, v ...float64) []byte {
	out := []byte{'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, kind, 0, 0}
	for _, f := range v {
		out = append(out, s15(f)...)
	}
	return out
}

// curv is a curve by table.
func curv(v ...uint16) []byte {
	out := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), uint32(len(v)))
	for _, n := range v {
		out = binary.BigEndian.AppendUint16(out, n)
	}
	return append(out, 0, 0)
}

// srgbCurve is what sRGB and Display P3 share.
func srgbCurve() []byte { return para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045) }

func iccOf(primaries [3][3]float64, curve []byte) []byte {
	be := binary.BigEndian
	head := make([]byte, 128)
	copy(head[12:], "mntrRGB XYZ ")
	copy(head[36:], "acsp")
	table, values := be.AppendUint32(nil, 6), []byte{}
	put := func(name string, value []byte) {
		table = append(table, name...)
		table = be.AppendUint32(be.AppendUint32(table, uint32(128+4+6*12+len(values))), uint32(len(value)))
		values = append(values, value...)
	}
	for i, c := range []string{"r", "g", "b"} {
		value := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range primaries[i] {
			value = append(value, s15(v)...)
		}
		put(c+"XYZ", value)
		put(c+"TRC", curve)
	}
	return append(append(head, table...), values...)
}

// fromP3 is the way between the two as their makers publish it, which our code
// does not know.
func fromP3(c color.RGBA) color.RGBA {
	light := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	r, g, b := light(c.R), light(c.G), light(c.B)
	out := func(v float64) uint8 { return uint8(math.Round(fromLight(v))) }
	return rgb(out(1.22494*r-0.22494*g), out(-0.04206*r+1.04206*g), out(-0.01964*r-0.07864*g+1.09828*b))
}

func TestColoursOfATelephoneLookAsTheyDidThere(t *testing.T) {
	t.Parallel()
	p3 := iccOf(displayP3, srgbCurve())
	img := image.NewRGBA(image.Rect(0, 0, 300, 100))
	in := []color.RGBA{{200, 100, 50, 255}, {60, 160, 90, 255}, {255, 255, 255, 255}}
	for i := range 300 * 100 {
		img.SetRGBA(i%300, i/300, in[i%300/100])
	}
	jpegIn := withSegment(asJPEG(t, img, 0), 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), p3...))
	for name, data := range map[string][]byte{
		"jpeg": jpegIn, "jpeg in pieces": inPieces(t, img, p3),
		"png":  withChunk(asPNG(t, img, 0), "iCCP", append([]byte("Display P3\x00\x00"), deflated(t, p3)...)),
		"webp": webpWith(t, img, "ICCP", p3),
	} {
		for _, f := range decode(t, data).Files {
			got := pixels(t, f)
			for i, c := range in {
				want := fromP3(c)
				if at := got.At(f.Width*(2*i+1)/6, f.Height/2); !near(at, want) {
					t.Errorf("%s: %s as %s: %v became %v, want %v", name, f.Name, f.Type, c, at, want)
				}
			}
			if bytes.Contains(f.Data, []byte("acsp")) || bytes.Contains(f.Data, []byte("ICC")) {
				t.Errorf("%s: the profile is still in %s", name, f.Name)
			}
		}
	}
	if near(fromP3(in[0]), in[0]) {
		t.Error("the colours are too tame to tell")
	}
}

// inPieces is a JPEG whose profile comes in two segments.
func inPieces(t *testing.T, img image.Image, icc []byte) []byte {
	data := withSegment(asJPEG(t, img, 0), 0xe2, append([]byte("ICC_PROFILE\x00\x02\x02"), icc[100:]...))
	return withSegment(data, 0xe2, append([]byte("ICC_PROFILE\x00\x01\x02"), icc[:100]...))
}

func TestProfilesThatChangeNothingOrMakeNoSenseAreIgnored(t *testing.T) {
	t.Parallel()
	p3 := iccOf(displayP3, srgbCurve())
	with := func(at int, b ...byte) []byte {
		out := bytes.Clone(p3)
		copy(out[at:], b)
		return out
	}
	for name, icc := range map[string][]byte{
		"none": nil, "short": p3[:100], "srgb": iccOf(sRGB, srgbCurve()), "cmyk": with(16, []byte("CMYK")...), "by table of colours": with(20, []byte("Lab ")...),
		"no signature": with(36, 0), "many parts": with(128, 0xff, 0xff, 0xff, 0xff), "a part outside": with(136, 0xff, 0xff, 0xff, 0xff), "a part too long": with(140, 0xff, 0xff, 0xff, 0xff),
		"no curve": iccOf(displayP3, nil), "an unknown curve": iccOf(displayP3, para(9, 1)), "a curve cut": iccOf(displayP3, para(3, 1)), "a table cut": iccOf(displayP3, curv(make([]uint16, 9)...)[:20]),
		"a curve of nothing": iccOf(displayP3, curv(0, 0)), "a curve of roots of less than nothing": iccOf(displayP3, para(1, 0.5, -1, -2)), "a line that stands": iccOf(displayP3, para(2, 1, 0, 0, 0)),
		"no light": iccOf([3][3]float64{}, srgbCurve()), "too much light": iccOf([3][3]float64{{9, 9, 9}, {9, 9, 9}, {9, 9, 9}}, srgbCurve()),
	} {
		if p := profileOf(icc); p != nil {
			t.Errorf("%s: %v", name, p.matrix)
		}
	}
}

func TestCurvesOfEveryKindAreRead(t *testing.T) {
	t.Parallel()
	table := make([]uint16, 1024)
	for i := range table {
		table[i] = uint16(math.Round(math.Pow(float64(i)/1023, 2.2) * 65535))
	}
	for name, curve := range map[string][]byte{
		"gamma": curv(uint16(math.Round(2.2 * 256))), "table": curv(table...), "power": para(0, 2.2), "line": para(1, 2.2, 1, 0), "offset": para(2, 2.2, 1, 0, 0),
		"two parts": para(3, 2.2, 1, 0, 0, 0), "all": para(4, 2.2, 1, 0, 0, 0, 0, 0),
	} {
		var p profile
		if !p.curve(0, curve) {
			t.Errorf("%s: not read", name)
			continue
		}
		for i, got := range p.linear[0] {
			if want := math.Pow(float64(i)/255, 2.2); math.Abs(got-want) > 0.003 {
				t.Errorf("%s: %d is %.4f, want %.4f", name, i, got, want)
				break
			}
		}
	}
	var straight profile
	if !straight.curve(0, curv()) || straight.linear[0][51] != 0.2 {
		t.Error("no entry is not a straight line")
	}
}

func FuzzProfile(f *testing.F) {
	f.Add(iccOf(displayP3, srgbCurve()))
	f.Add(iccOf(sRGB, curv(0, 9, 65535)))
	f.Fuzz(func(t *testing.T, icc []byte) {
		img := quarters(4, 4)
		profileOf(icc).apply(img)
		if !img.Opaque() {
			t.Error("it became transparent")
		}
	})
}
