package report

import (
	"fmt"
	"strings"
)

// stopWords say why a job stopped, by [Summary.StopReason].
var stopWords = map[string]string{
	"errors":      "too many rows failed",
	"quota":       "the service's quota is met",
	"refused":     "the service refuses this app, admin, key, region or address",
	"input":       "the input cannot be read on",
	"disk":        "the job directory cannot be written",
	"limit":       "the row limit is reached",
	"duration":    "the time limit is reached",
	"interrupted": "interrupted",
}

// state is the state with the reason in a few words.
func (s Summary) state() string {
	switch words, known := stopWords[s.StopReason]; {
	case s.State == "" || s.StopReason == "":
		return cut(s.State, 40)
	case known:
		return s.State + ", " + words
	default:
		return cut(s.State+", "+s.StopReason, 100)
	}
}

// headline is how the job stands in a line.
func (s Summary) headline() string {
	r := s.Rows
	if r.Read == 0 {
		return s.state() + ": no row was read"
	}
	line := fmt.Sprintf("%s: %s of %s succeeded", s.state(), thousands(r.Succeeded), count(r.Read, "row", "rows"))
	if s.State == "complete" && r.Succeeded == r.Read {
		return strings.Replace(line, ": "+thousands(r.Succeeded)+" of ", ": all ", 1)
	}
	return line
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

// outcomeNames are the outcome files in the job directory: JSON lines for an input of JSON lines.
func (s Summary) outcomeNames() [outcomes]string {
	layout := Layout{JSON: s.Settings["format"] == "jsonl"}
	if s.Settings["format"] == "" && len(s.Input.Files) > 0 {
		name := strings.ToLower(s.Input.Files[0])
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
		layout.JSON = strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".json")
	}
	var names [outcomes]string
	for o := range names {
		names[o] = layout.Name(Outcome(o))
	}
	return names
}
