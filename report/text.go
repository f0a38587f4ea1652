package report

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/rivo/uniseg"

	"imimport/pkg/lang"
)

// TextOptions says how WriteText writes. The zero value is plain text of 80 columns.
type TextOptions struct {
	Color bool
	Width int // columns; 0 = 80
	Lines int // 0 = 23: a screen of 24 with the prompt
}

// WriteText writes the summary for people. The first line says how the job stands; the last is the command to type
// next, by itself, if there is one. It fits a screen however many codes there are. Only the job directory and that
// command may be wider, so that both can be copied.
func (s Summary) WriteText(w io.Writer, o TextOptions) error {
	o.Width, o.Lines = cmp.Or(o.Width, 80), cmp.Or(o.Lines, 23)
	t := text{o: o, l: s.Lang}
	if s.State == "complete" && (s.Tolerated || s.SameFailed) { // nothing that was not known
		t.long(t.paint(s.tone(), say(s.Lang, sayDetails, s.headline(), filepath.Join(cut(s.Job, 4096), "report.html"))))
		t.goOn(s)
		_, err := io.WriteString(w, t.b.String())
		return err
	}
	t.long(t.paint(s.tone()+";1", s.headline())) // with its figures at the end, it is never cut
	t.add("")
	t.rows(s.Rows)
	if s.Live != nil {
		t.add("")
		for _, line := range s.Live.text(s.Lang) {
			t.labelled(line[0], line[1])
		}
	}
	end := text{o: o, l: s.Lang} // what stands below the codes, which get the room that is left
	end.figures(s)
	end.files(s)
	end.goOn(s)
	if len(s.ByCode) > 0 {
		t.add("")
		t.codes(s.ByCode, max(3, o.Lines-t.used-end.used-1))
	}
	t.add("")
	t.b.WriteString(end.b.String())
	_, err := io.WriteString(w, t.b.String())
	return err
}

const (
	green, yellow, red, dim = "32", "33", "31", "2"
)

// tone is the colour of the headline.
func (s Summary) tone() string {
	if !s.good() {
		return yellow
	}
	return green
}

type text struct {
	o    TextOptions
	l    lang.Lang
	b    strings.Builder
	used int // lines of the screen
}

func (t *text) add(line string) {
	t.b.WriteString(line + "\n")
	t.used++
}

// long adds a line that may not be cut: the terminal breaks it.
func (t *text) long(line string) {
	t.add(line)
	t.used += max(0, uniseg.StringWidth(line)-1) / t.o.Width
}

func (t *text) paint(color, line string) string {
	if !t.o.Color {
		return line
	}
	return "\x1b[" + color + "m" + line + "\x1b[0m"
}

func (t *text) rows(r Rows) {
	digits := max(len(Thousands(r.Read)), len(Thousands(r.Succeeded)))
	for i, n := range r.byOutcome() {
		line := fmt.Sprintf("  %s %*s  %8s", padded(strings.ToLower(say(t.l, outcomeWords[i].name)), 15), digits, Thousands(n), percent(n, r.Read))
		if n > 0 {
			line = t.paint(outcomeWords[i].color, line)
		}
		t.add(line)
	}
	t.add(fmt.Sprintf("  %s %*s", padded(say(t.l, "read"), 15), digits, Thousands(r.Read)))
}

// codes lists why rows did not succeed, in at most so many lines: each code with its remedy if there is room, else the
// remedies of the codes with the most rows, else only those codes.
func (t *text) codes(list []CodeRows, lines int) {
	lines-- // the heading
	shown, remedies := len(list), len(list)
	switch {
	case 2*shown <= lines:
	case shown <= lines:
		remedies = lines - shown
	default:
		shown = max(1, (lines-1)/2)
		remedies = shown
	}
	spare := max(0, lines-shown-remedies) // for texts that need more than a line
	if shown < len(list) {
		spare = max(0, spare-1)
	}
	digits := len("rows")
	for _, c := range list {
		digits = max(digits, len(Thousands(c.Rows)))
	}
	t.add(fmt.Sprintf("  %s  %s  %s  %s", padded(say(t.l, "code"), 8), padded(say(t.l, "class"), 9), padded(say(t.l, "rows"), -digits), say(t.l, "meaning")))
	for i, c := range list[:shown] {
		meaning, remedy := c.explained(t.l)
		head := fmt.Sprintf("  %s  %-9s  %*s  ", padded(c.label(t.l), 8), fit(cut(c.Class, 40), 9), digits, Thousands(c.Rows))
		spare -= t.hanging(head, cmp.Or(cut(meaning, maxText), "-"), 1+spare)
		for _, k := range c.Kinds[:min(len(c.Kinds), max(0, spare))] {
			t.hanging("            ", k.text(t.l), 1)
			spare--
		}
		if i < remedies && remedy != "" {
			spare -= t.hanging("            "+say(t.l, "do: "), cut(remedy, maxText), 1+spare)
		}
	}
	if left := list[shown:]; len(left) > 0 {
		t.add(fit("  "+say(t.l, sayMoreCodes, numbered(t.l, int64(len(left)), "more code", "more codes"), numbered(t.l, rowsOf(left), "row", "rows")), t.o.Width))
	}
}

