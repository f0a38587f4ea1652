package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// rulesJSON is the Rules in /_sandbox/rules. What a request leaves out stays as it is. The fields here are those whose
// values have words, or that say the opposite of the field of Rules.
type rulesJSON struct {
	Rules
	Quota       count            `json:"quota"`
	Limits      map[string]count `json:"limits"`
	RetryAfter  duration         `json:"retry_after"`
	Deletion    bool             `json:"deletion"`
	DeletionBar duration         `json:"deletion_bar"`
}

func (r Rules) toJSON() rulesJSON {
	j := rulesJSON{
		Rules: r, Quota: count(r.Quota), Limits: make(map[string]count), RetryAfter: duration(r.RetryAfter),
		Deletion: !r.NoDeletion, DeletionBar: duration(r.DeletionBar),
	}
	j.Edition, j.Window, j.Faults = r.edition(), r.window(), append([]Fault{}, r.Faults...)
	j.Custom = append([]string{}, r.Custom...)
	for cmd := range commandCount {
		j.Limits[commands[cmd].name] = count(r.limit(cmd))
	}
	return j
}

func (j rulesJSON) rules() Rules {
	r := j.Rules
	r.Quota, r.RetryAfter, r.NoDeletion, r.DeletionBar = int(j.Quota), time.Duration(j.RetryAfter), !j.Deletion, time.Duration(j.DeletionBar)
	r.Limits = make(map[string]int)
	for name, n := range j.Limits {
		r.Limits[name] = int(n)
	}
	return r
}

// patchRules changes the rules, and of the limits only those, that body names. With an error it changes nothing.
func patchRules(r *Rules, body []byte) error {
	j := r.toJSON()
	j.Faults, j.Custom = nil, nil // a list is replaced, not written over element by element
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return fmt.Errorf("read rules: %w", err)
	}
	if j.Faults == nil {
		j.Faults = r.Faults
	}
	if j.Custom == nil {
		j.Custom = r.Custom
	}
	*r = j.rules()
	return nil
}

// words stand for numbers and durations.
var words = map[string]int{"none": None, "default": 0}

// wordFor is the word for v, "" if it has none.
func wordFor[T count | duration](v T) string {
	for word, n := range words {
		if v == T(n) {
			return word
		}
	}
	return ""
}

// count is a number, or "default" (0), or "none" (None).
type count int

// ParseCount reads a limit or a quota: a number from 1 on, "none" or "default".
func ParseCount(text string) (int, error) {
	if n, ok := words[text]; ok {
		return n, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q: want a number from 1 on, none or default", text)
	}
	return n, nil
}

func (n count) MarshalJSON() ([]byte, error) {
	if word := wordFor(n); word != "" {
		return json.Marshal(word)
	}
	return strconv.AppendInt(nil, int64(n), 10), nil
}

func (n *count) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil {
		word = string(text)
	}
	v, err := ParseCount(word)
	*n = count(v)
	return err
}

// duration is a duration, or "default" (0), or "none" (None).
type duration time.Duration

// ParseDuration reads a duration of Rules: "72h", "none" or "default".
func ParseDuration(text string) (time.Duration, error) {
	if n, ok := words[text]; ok {
		return time.Duration(n), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q: want a duration, none or default", text)
	}
	return d, nil
}

func (d duration) MarshalText() ([]byte, error) {
	return []byte(cmp.Or(wordFor(max(d, None)), time.Duration(d).String())), nil
}

func (d *duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	*d = duration(v)
	return err
}
