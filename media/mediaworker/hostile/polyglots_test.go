package hostile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"strings"
	"testing"

	"meadow/media"
)

// payloads are what is hidden in pictures.
func payloads(t testing.TB) map[string][]byte {
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	f, err := w.Create("index.html")
	must(t, err)
	_, err = f.Write([]byte("<script>alert(1)</script>" + spoor))
	must(t, err)
	must(t, w.Close())
	return map[string][]byte{
		"zip": z.Bytes(), "phar": []byte("<?php __HALT_COMPILER(); ?>" + spoor),
		"php": []byte("<?php system($_GET['c']); ?>" + spoor), "html": []byte("<html><script>alert(1)</script>" + spoor),
		"js": []byte("*/=1;alert(1);/*" + spoor), "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>` + spoor),
		"pdf": []byte("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj " + spoor),
		"elf": []byte("\x7fELF\x02\x01\x01" + spoor), "exe": []byte("MZ\x90\x00\x03\x00\x00\x00" + spoor),
		"sh": []byte("\n#!/bin/sh\nid\n" + spoor), "playlist": []byte("\n#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n" + spoor),
		"concat": []byte("\nffconcat version 1.0\nfile /etc/passwd\n" + spoor), "postscript": []byte("%!PS-Adobe-3.0\n(/etc/passwd) (r) file " + spoor),
	}
}

// polyglots are pictures that are something else as well.
func polyglots(t testing.TB, whole []sample) []sample {
	var out []sample
	for name, load := range payloads(t) {
		for _, s := range whole {
			out = append(out,
				sample{s.name + " then " + name, append(s.data[:len(s.data):len(s.data)], load...), nil},
				sample{name + " then " + s.name, append(load[:len(load):len(load)], s.data...), nil})
		}
		img := motif(64, 48)
		j, p, w := asJPEG(t, img), asPNG(t, img), asWebP(t, img, false)
		ihdr := 8 + 25
		out = append(out,
			sample{"jpeg comment of " + name, segment(j, 0xfe, load), nil},
			sample{"jpeg exif of " + name, segment(j, 0xe1, append([]byte("Exif\x00\x00"), append(tiff(1), load...)...)), nil},
			sample{"jpeg profile of " + name, segment(j, 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), load...)), nil},
			sample{"jpeg thumbnail of " + name, segment(j, 0xe0, append([]byte("JFXX\x00\x10"), load...)), nil},
			sample{"png text of " + name, aPNG(p[8:ihdr], pngChunk("tEXt", append([]byte("Comment\x00"), load...)), p[ihdr:]), nil},
			sample{"png packed text of " + name, aPNG(p[8:ihdr], pngChunk("zTXt", append([]byte("Comment\x00\x00"), deflated(load)...)), p[ihdr:]), nil},
			sample{"png unknown chunk of " + name, aPNG(p[8:ihdr], pngChunk("evIl", load), p[ihdr:]), nil},
			sample{"png pixels of " + name, spelled(t, load), nil},
			sample{"webp xmp of " + name, riff(extended(0x04, 64, 48), w[12:], chunk("XMP ", load)), taken},
			sample{"webp unknown chunk of " + name, riff(extended(0, 64, 48), chunk("EVIL", load), w[12:]), nil},
			sample{"gif comment of " + name, commented(t, img, load), nil},
		)
	}
	// The classic: the width spells the start of a comment, the rest ends it.
	gif := []byte("GIF89a/*\x10\x00\x00\x00\x00" + "*/=1;alert(1);//" + spoor)
	return inOrder(append(out, sample{"gif of script", gif, nil}, sample{"bmp of script", []byte("BM/*\x00\x00\x00\x00\x00*/=1;alert(1)"), media.ErrNotPicture}))
}

// spelled is a picture whose pixels spell load, stored as they are.
func spelled(t testing.TB, load []byte) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for at := range img.Pix {
		img.Pix[at] = 255
	}
	rest := load
	for y := 0; len(rest) > 0; y++ {
		for x := 0; x < 60 && len(rest) > 0; x++ {
			n := copy(img.Pix[img.PixOffset(x, y):][:3], rest)
			rest = rest[n:]
		}
	}
	var b bytes.Buffer
	must(t, (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img))
	return b.Bytes()
}

