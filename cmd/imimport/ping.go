package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/report"
)

const pingLong = `Ask the service once whether the target is right: by account_check, for an account that nobody has. Nothing is
imported and nothing is changed.

It tells whether the key, the admin, the app and the region fit together, when the UserSig ends, how far this machine's
clock is off, and how long an answer takes. Where something is wrong, it tells what to mend. The exit codes are those of
a run: 5 where the service refuses the target, 8 where it cannot be reached.`

const pingExample = `  imimport ping --region china --sdkappid 1400000000 --secret-key-file key.txt
  imimport ping --config imimport.yaml --json`

func newPingCommand(a *app) *cobra.Command {
	s := new(settings)
	cmd := &cobra.Command{
		Use:     "ping",
		Short:   "Is the target right? Nothing is imported",
		Long:    pingLong,
		Example: pingExample,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.ping(cmd, s) },
	}
	s.addTargetFlags(cmd.Flags(), job.ForPing)
	addFlags(cmd.Flags(), ofGroup(job.Table(), job.GroupPace), &s.options, job.ForPing, "")
	addSwitch(cmd.Flags(), &s.json, "json", "print the result as JSON")
	a.checks[cmd] = func([]string) error { return s.check(a, nil) }
	return cmd
}

// pong is what ping prints. Its words are in voice.go.
type pong struct {
	OK          bool      `json:"ok"`
	Endpoint    string    `json:"endpoint"`
	SDKAppID    uint64    `json:"sdkappid"`
	Identifier  string    `json:"identifier"`
	Code        int       `json:"code"`
	Class       string    `json:"class"`
	Meaning     string    `json:"meaning"`
	Remedy      string    `json:"remedy"`
	ExitCode    int       `json:"exit_code"`
	LatencyMS   float64   `json:"latency_ms"`
	SkewSeconds *float64  `json:"clock_skew_seconds"` // this machine's clock ahead of the service's; null: not known
	SigEnds     time.Time `json:"usersig_ends,omitzero"`
	SigRenewed  bool      `json:"usersig_renewed"` // by this program, before it ends
}

// prober is the client of a target that can be asked.
type prober interface {
	Probe(ctx context.Context, userID string) im.Probe
}

func (a *app) ping(cmd *cobra.Command, s *settings) error {
	w := a.start(cmd, s, nothingIsSent)
	client, target, err := w.connect(w.signals.ctx, s.options, 1)
	var probe im.Probe
	if err == nil {
		probe, err = ask(w.signals.ctx, client)
	}
	if w.sandbox != nil {
		_ = w.sandbox.Close() // it was in memory
	}
	if err = w.end(err); err != nil {
		return fault.As(fault.Usage, err)
	}
	p := newPong(probe, target)
	if s.json {
		err = writeJSON(a.out, p)
	} else {
		_, err = io.WriteString(a.out, p.text(time.Now()))
	}
	if err != nil || p.OK {
		return err
	}
	f := fault.New(pingKind(probe.Answer), probe.Hint(), "the target does not answer as it should: %w", probe.Cause())
	if s.json {
		a.printError(f)
		return exit(p.ExitCode)
	}
	return f
}

// ask asks for an account that nobody has.
func ask(ctx context.Context, client importer.Client) (im.Probe, error) {
	p, ok := client.(prober)
	if !ok {
		return im.Probe{}, usage("", "this target cannot be asked")
	}
	return p.Probe(ctx, "ping-"+strings.ToLower(rand.Text())[:20]), ctx.Err()
}

func newPong(probe im.Probe, t job.Target) pong {
	kind := pingKind(probe.Answer)
	p := pong{OK: kind == fault.None, Endpoint: t.Endpoint, SDKAppID: t.SDKAppID, Identifier: t.Identifier, Class: probe.Class.String(),
		ExitCode: voice{}.ExitCode(kind), LatencyMS: float64(probe.Latency.Microseconds()) / 1000, SigEnds: probe.Ends, SigRenewed: probe.Renewed}
	if probe.Code != 0 {
		p.Code, p.Meaning = probe.Code, im.Lookup(probe.Code).Meaning
	} else if !p.OK {
		p.Meaning = probe.Cause().Error()
	}
	if p.Code != 0 || !p.OK {
		p.Remedy = probe.Hint().Say(voice{})
	}
	if probe.Dated {
		skew := probe.Skew.Round(100 * time.Millisecond).Seconds()
		p.SkewSeconds = &skew
	}
	return p
}

// pingKind is what an answer says of the target. One that is only about an account or about the rate says that it is right.
func pingKind(a im.Answer) fault.Kind {
	switch {
	case a.HasCode && (a.Class == im.ClassFatal || a.Class == im.ClassResign):
		return fault.Refused
	case a.HasCode && a.Class != im.ClassTransient:
		return fault.None
	case a.Class == im.ClassFatal || a.NoSuchHost || a.HTTPStatus != 0 && a.HTTPStatus < 500 && a.HTTPStatus != 200 && a.HTTPStatus != 408 && a.HTTPStatus != 429:
		return fault.Refused
	}
	return fault.Unreachable
}

// text is the result for people.
func (p pong) text(now time.Time) string {
	lines := []string{
		fmt.Sprintf("target   %s", p.Endpoint),
		fmt.Sprintf("app      %d as %s", p.SDKAppID, p.Identifier),
	}
	if p.OK {
		lines = append(lines, wordKeyGood)
	}
	switch {
	case p.SigRenewed:
		lines = append(lines, wordSigMade)
	case p.SigEnds.IsZero():
		lines = append(lines, wordSigUnknown)
	case p.SigEnds.Before(now):
		lines = append(lines, fmt.Sprintf(wordSigOver, clock(p.SigEnds)))
	default:
		lines = append(lines, fmt.Sprintf(wordSigEnds, clock(p.SigEnds), report.Span(p.SigEnds.Sub(now))))
	}
	if p.SkewSeconds != nil {
		off := time.Duration(*p.SkewSeconds * float64(time.Second))
		switch {
		case off.Abs() < 2*time.Second:
			lines = append(lines, wordClockGood)
		case off > 0:
			lines = append(lines, fmt.Sprintf(wordClockAhead, report.Span(off)))
		default:
			lines = append(lines, fmt.Sprintf(wordClockBehind, report.Span(-off)))
		}
	}
	lines = append(lines, fmt.Sprintf(wordLatency, p.LatencyMS))
	if p.OK && p.Code != 0 {
		lines = append(lines, fmt.Sprintf(wordPingNote, p.Code, p.Meaning))
	}
	text := ""
	for _, line := range lines {
		text += report.Printable(line) + "\n"
	}
	return text
}

func clock(t time.Time) string { return t.Format(dateLayout) }
