package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"imimport/pkg/fault"
	"imimport/pkg/lang"
)

// The words that stand in tables. Whole sentences are where they are built, headings in report.html.

// stopWords say why a job stopped.
var stopWords = map[fault.Kind]string{
	fault.Usage:       "the settings are wrong",
	fault.Errors:      "too many rows failed",
	fault.Quota:       "the service's quota is met",
	fault.Refused:     "the service refuses this app, admin, key, region or address",
	fault.Unreachable: "the service cannot be reached",
	fault.Input:       "the input cannot be read on",
	fault.Disk:        "the job directory cannot be written",
	fault.Limit:       "the row limit is reached",
	fault.Duration:    "the time limit is reached",
	fault.Interrupted: "interrupted",
	fault.Killed:      "killed",
	fault.Internal:    "a mistake in the program",
}

// The words in a command that stand for what is not kept and has to be given once more.
const (
	BlankKey     = "KEYFILE"
	BlankUserSig = "USERSIGFILE"
	BlankInput   = "INPUT"
	BlankQuery   = "QUERY"
	BlankPlace   = "NEWPLACE"
	BlankRegion  = "REGION"
	BlankApp     = "SDKAPPID"
)

var blankWords = []struct{ word, meaning string }{
	{BlankKey, "KEYFILE stands for a file with the secret key."},
	{BlankUserSig, "USERSIGFILE stands for a file with a UserSig."},
	{BlankInput, "INPUT stands for the input, which came from standard input or a pipe: give it once more."},
	{BlankQuery, "QUERY stands for the query of the URL, which may be secret and is not kept."},
	{BlankPlace, "NEWPLACE stands for the directory where the input is now."},
	{BlankRegion, "REGION stands for the app's data centre."},
	{BlankApp, "SDKAPPID stands for the app's number."},
}

// Blanks says in a language what the words in a command stand for that are to be replaced, "" where there are none.
func Blanks(l lang.Lang, command string) string {
	words := strings.FieldsFunc(command, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var list []string
	for _, b := range blankWords {
		if slices.Contains(words, b.word) {
			list = append(list, say(l, b.meaning))
		}
	}
	return strings.Join(list, " ")
}

// outcomeWords name the rows of [Rows.byOutcome], with the class of style and the colour of the terminal.
var outcomeWords = []struct{ class, name, color, note string }{
	{"ok", "Succeeded", green, "Accepted by the service."},
	{"failed", "Failed", red, "Refused before sending, refused by the service, or out of attempts."},
	{"quota", "Quota exceeded", yellow, "The app was at its account limit."},
	{"unsent", "Not attempted", dim, "Read, and without an outcome yet. Resuming the job sends them."},
}

// attemptWords name what became of an attempt, in the order in which the plot stacks them.
var attemptWords = []struct {
	kind        AttemptKind
	class, name string
}{
	{AttemptOK, "ok", "accepted"},
	{AttemptFailed, "refused", "refused"},
	{AttemptRetry, "retried", "failed for now"},
	{AttemptThrottled, "throttled", "throttled"},
}

// percentileWords name the lines of the plot of response times.
var percentileWords = []struct {
	share       float64
	class, name string
}{{0.5, "p50", "half within"}, {0.95, "p95", "95 of 100 within"}, {0.99, "p99", "99 of 100 within"}}

// eventWords name the marks that begin an event.
var eventWords = map[MarkKind]struct{ what, class string }{
	MarkStart:         {"Run began", "start"},
	MarkStop:          {"Run ended", "stop"},
	MarkKill:          {"Process killed or crashed", "stop"},
	MarkThrottleBegin: {"Throttled", "throttled"},
	MarkOutageBegin:   {"Outage", "outage"},
	MarkQuota:         {"Quota met", "quota"},
}

// state is the state with the reason in a few words.
func (s Summary) state() string {
	if s.State == "" || s.StopReason == "" {
		return cut(say(s.Lang, s.State), 40)
	}
	words := stopWords[fault.KindNamed(s.StopReason)]
	if words == "" {
		words = s.StopReason
	}
	return cut(say(s.Lang, "%s, %s", say(s.Lang, s.State), say(s.Lang, words)), 100)
}

// headline is how the job stands, in a line.
func (s Summary) headline() string {
	r := s.Rows
	if r.Read == 0 {
		return say(s.Lang, "%s: no row was read", s.state())
	}
	of := counted(s.Lang, r.Read, "row", "rows")
	if s.State == "complete" && r.Succeeded == r.Read {
		return say(s.Lang, "%s: all %s succeeded", s.state(), of)
	}
	return say(s.Lang, "%s: %s of %s succeeded", s.state(), Thousands(r.Succeeded), of)
}

// label is a code as people look for it.
func (c CodeRows) label(l lang.Lang) string {
	switch {
	case c.Code == 0:
		return say(l, "no code")
	case c.Code >= 100 && c.Code < 600:
		return fmt.Sprintf("HTTP %d", c.Code)
	}
	return fmt.Sprint(c.Code)
}

// files are the names of the outcome files in the job directory.
func (s Summary) files() (names []string) {
	layout := Layout{JSON: s.Settings["format"] == "jsonl"}
	for o := range Outcome(outcomes) {
		names = append(names, layout.Name(o))
	}
	return names
}