// commented is a GIF with load as a comment, in front of its picture.
func commented(t testing.TB, img image.Image, load []byte) []byte {
	data := asGIF(t, img)
	at := bytes.IndexByte(data[13+3*64:], 0x2c) + 13 + 3*64
	note := []byte{0x21, 0xfe}
	for rest := load; len(rest) > 0; {
		n := min(len(rest), 255)
		note = append(append(note, byte(n)), rest[:n]...)
		rest = rest[n:]
	}
	return append(append(append([]byte{}, data[:at]...), append(note, 0)...), data[at:]...)
}

// foreign are files that are no pictures we take, whatever they are called.
func foreign() []sample {
	var out []sample
	for name, data := range map[string]string{
		"empty": "", "a byte": "\xff", "two": "\xff\xd8", "zeros": strings.Repeat("\x00", 4000), "text": "hello", "json": `{"a":1}`, "csv": "a,b\n1,2\n",
		"svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "svg declared": `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"svg of a file": `<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>`,
		"xml":           `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, "laughs": `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>`,
		"html": "<!DOCTYPE html><html><script>alert(1)</script></html>", "php": "<?php system('id');", "shell": "#!/bin/sh\nid\n", "exe": "MZ\x90\x00\x03\x00\x00\x00" + strings.Repeat("\x00", 100),
		"elf": "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100), "pdf": "%PDF-1.7\n", "postscript": "%!PS-Adobe-3.0\n", "zip": "PK\x03\x04\x14\x00", "gzip": "\x1f\x8b\x08\x00",
		"playlist": "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist of an address": "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nhttp://169.254.169.254/latest/\n#EXT-X-ENDLIST\n",
		"concat": "ffconcat version 1.0\nfile '/etc/passwd'\n", "mvg": "push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/\"|id\")'\npop graphic-context\n",
		"msl": "<?xml version=\"1.0\"?><image><read filename=\"/etc/passwd\"/></image>", "sdp": "v=0\nm=audio 1 RTP/AVP 0\n", "bmp": "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00",
		"tiff": "II*\x00\x08\x00\x00\x00\x00\x00\x00\x00", "big tiff": "MM\x00+\x00\x08\x00\x00", "ico": "\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00", "psd": "8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03",
		"xbm": "#define a_width 16\n#define a_height 16\nstatic char a_bits[] = {0};", "xpm": "/* XPM */\nstatic char *a[] = {\"1 1 1 1\", \"a c #fff\", \"a\"};", "jp2": "\x00\x00\x00\x0cjP  \r\n\x87\n", "jxl": "\xff\x0a\x00\x00", "jxl boxed": "\x00\x00\x00\x0cJXL \r\n\x87\n",
		"avif": "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1miafavif", "mp4": "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2", "mkv": "\x1a\x45\xdf\xa3", "wav": "RIFF\x24\x00\x00\x00WAVEfmt ", "avi": "RIFF\x24\x00\x00\x00AVI LIST", "riff": "RIFF\x04\x00\x00\x00",
		"pnm": "P6\n99999 99999\n255\n", "farbfeld": "farbfeld\x00\x00\xff\xff\x00\x00\xff\xff", "exr": "\x76\x2f\x31\x01", "qoi": "qoif\x00\x00\xff\xff\x00\x00\xff\xff\x04\x00", "mng": "\x8aMNG\r\n\x1a\n", "jng": "\x8bJNG\r\n\x1a\n", "wmf": "\xd7\xcd\xc6\x9a",
	} {
		out = append(out, sample{name, []byte(data), media.ErrNotPicture})
	}
	for _, brand := range []string{"heic", "heix", "hevc", "mif1", "msf1"} {
		body := "ftyp" + brand + "\x00\x00\x00\x00mif1heic"
		data := binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))
		out = append(out, sample{"heif of " + brand, append(data, body...), media.ErrHEIC})
	}
	return inOrder(out)
}
