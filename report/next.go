package report

import (
	"fmt"
	"path"
	"strings"
)

// nextStep is something to do, with the command that does it.
type nextStep struct{ Text, Command string }

// steps say what to do next, the most urgent first.
func (s Summary) steps() []nextStep {
	var steps []nextStep
	next := cut(s.Next, 4096)
	switch {
	case s.State == "running":
		return []nextStep{{Text: "Nothing yet: the job is under way, and this page shows how it stood when it was written."}}
	case s.State == "stopped":
		if s.Hint != "" {
			steps = append(steps, nextStep{Text: sentence(cut(s.Hint, maxText))})
		}
		return append(steps, nextStep{"Go on where it stopped. Rows that have an outcome are not sent again.", next})
	}
	refused, again := s.failedRows()
	if again > 0 && next != "" {
		steps = append(steps, nextStep{fmt.Sprintf("Send %s again that met the quota or a fault that passes.", count(again, "row", "rows")), next})
	}
	if refused > 0 {
		file := s.outcomeNames()[Failed]
		text := fmt.Sprintf("Mend %s in %s: they were refused for what they are. Then import that file into the same target.",
			count(refused, "row", "rows"), file)
		steps = append(steps, nextStep{text, "imimport run " + shellQuote(cut(path.Join(s.Job, file), 4096))})
	}
	if len(steps) == 0 {
		return []nextStep{{Text: "Nothing: every row read was accepted. To ask the service whether the accounts are there:",
			Command: "imimport verify " + shellQuote(cut(s.Job, 4096))}}
	}
	return steps
}

// failedRows tells those that stay refused as they are from those worth sending again.
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

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = capital(s)
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// shellQuote makes a path safe to paste into a shell.
func shellQuote(name string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:@%+,"
	if name != "" && strings.Trim(name, plain) == "" && name[0] != '-' {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// byteText writes a size.
func byteText(n int64) string {
	units := []string{"kB", "MB", "GB", "TB", "PB"}
	if n < 1000 {
		return count(n, "byte", "bytes")
	}
	size, unit := float64(n)/1000, 0
	for size >= 999.95 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
