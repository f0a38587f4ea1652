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

// refusedWords say in two or three words what a service that refuses a run means by its code.
var refusedWords = map[int]string{
	60016: "the app is disabled", 60020: "the app's package has ended", 60021: "this machine's IP is not allowed", 60026: "wrong region",
	70001: "the UserSig has expired", 70003: "malformed UserSig", 70009: "wrong key", 70013: "another admin's UserSig",
	70014: "another app's UserSig", 70020: "no such app",
}

// The sentences of the headline. %s are counts such as "5 rows", but for the first of one that stopped, which says why.
const (
	sayAll       = "complete: all %s succeeded"
	saySome      = "complete: %s of %s succeeded"
	sayNothing   = "complete, nothing to send: %s unchanged"
	sayNoRow     = "complete: no row was read"
	sayTolerated = "complete: %s of %s succeeded; %s failed, which is tolerated"
	saySame      = "complete: %s of %s succeeded; the same %s failed as in the last sync"
	sayDetails   = "%s: see %s" // the headline, where it is all that is said, and the page
	sayRunning   = "running: %s of %s succeeded"
	sayBegun     = "running: no row was read yet"
	sayStopped   = "stopped: %s; %s of %s succeeded"
	sayStoppedAt = "stopped: %s; no row was read"
	sayCode      = "%s (%d)" // why, and the service's code
)

// headline is how the job stands, in a line.
func (s Summary) headline() string {
	done, of := Thousands(s.Rows.Succeeded), numbered(s.Lang, s.Rows.Read, "row", "rows")
	none := s.Rows.Read == 0
	switch {
	case s.State == "stopped" && none:
		return say(s.Lang, sayStoppedAt, s.why())
	case s.State == "stopped":
		return say(s.Lang, sayStopped, s.why(), done, of)
	case s.State == "running" && none:
		return say(s.Lang, sayBegun)
	case s.State == "running":
		return say(s.Lang, sayRunning, done, of)
	case none && s.Sync.Rows > 0:
		return say(s.Lang, sayNothing, Thousands(s.Sync.Unchanged))
	case none:
		return say(s.Lang, sayNoRow)
	case s.Rows.Succeeded == s.Rows.Read:
		return say(s.Lang, sayAll, of)
	case s.Tolerated:
		return say(s.Lang, sayTolerated, done, of, numbered(s.Lang, s.Rows.Failed, "row", "rows"))
	case s.SameFailed:
		return say(s.Lang, saySame, done, of, numbered(s.Lang, s.Rows.Failed, "row", "rows"))
	}
	return say(s.Lang, saySome, done, of)
}

// why is what stopped the job.
func (s Summary) why() string {
	words := stopWords[fault.KindNamed(s.StopReason)]
	if words == "" {
		words = cut(s.StopReason, 100)
	}
	if s.StopCode == 0 {
		return say(s.Lang, words)
	}
	if exact := refusedWords[s.StopCode]; exact != "" {
		words = exact
	}
	return say(s.Lang, sayCode, say(s.Lang, words), s.StopCode)
}

// The figures below the table of rows. Counts stand in them as numbers with their nouns.
const (
	sayRequests   = "%s in %s, %s, %s throttled"
	sayRuns       = "%s (%s)"
	sayRate       = "%s/s on average, worst second %s, limit %s"
	sayUnlimited  = "%s/s on average, worst second %s, no limit"
	saySync       = "%s: %s new, %s changed, %s unchanged, %s again, %s invalid; %s gone, %s deleted"
	sayKind       = "%s: %s, the first in %s"
	sayRowOf      = "%s: row %d"
	sayMedian     = "median; p95 %s, p99 %s"
	sayMoreCodes  = "and %s with %s: see report.html"
	sayToGoOn     = "to go on:"
	sayRetries    = "%s, %s throttled"
	sayAverage    = "on average, limit %s"
	sayBeside     = "on average, worst second %s"
	sayAverageAll = "on average, no limit set"
)

// What is said of a job that is running.
var liveWords = [...]string{"so far", "outage", "throttled", "as of"}

const (
	sayLiveLeft  = "%s of the input, %s rows a second, about %s left"
	sayLiveShare = "%s of the input, %s rows a second"
	sayLiveRate  = "%s rows a second; how much of the input is left is not known"
	sayOutage    = "no good answer since %s"
	sayThrottled = "the service says that it is called too often, since %s"
	sayAsOf      = "%s, as of %s"
)

// What the page says of the next step. Those of rows are for one and for several.
var (
	stepWait   = "Nothing yet: the job is running. This page loads itself anew every 30 seconds; where the time of its figures stays, the process has ended without a word."
	stepResume = "Resume where it stopped. Rows that have an outcome are not sent again."
	stepRetry  = [2]string{"Retry 1 row that met the quota or a temporary fault.", "Retry %s rows that met the quota or a temporary fault."}
	stepFix    = [2]string{"Fix the rejected row in %s, then import it.", "Fix the %[2]s rejected rows in %[1]s, then import it."}
	stepSource = [2]string{"Fix the rejected row in your files, then sync again.", "Fix the %s rejected rows in your files, then sync again."}
	stepNone   = "Nothing: every row read was accepted."
	stepVerify = "Nothing: every row read was accepted. To ask the service whether the accounts are there:"
	stepSynced = "Nothing: the accounts are as the files have them."
	stepEmpty  = "Look at what makes the input: it has no rows."
)

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

// there are the outcome files that have rows in them.
func (s Summary) there() (names []string) {
	for o, name := range s.files() {
		if s.Rows.byOutcome()[o] > 0 {
			names = append(names, name)
		}
	}
	return names
}

// files are the names of the outcome files in the job directory.
func (s Summary) files() (names []string) {
	layout := Layout{JSON: s.Settings["format"] == "jsonl"}
	for o := range Outcome(outcomes) {
		names = append(names, layout.Name(o))
	}
	return names
}
