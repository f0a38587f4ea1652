// Command bench measures imimport whole, against the sandbox, beside a bare loop of net/http (the floor) and
// vegeta, and prints one table. Run it by .ci/bench/run.
//
// # Decisions
//
// Each subject is a process of its own. Its processor time (user and system) and peak memory are the kernel's figures
// for that process. The sandbox is another process, new for each measurement; its time is not counted, but it slows
// the subject down. All talk HTTP/1.1 over TLS to the loopback address with the same number of connections. The cases
// take turns, because a machine is seldom quiet. Figures are medians over the turns (worst seconds: the worst;
// refusals: the sum).
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

func main() {
	err := dispatch(os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func dispatch(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "sandbox":
			return serveSandbox(args[1:])
		case "loop":
			return attack(args[1:], runLoop)
		case "profile":
			return profile(args[1:])
		case "vegeta":
			return attack(args[1:], runVegeta)
		}
	}
	return measureAll(args)
}

// settings are what the whole measurement goes by.
type settings struct {
	imimport string
	dir      string
	rows     int
	long     int
	repeat   int
	workers  int
	seconds  int
	only     *regexp.Regexp
}

func parse(args []string) (settings, error) {
	var s settings
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&s.imimport, "imimport", "", "`FILE` of the imimport binary")
	f.StringVar(&s.dir, "dir", os.TempDir(), "`DIR` for inputs and jobs")
	f.IntVar(&s.rows, "rows", 200_000, "`N` rows where there is no limit; five times as many in batches")
	f.IntVar(&s.long, "long", 0, "`N` rows of the long runs that show memory, such as 5000000; 0 leaves them out")
	f.IntVar(&s.repeat, "repeat", 3, "`N` turns of each measurement but the long ones")
	f.IntVar(&s.workers, "workers", 64, "`N` requests in flight at once")
	f.IntVar(&s.seconds, "seconds", 20, "`N` seconds of a measurement at 200 requests a second")
	only := f.String("only", "", "`REGEXP` of the cases' names; the bare loop is measured in any case")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	var err error
	if s.only, err = regexp.Compile(*only); err != nil {
		return s, err
	}
	path, err := filepath.Abs(s.imimport)
	s.imimport = path
	return s, err
}

func measureAll(args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	cases := s.cases()
	for turn := range s.repeat {
		for i := range cases {
			c := &cases[i]
			if c.once && turn > 0 || !c.floor && !s.only.MatchString(c.name) {
				continue
			}
			fmt.Fprintf(os.Stderr, "turn %d of %d: %s\n", turn+1, s.repeat, c.name)
			m, err := s.measure(*c)
			if err != nil {
				return fmt.Errorf("measure %s: %w", c.name, err)
			}
			c.measured = append(c.measured, m)
		}
	}
	return writeTable(os.Stdout, s, cases)
}
