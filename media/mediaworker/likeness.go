package mediaworker

import (
	"fmt"
	"image"
	"image/color"
)

// likeness returns a difference hash: of 8 rows of 9 grey squares, whether each
// is clearly darker than the next. Clearly, because else the noise of encoding
// would decide wherever a picture is plain.
func likeness(img *image.RGBA) string {
	const clear = 2 << 8 // of 65535
	var bits uint64
	small := boxed(img, 9, 8)
	for y := range 8 {
		left := luma(small.RGBAAt(0, y))
		for x := range 8 {
			right := luma(small.RGBAAt(x+1, y))
			bits <<= 1
			if right > left+clear {
				bits |= 1
			}
			left = right
		}
	}
	return fmt.Sprintf("%016x", bits)
}

func luma(c color.RGBA) int { return int(color.Gray16Model.Convert(c).(color.Gray16).Y) }
