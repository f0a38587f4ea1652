// Command pace holds the program's pace to what is promised of it: in real time, against a server that counts what arrives
// and refuses what is over the limit, and prints one table. It ends with 1 where a bar is missed. Run it by .ci/pace/run.
//
// # Decisions
//
// The server is a process of its own, new for each run, and counts a call when it arrives, after half the round trip and
// what the call is late; what it refuses counts too. All figures but memory and processor time are worked out afterwards
// from the times of arrival ([fold]). Beside the program run its forerunner (-base), vegeta and a loop on
// golang.org/x/time/rate, under the same lateness: they have no bars. A bar holds for each of a case's turns. The machine's
// load is in the table, because a busy one costs rate: it must not cost a refusal.
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
		fmt.Fprintln(os.Stderr, "pace:", err)
		os.Exit(1)
	}
}

func dispatch(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "serve":
			return serve(args[1:])
		case "send":
			return send(args[1:])
		case "busy":
			return beBusy()
		}
	}
	return all(args)
}

// settings are what the whole measurement goes by.
type settings struct {
	imimport, base string
	dir            string
	rows           int
	turns          int
	only           *regexp.Regexp
}

func parse(args []string) (s settings, err error) {
	f := flag.NewFlagSet("pace", flag.ContinueOnError)
	f.StringVar(&s.imimport, "imimport", "", "`FILE` of the program")
	f.StringVar(&s.base, "base", "", "`FILE` of an earlier one, to run beside it")
	f.StringVar(&s.dir, "dir", os.TempDir(), "`DIR` for inputs and jobs")
	f.IntVar(&s.rows, "rows", 4000, "`N` rows of a run")
	f.IntVar(&s.turns, "turns", 5, "`N` turns of the cases that are to be repeated")
	only := f.String("only", "", "`REGEXP` of the cases: show, name and who runs")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if s.only, err = regexp.Compile(*only); err != nil {
		return s, err
	}
	s.imimport, err = filepath.Abs(s.imimport)
	return s, err
}

func all(args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	missed, reference := 0, 0.0
	fmt.Print(head)
	for _, c := range s.cases() {
		if !s.only.MatchString(c.title()) {
			continue
		}
		for range c.turns {
			f, err := s.measure(c)
			if err != nil {
				return fmt.Errorf("measure %s: %w", c.title(), err)
			}
			if c.reference {
				reference = f.cpu
			}
			if reference > 0 {
				f.cpuRatio = f.cpu / reference
			}
			text, n := c.line(f)
			fmt.Print(text)
			missed += n
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d bars are missed", missed)
	}
	return nil
}
