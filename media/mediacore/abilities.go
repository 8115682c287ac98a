package mediacore

import (
	"context"

	"meadow/media"
	"meadow/services/platform/rpc"
)

// Abilities implements media.Service.
func (c *Core) Abilities(context.Context, rpc.Empty) (media.Abilities, error) {
	a := media.Abilities{
		Picture: media.Ability{
			Able: true, Types: []string{"image/jpeg", "image/png", "image/gif", "image/webp"},
			MaxBytes: media.MaxBytes, Pixels: media.MaxPixels,
		},
		Video: media.Ability{
			Able: c.Film != nil, Types: []string{"video/mp4", "video/quicktime", "video/webm", "video/x-matroska"},
			MaxBytes: media.MaxVideoBytes, Seconds: media.MaxVideoSeconds, Pixels: media.MaxVideoSide * media.MaxVideoSide,
		},
		Caption: media.Ability{Able: true, Types: []string{"text/vtt"}, MaxBytes: media.MaxCaptionBytes},
	}
	if !a.Video.Able {
		a.Video.Missing = c.NoFilm
		if a.Video.Missing == "" {
			a.Video.Missing = "ffmpeg and ffprobe"
		}
	}
	return a, nil
}
