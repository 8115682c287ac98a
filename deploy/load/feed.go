package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// feedSize is how much a feed is filled with, and how it is asked.
type feedSize struct {
	Users     int     `json:"users"`
	Posts     int     `json:"posts"`
	Events    int     `json:"events"`
	Followees int     `json:"followees"` // of each user, when following is asked for
	Fit       float64 `json:"fit_s"`     // how long taste may be learned as a whole; 0: not at all
	Rate      int     `json:"rate"`
	Seconds   float64 `json:"seconds"`
	Profile   string  `json:"-"`
	Keep      string  `json:"-"`
}

// feedResult is the last line of a run. CPU is of the serving process alone,
// shared among the answers; Others is the machine's load average beforehand,
// which says how far p99 is the machine's.
type feedResult struct {
	List string `json:"list"`
	feedSize
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	PerS     float64 `json:"requests_per_s"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	CPU      float64 `json:"cpu_ms_per_request"`
	Alone    float64 `json:"cpu_ms_alone"` // of answers asked for one after another
	Answer   int     `json:"bytes_per_answer"`
	filled
	Memory   int64   `json:"rss_mb"`     // after the requests
	Peak     int64   `json:"rss_max_mb"` // ever
	Snapshot int64   `json:"snapshot_mb"`
	Write    float64 `json:"snapshot_s"`
	Restart  float64 `json:"restart_s"` // to the first answer, from the snapshot
	// RestartCPU is how long it computed for that.
	RestartCPU float64 `json:"restart_cpu_s"`
	Others     float64 `json:"load_average"`
}

// filled is what the serving process says once it has its data.
type filled struct {
	Address string  `json:"address,omitempty"`
	Ingest  float64 `json:"ingest_per_s"`
	// IngestCPU is what an event costs, made up included, with all of its garbage.
	IngestCPU float64 `json:"ingest_cpu_us"`
	Fitted    float64 `json:"fitted_s"`
	Bytes     int64   `json:"reported_mb"`
}

func feedLoad(ctx context.Context, list string, args []string) error {
	size, err := feedFlags(list, args)
	if err != nil {
		return err
	}
	out, err := measureFeed(ctx, list, size)
	if err != nil {
		return err
	}
	line, err := json.Marshal(out)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	return nil
}

// measureFeed fills a feed, asks it, keeps it in a file and starts it again
// from there.
func measureFeed(ctx context.Context, list string, size feedSize) (feedResult, error) {
	out := feedResult{List: list, feedSize: size, Others: loadAverage()}
	dir, err := os.MkdirTemp("", "meadow-load-*")
	if err != nil {
		return out, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "snapshot")
	from := ""
	if size.Keep != "" {
		file = size.Keep
		if _, err := os.Stat(file); err == nil {
			from = file
		}
	}
	server, err := startFeed(ctx, size, from)
	if err != nil {
		return out, err
	}
	defer server.stop()
	out.filled = server.filled
	if err := out.drive(ctx, server, list, size); err != nil {
		return out, err
	}
	out.Memory, out.Peak = server.memory()
	var written struct {
		Bytes   int64   `json:"bytes"`
		Seconds float64 `json:"seconds"`
	}
	if err := server.ask("snapshot "+file, &written); err != nil {
		return out, err
	}
	out.Snapshot, out.Write = written.Bytes>>20, round2(written.Seconds)
	server.stop()
	began := time.Now()
	size.Profile = ""
	again, err := startFeed(ctx, size, file)
	if err != nil {
		return out, err
	}
	defer again.stop()
	if err := out.first(again.path(list)); err != nil {
		return out, err
	}
	out.Restart, out.RestartCPU = round2(time.Since(began).Seconds()), round2(again.cpu().Seconds())
	out.Address = ""
	return out, nil
}

func feedFlags(list string, args []string) (feedSize, error) {
	var s feedSize
	fs := flag.NewFlagSet("load "+list, flag.ContinueOnError)
	rate := 800
	if list == "following" {
		rate = 2000
	}
	fs.IntVar(&s.Users, "users", 100_000, "people who did something")
	fs.IntVar(&s.Posts, "posts", 1_000_000, "posts")
	fs.IntVar(&s.Events, "events", 20_000_000, "things they did")
	fs.IntVar(&s.Followees, "followees", 300, "whom each follows, in following")
	fs.Float64Var(&s.Fit, "fit", 0, "seconds to learn taste as a whole; 0: as it comes only")
	fs.IntVar(&s.Rate, "rate", rate, "requests a second")
	fs.Float64Var(&s.Seconds, "seconds", 20, "of requests")
	fs.StringVar(&s.Keep, "keep", "", "keep the snapshot in this file; if it is there already, begin with it instead of filling")
	fs.StringVar(&s.Profile, "profile", "", "write a CPU profile of the serving process to this file")
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	if s.Users < 10 || s.Posts < 10 || s.Events < 0 || s.Followees < 1 || s.Rate < 1 || s.Rate > 20_000 || s.Seconds <= 0 {
		return s, errors.New(list + ": at least 10 users and posts, 1 followee, and 1 to 20000 requests a second")
	}
	return s, nil
}

// feedServer is a process that holds a feed.
type feedServer struct {
	filled
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// startFeed starts this program again, to serve, and waits until it has its
// data: made up, or from a snapshot.
func startFeed(ctx context.Context, size feedSize, snapshot string) (*feedServer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(size)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve-feed", string(spec), snapshot, size.Profile)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &feedServer{cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	if err := s.hear(&s.filled); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *feedServer) path(list string) string {
	return "http://" + s.Address + "/api/v1/load/" + list
}

// hear reads the next line that the process says.
func (s *feedServer) hear(into any) error {
	if !s.lines.Scan() {
		return errors.Join(errors.New("the serving process ended"), s.lines.Err())
	}
	return json.Unmarshal(s.lines.Bytes(), into)
}

func (s *feedServer) ask(what string, into any) error {
	if _, err := io.WriteString(s.in, what+"\n"); err != nil {
		return err
	}
	return s.hear(into)
}

// stop ends the process; a second time it does nothing.
func (s *feedServer) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.in.Close()
	if err := s.cmd.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "load: the serving process:", err)
	}
}

// memory is what the process has resident now, and had at most, in MiB.
func (s *feedServer) memory() (now, most int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "VmRSS:":
			now = kb >> 10
		case "VmHWM:":
			most = kb >> 10
		}
	}
	return now, most
}

// cpu is the time that the process computed.
func (s *feedServer) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond // of USER_HZ, which is 100
}

func loadAverage() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), " ")
	v, _ := strconv.ParseFloat(first, 64)
	return v
}
