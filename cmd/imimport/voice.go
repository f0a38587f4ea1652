package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"imimport/pkg/fault"
	"imimport/pkg/lang"
)

// voice is how this program spells the options and commands that its packages name, and what its exit codes are.
type voice struct {
	asked *fault.Command // what this process was asked to do; nil: not known
}

var _ fault.Voice = voice{}

// terminal is the voice on a terminal, where somebody sees values of rows who may.
type terminal struct{ voice }

// Shows says so: see [fault.Private].
func (terminal) Shows() bool { return true }

// What stands before the command of a run that was interrupted before it had a job.
const wordStartAgain = "to start it again:"

// What a dry run says of the target.
const (
	wordNotAsked    = "the service was not asked; to ask it whether the target is right:"
	wordSigTooShort = "warning: the UserSig ends %s, and sending would take %s: give one that lasts longer, or the key"
)

// What ping says.
const (
	wordKeyGood     = "key      accepted: key, admin, app and region fit together"
	wordSigMade     = "UserSig  made here, and made anew before it ends"
	wordSigUnknown  = "UserSig  does not say when it ends"
	wordSigOver     = "UserSig  ended %s"
	wordSigEnds     = "UserSig  ends %s, in %s"
	wordClockGood   = "clock    right, to about a second"
	wordClockAhead  = "clock    of this machine is %s ahead of the service's: set it"
	wordClockBehind = "clock    of this machine is %s behind the service's: set it"
	wordLatency     = "latency  %.0f ms, connecting included"
	wordPingNote    = "note     the answer was %d %s"
)

// What codes prints beside the codes, with its Chinese.
const (
	wordCode    = "CODE"
	wordClass   = "CLASS"
	wordMeaning = "MEANING, AND WHAT TO DO"
	oneCode     = "%d  %s\nmeaning: %s\nremedy:  %s\n"
)

var words = lang.Catalogue{
	wordCode:    "错误码",
	wordClass:   "类别",
	wordMeaning: "含义与处理办法",
	oneCode:     "%d  %s\n含义：%s\n处理：%s\n",
}

// language is the one that was asked for, or else the locale's. English of the locale is not asked for.
func (a *app) language(asked lang.Lang) lang.Lang {
	locale := cmp.Or(a.getenv("LC_ALL"), a.getenv("LC_MESSAGES"), a.getenv("LANG"))
	if asked == "" && lang.OfLocale(locale) == lang.Chinese {
		return lang.Chinese
	}
	return asked
}

const exitUsage = 2

// ExitCode is the one place that makes an exit code of a kind.
func (voice) ExitCode(k fault.Kind) int {
	switch k {
	case fault.None:
		return 0
	case fault.Partial:
		return 1
	case fault.Usage:
		return exitUsage
	case fault.Errors:
		return 3
	case fault.Quota:
		return 4
	case fault.Refused:
		return 5
	case fault.Input, fault.Changed, fault.Disk:
		return 6
	case fault.Limit, fault.Duration:
		return 7
	case fault.Unreachable:
		return 8
	case fault.Internal:
		return 70 // EX_SOFTWARE of sysexits.h
	case fault.Interrupted:
		return 130
	case fault.Killed:
		return 137
	}
	panic("no exit code for " + k.String())
}

func (voice) Option(o fault.Option) string {
	if o.Value == "" {
		return "--" + o.Key
	}
	return "--" + o.Key + " " + shellQuote(o.Value)
}

func (v voice) Command(c fault.Command) string {
	if c.Text != "" {
		return c.Text
	}
	if v.asked != nil && c.Verb == fault.Run && slices.Equal(c.Args, []string{"-"}) { // the same, of unpacked rows
		c.Verb, c.Options = v.asked.Verb, slices.Concat(c.Options, v.asked.Options)
	}
	words := []string{"imimport", c.Verb}
	for _, arg := range c.Args {
		if strings.HasPrefix(arg, "-") && arg != "-" {
			arg = "./" + arg // or it would be taken for a flag
		}
		words = append(words, shellQuote(arg))
	}
	for _, o := range c.Options {
		words = append(words, v.Option(o))
	}
	if c.Stdin != "" {
		words = append(words, "<"+shellQuote(c.Stdin))
	}
	return strings.Join(words, " ")
}

// shellQuote makes a word safe to paste into a shell. Plain words stay plain. Of a word that a terminal would not show as it
// is, every other byte is written as a number, which any POSIX shell reads.
func shellQuote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:@%+,"
	switch {
	case word != "" && strings.Trim(word, plain) == "":
		return word
	case utf8.ValidString(word) && !strings.ContainsFunc(word, unicode.IsControl):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for _, c := range []byte(word) {
		if c != '%' && strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	return `"$(printf '` + b.String() + `')"`
}
