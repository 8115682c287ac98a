// Command worker is a media worker for tests. Given an argument it does to
// itself what a hostile picture could do, or tells what a picture took.
package main

import (
	"fmt"
	"net"
	"os"
	"strings"

	"meadow/media/mediaworker"
)

func main() {
	if len(os.Args) < 2 {
		os.Exit(mediaworker.Main(os.Stdin, os.Stdout))
	}
	if os.Args[1] == "measure" {
		status := mediaworker.Main(os.Stdin, os.Stdout)
		measure()
		os.Exit(status)
	}
	// Main limits the process for good, whatever became of its picture.
	mediaworker.Main(strings.NewReader("no picture"), os.Stderr)
	switch os.Args[1] {
	case "memory":
		var kept [][]byte
		for range 64 {
			b := make([]byte, 64<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			kept = append(kept, b)
		}
		fmt.Println(len(kept))
	case "time":
		for {
		}
	case "file":
		if err := os.WriteFile(os.Args[2], []byte("x"), 0o600); err != nil {
			fmt.Println(err)
		}
	case "lie":
		fmt.Println(`{"width":1,"height":1,"thumbhash":"x","files":[{"name":"full","width":99999,"height":1,"type":"text/html","size":5}]}`)
		fmt.Println("<script>")
	case "network":
		conn, err := net.Dial("tcp", os.Args[2])
		if err != nil {
			fmt.Println(`{"fault":"sees nobody"}`)
			return
		}
		conn.Close()
		fmt.Println(`{"fault":"sees the network"}`)
	case "environment":
		fmt.Println(`{"fault":"sees ` + strings.Join(os.Environ(), ",") + `"}`)
	}
}

// measure says how much memory this process has held at once, in kB.
func measure() {
	about, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	for line := range strings.Lines(string(about)) {
		if peak, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Fprint(os.Stderr, strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(peak), "kB")))
		}
	}
}
