package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Commands are the commands that the page offers beside [Summary.Next], as people type them. A step without its
// command is a sentence only.
type Commands struct {
	Import string // imports the file of failed rows
	Verify string // asks the service whether the job's accounts are there
}

// nextStep is something to do, and the command that does it.
type nextStep struct{ Text, Command, Blanks string }

// maxCommand is the most bytes of a command that are shown: room for a path of any length.
const maxCommand = 8192

// steps say what to do next, the most urgent first.
func (s Summary) steps() []nextStep {
	var steps []nextStep
	add := func(text, command string) {
		steps = append(steps, nextStep{text, cut(command, maxCommand), Blanks(s.Lang, command)})
	}
	if s.State == "running" {
		add(say(s.Lang, "Nothing yet: the job is running. This page shows how it stood when it was written."), "")
		return steps
	}
	if s.State == "stopped" {
		if s.Hint != "" {
			add(sentence(cut(s.Hint, maxText)), "")
		}
		add(say(s.Lang, "Resume where it stopped. Rows that have an outcome are not sent again."), s.Next)
		return steps
	}
	refused, again := s.failedRows()
	if again > 0 {
		add(say(s.Lang, "Send %s again. The quota or a temporary fault stopped them.", counted(s.Lang, again, "row", "rows")), s.Next)
	}
	if refused > 0 {
		add(say(s.Lang, "Fix %s in %s: they were refused for their content. Then import that file into the same target.",
			counted(s.Lang, refused, "row", "rows"), s.files()[Failed]), s.Commands.Import)
	}
	switch nothing := say(s.Lang, "Nothing: every row read was accepted."); {
	case len(steps) > 0:
	case s.Commands.Verify == "":
		add(nothing, "")
	default:
		add(nothing+say(s.Lang, " To ask the service whether the accounts are there:"), s.Commands.Verify)
	}
	return steps
}

// failedRows counts the rows that would be refused again, and those worth sending again.
func (s Summary) failedRows() (refused, again int64) {
	for _, c := range s.ByCode {
		switch c.Class {
		case "transient", "quota":
			again += c.Rows
		default:
			refused += c.Rows
		}
	}
	return refused, again
}

// sentence is a text, not empty, with a capital at the start and a full stop at the end.
func sentence(s string) string {
	s = capital(s)
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
