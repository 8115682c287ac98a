// Package mediavideo turns a video that a stranger uploaded into what can be
// played everywhere: HLS in at most three heights, a preview and a poster. The
// work is done by ffmpeg, which is not part of this program: it is found on the
// machine, told by name which format to read, and run with little memory, little
// time, no network and nothing to steal.
package mediavideo

import (
	"context"
	"errors"
	"time"
)

// Source is the name, in the folder given to a Make, of the file to read.
const Source = "source"

// Make reads the file Source in dir, a folder that nothing else uses, and leaves
// what it makes of it there. It tells said how far it has come: percent is 0
// until the video was looked at. It returns an error of package media for a
// video that is not taken, and any other for what is not the video's fault.
//
// said is called first once the video was looked at and found fit, with 0. ai
// says that the file is known to be made by a machine.
type Make func(ctx context.Context, dir string, ai bool, said func(percent int64)) (Made, error)

// ErrKilled means that the program was killed and did not say why: by somebody,
// or because the machine ran out of memory.
var ErrKilled = errors.New("the program was killed")

// Made is what became of a video. Its files are names in the folder.
type Made struct {
	Width    int // of the largest rendition, upright
	Height   int
	Duration time.Duration
	AI       bool   // its file said that a machine made it, or the caller knew
	Files    []File // the playlists last, and Master as the last of them
	Poster   string // a JPEG, not safe to serve before it is decoded and encoded
}

// File is one file that is served.
type File struct {
	Name string
	Type string
	Size int64
}

// Names of files that are served.
const (
	Master  = "master.m3u8"
	Preview = "preview.mp4"
)

// Media types of files that are served.
const (
	PlaylistType = "application/vnd.apple.mpegurl"
	MP4Type      = "video/mp4"
)

// TypeOf returns the media type of the file called name, and whether a video
// can have such a file.
func TypeOf(name string) (string, bool) {
	switch name {
	case Master:
		return PlaylistType, true
	case Preview:
		return MP4Type, true
	}
	for i, c := range []byte(name) {
		if c >= '0' && c <= '9' && i < 4 {
			continue
		}
		if i == 0 {
			break
		}
		switch name[i:] {
		case ".m3u8":
			return PlaylistType, true
		case ".mp4":
			return MP4Type, true
		}
		break
	}
	return "", false
}
