// Command evaluate measures the engine that recommends on files of who had
// what. It fits feed/recommend on -train, a line for every user:
//
//	user item item …
//
// oldest first where -order is time, and writes to -out for every user the -k
// items it would recommend, best first, in the same form. It chooses its
// parameters on a part that it holds out of -train itself. -test asks how many
// of those items are in a file of the same form. A request looks at every entry
// of the tables; the shop serves with recommend's 10,000, which -effort 0 measures:
// on Gowalla the two were within 0.2 % of each other. -prequential replays events
// `user item ts` in time order instead, predicting each before learning it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

type asked struct {
	train, history, items, out, candidates, order, prequential, test string
	k, effort                                                        int
	seed                                                             uint64
	budget                                                           time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "evaluate:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var a asked
	set := flag.NewFlagSet("evaluate", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&a.train, "train", "", "files to fit on, joined per user: `user item item …`")
	set.StringVar(&a.history, "history", "", "files of what users had when they ask, if more or other than -train")
	set.StringVar(&a.items, "items", "", "JSON file of attributes: {\"item\": [attribute, …]}")
	set.IntVar(&a.k, "k", 50, "items per user")
	set.StringVar(&a.out, "out", "", "file to write; - for the standard output")
	set.StringVar(&a.order, "order", "time", "what the order of a line means: none or time")
	set.StringVar(&a.candidates, "candidates", "", "file of the item ids to rank, and no others")
	set.StringVar(&a.test, "test", "", "files of what users had next: prints recall, NDCG and hits")
	set.StringVar(&a.prequential, "prequential", "", "file of events `user item ts` to replay")
	set.IntVar(&a.effort, "effort", thorough, "table entries looked at per request to -train; 0: the 10,000 of serving, which costs some NDCG")
	set.Uint64Var(&a.seed, "seed", 1, "the same seed gives the same answer")
	set.DurationVar(&a.budget, "budget", 0, "about how long fitting may take; 0: as long as it needs")
	if err := set.Parse(args); err != nil {
		return err
	}
	switch {
	case set.NArg() > 0:
		return fmt.Errorf("unknown argument %q", set.Arg(0))
	case a.k < 1:
		return fmt.Errorf("-k is %d, but must be at least 1", a.k)
	case a.effort < 0:
		return fmt.Errorf("-effort is %d, but must not be negative", a.effort)
	case a.order != "none" && a.order != "time":
		return fmt.Errorf("-order is %q, but must be none or time", a.order)
	case (a.prequential == "") == (a.train == ""):
		return errors.New("give either -train or -prequential")
	}
	began := time.Now()
	defer func() {
		fmt.Fprintf(stderr, "took %.1f s, peak memory %d MB\n", time.Since(began).Seconds(), peak()>>20)
	}()
	log := func(step string) { fmt.Fprintf(stderr, "%7.1f s  %s\n", time.Since(began).Seconds(), step) }
	if a.prequential != "" {
		return replay(ctx, a, stdout, log)
	}
	if a.out == "" && a.test == "" {
		return errors.New("give -out, -test or both")
	}
	return measure(ctx, a, stdout, log)
}

// thorough is an effort that leaves no entry of a table out.
const thorough = 1 << 22

// peak is the most memory this process held, in bytes.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}
