// Command poolsim measures how well feed/pool finds good new posts, in a
// simulated feed: 4,000 posts whose true rates are Beta(1.5, 48.5), 4 million
// impressions in batches of 1,000, about a tenth of the posts alive at once, and
// no post with more than 2 % of a batch. It prints
//
//   - efficiency: engagement gained, 0 as if all were shown alike, 1 as if the
//     rates were known;
//   - discovery: how many of the 5 % that are truly best are among the 5 % shown
//     most;
//   - guaranteed: the share of posts that had their 200 impressions.
//
// Other policies are there to compare with: uniform, greedy (whoever has the most
// engagements), ladder (fixed steps of 300, 3,000 and 12,000 impressions, of each
// the better 30 % go on) and oracle. The same seed gives the same result.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "poolsim:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("poolsim", flag.ContinueOnError)
	flags.SetOutput(out)
	seed := flags.Uint64("seed", 1, "`number` that chance begins with")
	seeds := flags.Int("seeds", 1, "how many seeds to run, from -seed on; prints their mean and worst too")
	which := flags.String("policy", "pool", "who is shown: "+strings.Join(policies, ", ")+" or all")
	asJSON := flags.Bool("json", false, "print one JSON object a line")
	items := flags.Int("items", 4000, "posts")
	impressions := flags.Int("impressions", 4_000_000, "impressions")
	if err := flags.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return nil
		}
		return err
	}
	names := []string{*which}
	if *which == "all" {
		names = policies
	} else if !slices.Contains(policies, *which) {
		return fmt.Errorf("no policy is called %q", *which)
	}
	if *items < 100 || *impressions < 100*(*items) || *seeds < 1 {
		return fmt.Errorf("at least 1 seed, 100 posts and 100 impressions a post")
	}
	p := printer{out: out, json: *asJSON}
	for _, name := range names {
		var all []figures
		for n := range *seeds {
			s := standard(*seed + uint64(n))
			s.Most = min(.5, s.Most*float64(s.Items)/float64(*items)) // fewer posts, more for each
			s.Items, s.Impressions = *items, *impressions
			all = append(all, measure(name, s))
			p.print(all[n])
		}
		if *seeds > 1 {
			p.summary(all)
		}
	}
	return nil
}

type printer struct {
	out    io.Writer
	json   bool
	headed bool
}

const row = "%-8s %6s %10.3f %9.3f %10.3f %7.2f %5.2f\n"

func (p *printer) print(f figures) { p.line(f, fmt.Sprint(f.Seed)) }

func (p *printer) line(f figures, seed string) {
	if p.json {
		_ = json.NewEncoder(p.out).Encode(f)
		return
	}
	if !p.headed {
		fmt.Fprintf(p.out, "%-8s %6s %10s %9s %10s %7s %5s\n", "policy", "seed", "efficiency", "discovery", "guaranteed", "bottom", "gini")
		p.headed = true
	}
	fmt.Fprintf(p.out, row, f.Policy, seed, f.Efficiency, f.Discovery, f.Guaranteed, f.Bottom, f.Gini)
}

// summary prints the mean and the worst of each figure.
func (p *printer) summary(all []figures) {
	if p.json {
		return
	}
	mean, worst := figures{Policy: all[0].Policy}, all[0]
	for _, f := range all {
		n := float64(len(all))
		mean.Efficiency += f.Efficiency / n
		mean.Discovery += f.Discovery / n
		mean.Guaranteed += f.Guaranteed / n
		mean.Bottom += f.Bottom / n
		mean.Gini += f.Gini / n
		worst.Efficiency = min(worst.Efficiency, f.Efficiency)
		worst.Discovery = min(worst.Discovery, f.Discovery)
		worst.Guaranteed = min(worst.Guaranteed, f.Guaranteed)
		worst.Bottom = max(worst.Bottom, f.Bottom)
		worst.Gini = max(worst.Gini, f.Gini)
	}
	p.line(mean, "mean")
	p.line(worst, "worst")
}
