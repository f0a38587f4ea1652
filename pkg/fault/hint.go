package fault

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// Option is an option of the program by its key, with a value where one is meant.
type Option struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Command is a command of the program: a verb, what it works on, and options.
type Command struct {
	Verb    string
	Args    []string
	Options []Option
	Stdin   string // "", or the file that it reads as standard input
	Text    string // or the whole command, as the program itself has spelled it before
}

// The verbs that libraries name.
const (
	Run    = "run"
	Resume = "resume"
	Retry  = "retry"
	Status = "status"
	Check  = "check"
	Verify = "verify"
	Sync   = "sync"
	Ping   = "ping"
)

// Do is a command of a verb and what it works on.
func Do(verb string, args ...string) Command { return Command{Verb: verb, Args: args} }

// With is the command with one more option.
func (c Command) With(key, value string) Command {
	c.Options = append(c.Options[:len(c.Options):len(c.Options)], Option{key, value})
	return c
}

// Voice is the program that speaks: how it spells options and commands, and which exit code a kind has.
type Voice interface {
	Option(Option) string
	Command(Command) string
	ExitCode(Kind) int
}

// Plain is the voice of no program in particular: keys and verbs as they are.
var Plain Voice = plain{}

type plain struct{}

func (plain) Option(o Option) string {
	return strings.TrimSuffix(o.Key+" "+o.Value, " ")
}

func (p plain) Command(c Command) string {
	if c.Text != "" {
		return c.Text
	}
	words := append([]string{c.Verb}, c.Args...)
	for _, o := range c.Options {
		words = append(words, p.Option(o))
	}
	if c.Stdin != "" {
		words = append(words, "<"+c.Stdin)
	}
	return strings.Join(words, " ")
}

func (plain) ExitCode(k Kind) int { return int(k) }

// Hint says what to do about a fault. The zero Hint says nothing.
type Hint struct {
	format string
	args   []any
}

// Hintf makes a hint. Among args, an [Option], a [Command] and another Hint are spelled by the program's voice
// (verb %s); all else is formatted as by fmt.Sprintf.
func Hintf(format string, args ...any) Hint { return Hint{format, args} }

// IsZero tells whether the hint says nothing.
func (h Hint) IsZero() bool { return h.format == "" }

// String is the hint in the plain voice.
func (h Hint) String() string { return h.Say(Plain) }

// Say is the hint as one program words it.
func (h Hint) Say(v Voice) string {
	if len(h.args) == 0 {
		return h.format
	}
	args := make([]any, len(h.args))
	for i, arg := range h.args {
		switch a := arg.(type) {
		case Option:
			args[i] = v.Option(a)
		case Command:
			args[i] = v.Command(a)
		case Hint:
			args[i] = a.Say(v)
		case Private:
			if args[i] = ""; shows(v) {
				args[i] = Hint(a).Say(v)
			}
		default:
			args[i] = a
		}
	}
	return fmt.Sprintf(h.format, args...)
}

// Translated is the hint with the words that to has for its own. What it names stays.
func (h Hint) Translated(to func(string) string) Hint {
	args := make([]any, len(h.args))
	for i, arg := range h.args {
		switch a := arg.(type) {
		case Hint:
			args[i] = a.Translated(to)
		case Private:
			args[i] = Private(Hint(a).Translated(to))
		case string:
			if args[i] = a; h.format == anyText {
				args[i] = to(a)
			}
		default:
			args[i] = a
		}
	}
	if h.format == "" || h.format == anyText {
		return Hint{h.format, args}
	}
	return Hint{to(h.format), args}
}

// Formats are the formats of the hint and of those inside it, or the words of a [Text]: what [Hint.Translated] asks for.
func (h Hint) Formats() (list []string) {
	h.Translated(func(text string) string {
		list = append(list, text)
		return text
	})
	return list
}

// Private is a part of a hint that shows a value of a row: only a voice that speaks to a person alone says it, which has a
// method Shows that is true.
type Private Hint

func shows(v Voice) bool {
	s, ok := v.(interface{ Shows() bool })
	return ok && s.Shows()
}

const anyText = "%s"

// Text is a hint of fixed words, which may come from outside and hold a percent sign.
func Text(words string) Hint {
	if words == "" {
		return Hint{}
	}
	return Hint{format: anyText, args: []any{words}}
}

// DiskHint is the hint of a file that cannot be opened or written: otherwise, unless it is for the number of open files.
func DiskHint(err error, otherwise Hint) Hint {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return Hintf("connections count as open files: allow more of them (ulimit -n), or lower %s, then go on", Option{Key: "workers"})
	}
	return otherwise
}
