package report

import (
	"fmt"

	"imimport/pkg/fault"
)

// state is the state with the reason in a few words.
func (s Summary) state() string {
	if s.State == "" || s.StopReason == "" {
		return cut(s.State, 40)
	}
	words := stopWords[fault.KindNamed(s.StopReason)]
	if words == "" {
		words = s.StopReason
	}
	return cut(s.State+", "+words, 100)
}

// headline is how the job stands, in a line.
func (s Summary) headline() string {
	r := s.Rows
	if r.Read == 0 {
		return s.state() + ": no row was read"
	}
	of := Counted(r.Read, "row", "rows")
	if s.State == "complete" && r.Succeeded == r.Read {
		return fmt.Sprintf("%s: all %s succeeded", s.state(), of)
	}
	return fmt.Sprintf("%s: %s of %s succeeded", s.state(), Thousands(r.Succeeded), of)
}

// label is a code as people look for it.
func (c CodeRows) label() string {
	switch {
	case c.Code == 0:
		return "no code"
	case c.Code >= 100 && c.Code < 600:
		return fmt.Sprintf("HTTP %d", c.Code)
	}
	return fmt.Sprint(c.Code)
}

// files are the names of the outcome files in the job directory.
func (s Summary) files() [outcomes]string {
	layout := Layout{JSON: s.Settings["format"] == "jsonl"}
	var names [outcomes]string
	for o := range names {
		names[o] = layout.Name(Outcome(o))
	}
	return names
}
