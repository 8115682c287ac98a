package mediavideo

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tools are the programs that do the work, and how they are run.
type tools struct {
	ffmpeg  string
	ffprobe string
	via     []string // what is run in their place, and confines itself before it becomes them
}

// encoders are those of ffmpeg that we cannot do without.
var encoders = []string{"libx264", "aac", "mjpeg"}

// Find looks for what this machine needs in order to take videos. If something
// is not there it returns no Make, and says in words what is missing. via is a
// program, with its first arguments, that calls Main; without one the programs
// are run with fewer limits.
func Find(ctx context.Context, via ...string) (_ Make, missing string) {
	t := &tools{via: via}
	var absent []string
	for _, p := range []struct {
		name string
		to   *string
	}{{"ffmpeg", &t.ffmpeg}, {"ffprobe", &t.ffprobe}} {
		path, err := exec.LookPath(p.name)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			absent = append(absent, p.name)
		}
		*p.to = path
	}
	if len(absent) > 0 {
		return nil, strings.Join(absent, " and ")
	}
	var out bytes.Buffer
	trial := job{program: t.ffmpeg, args: []string{"-hide_banner", "-v", "error", "-encoders"}, dir: "/", cpu: 20, out: &out, time: time.Minute}
	if err := t.run(ctx, trial); err != nil {
		return nil, "an ffmpeg that runs here (" + err.Error() + ")"
	}
	for _, e := range encoders {
		if !strings.Contains(out.String(), " "+e+" ") {
			absent = append(absent, e)
		}
	}
	if len(absent) > 0 {
		return nil, "an ffmpeg with " + strings.Join(absent, " and ")
	}
	return t.make, ""
}