// hanging adds a text after a head, with further lines indented to its first. It returns how many further lines it has
// added.
func (t *text) hanging(head, value string, maxLines int) int {
	lines := wrap(value, t.o.Width-uniseg.StringWidth(head), maxLines)
	for i, line := range lines {
		if i > 0 {
			head = strings.Repeat(" ", uniseg.StringWidth(head))
		}
		t.add(head + line)
	}
	return max(0, len(lines)-1)
}

func (t *text) labelled(name, value string) { t.hanging("  "+padded(say(t.l, name), 15)+" ", value, 3) }

func (t *text) figures(s Summary) {
	if f := s.Sync; f.Rows > 0 {
		t.labelled("sync", say(t.l, saySync, numbered(t.l, f.Rows, "row", "rows"), Thousands(f.New), Thousands(f.Changed), Thousands(f.Unchanged),
			Thousands(f.Again), Thousands(f.Invalid), Thousands(f.Gone), Thousands(f.Deleted)))
	}
	elapsed := s.elapsed()
	if s.Runs > 1 {
		elapsed = say(t.l, sayRuns, elapsed, numbered(t.l, int64(s.Runs), "run", "runs"))
	}
	t.labelled("requests", say(t.l, sayRequests, Thousands(s.Requests), elapsed, numbered(t.l, s.Retries, "retry", "retries"), Thousands(s.Throttle)))
	t.rate("rate", s.Rate.Mean, s.Rate.WorstSecond, s.Rate.Limit)
	if p := s.Rate.Profiles; p != nil {
		t.rate("profiles", p.Mean, p.WorstSecond, p.Limit)
	}
}

func (t *text) rate(label string, mean float64, worstSecond int, limit float64) {
	average, worst := PerSecond(mean), Thousands(int64(worstSecond))
	if limit > 0 {
		t.labelled(label, say(t.l, sayRate, average, worst, PerSecond(limit)))
	} else {
		t.labelled(label, say(t.l, sayUnlimited, average, worst))
	}
}

func (t *text) files(s Summary) {
	if s.Job == "" {
		return
	}
	line := "  " + padded(say(t.l, "files in"), 15) + " " + cut(s.Job, 4096) + ": "
	list := strings.Join(append(s.there(), "report.html"), " ")
	if uniseg.StringWidth(line+list) <= t.o.Width {
		t.add(line + list)
		return
	}
	t.long(strings.TrimRight(line, " "))
	t.labelled("", list)
}

// goOn says what stopped the job and how to resume it.
func (t *text) goOn(s Summary) {
	for _, p := range []struct{ name, value string }{{"error", s.Error}, {"hint", s.Hint}} {
		if p.value != "" {
			t.hanging("  "+padded(say(t.l, p.name), 15)+" ", cut(p.value, maxText), 2)
		}
	}
	if s.Next != "" {
		if blanks := Blanks(t.l, s.Next); blanks != "" {
			t.hanging("", blanks, 4)
		}
		t.add(say(t.l, sayToGoOn))
		t.long(cut(s.Next, maxCommand))
	}
}

// padded is a text with spaces behind it to so many columns, or with n below 0 before it to -n.
func padded(text string, n int) string {
	spaces := strings.Repeat(" ", max(0, max(n, -n)-uniseg.StringWidth(text)))
	if n < 0 {
		return spaces + text
	}
	return text + spaces
}
