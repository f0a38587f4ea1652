package report

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"imimport/pkg/lang"
)

const examplesPerCode = 5

// Tally counts settled rows by outcome and code. It is not safe for concurrent use: it belongs to the goroutine that
// settles rows, and a checkpoint keeps a [Tally.Clone].
type Tally struct {
	Succeeded     int64              `json:"succeeded"`
	Failed        int64              `json:"failed"`
	QuotaExceeded int64              `json:"quota_exceeded"`
	Codes         map[CodeKey]*Count `json:"codes"`
}

// CodeKey groups the rows that did not succeed.
type CodeKey struct {
	Code    int
	Class   string
	Command string // as Settled has it
}

// MarshalText makes it a key of a JSON object: "70402 row", "40009 row portrait_set".
func (k CodeKey) MarshalText() ([]byte, error) {
	return bytes.TrimSuffix(fmt.Appendf(nil, "%d %s %s", k.Code, k.Class, k.Command), []byte(" ")), nil
}

// UnmarshalText reads what MarshalText has written.
func (k *CodeKey) UnmarshalText(text []byte) error {
	if n, err := fmt.Sscanf(string(text), "%d %s %s", &k.Code, &k.Class, &k.Command); n < 2 {
		return fmt.Errorf("read code %q: %w", text, err)
	}
	return nil
}

// Count is the number of rows with a code, and the first few of them.
type Count struct {
	Rows     int64     `json:"rows"`
	Examples []Example `json:"examples"`

	Kinds map[string]KindRows `json:"kinds,omitempty"` // of rows that were refused before they were sent
}

// Settled is the number of rows that have an outcome.
func (t *Tally) Settled() int64 { return t.Succeeded + t.Failed + t.QuotaExceeded }

// Add counts a settled row.
func (t *Tally) Add(s *Settled) {
	switch s.Outcome {
	case Succeeded:
		t.Succeeded++
		return
	case Failed:
		t.Failed++
	case QuotaExceeded:
		t.QuotaExceeded++
	}
	if t.Codes == nil {
		t.Codes = map[CodeKey]*Count{}
	}
	key := CodeKey{s.Code, s.Class, s.Command}
	count := t.Codes[key]
	if count == nil {
		count = &Count{}
		t.Codes[key] = count
	}
	count.Rows++
	example := Example{UserID: s.UserID, File: s.File, Sheet: s.Sheet, Line: s.Line, Row: s.Row, Reason: s.Reason}
	if s.Kind != "" {
		if count.Kinds == nil {
			count.Kinds = map[string]KindRows{}
		}
		kind := count.Kinds[s.Kind]
		if kind.Rows == 0 {
			kind = KindRows{Kind: s.Kind, Example: example}
		}
		kind.Rows++
		count.Kinds[s.Kind] = kind
	}
	if len(count.Examples) < examplesPerCode {
		count.Examples = append(count.Examples, example)
	}
}

// Take removes all rows of an outcome, Failed or QuotaExceeded, because they are to be settled again. It returns how
// many they were.
func (t *Tally) Take(o Outcome) int64 {
	counted := &t.Failed
	if o == QuotaExceeded {
		counted = &t.QuotaExceeded
	}
	n := *counted
	*counted = 0
	maps.DeleteFunc(t.Codes, func(key CodeKey, _ *Count) bool { return (key.Class == "quota") == (o == QuotaExceeded) })
	return n
}

// Invalid is the number of rows that failed without being sent.
func (t *Tally) Invalid() (n int64) {
	for key, count := range t.Codes {
		if key.Class == "invalid" {
			n += count.Rows
		}
	}
	return n
}

// Clone is a copy that later calls of Add and Take do not change.
func (t *Tally) Clone() Tally {
	c := *t
	c.Codes = make(map[CodeKey]*Count, len(t.Codes))
	for key, count := range t.Codes {
		copied := *count
		copied.Kinds = maps.Clone(count.Kinds)
		c.Codes[key] = &copied
	}
	return c
}

// ByCode lists the codes, most rows first; explain gives each its meaning and remedy.
func (t *Tally) ByCode(explain func(CodeKey) (meaning, remedy string)) []CodeRows {
	list := make([]CodeRows, 0, len(t.Codes))
	for key, count := range t.Codes {
		meaning, remedy := explain(key)
		c := CodeRows{Code: key.Code, Class: key.Class, Command: key.Command, Rows: count.Rows, Meaning: meaning, Brief: meaning, Remedy: remedy, Examples: count.Examples}
		c.Kinds = slices.SortedFunc(maps.Values(count.Kinds), func(a, b KindRows) int {
			return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Kind, b.Kind))
		})
		for i, k := range c.Kinds {
			c.Meaning += [...]string{": ", "; "}[min(i, 1)] + k.said()
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b CodeRows) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Command, b.Command))
	})
	return list
}

// said is the kind with its rows and its example, as summary.json has it in a meaning: "2 rows no_userid (users.csv:42)".
func (k KindRows) said() string {
	return fmt.Sprintf("%s %s (%s)", Counted(k.Rows, "row", "rows"), k.Kind, k.Example.place())
}

// text is the same for people.
func (k KindRows) text(l lang.Lang) string {
	return say(l, sayKind, cut(k.Kind, 40), numbered(l, k.Rows, "row", "rows"), cut(k.Example.place(), maxText))
}

// explained is what a table says that has the kinds below it: what the code means, and what to do.
func (c CodeRows) explained(l lang.Lang) (meaning, remedy string) {
	if l == lang.Chinese && c.Chinese.Meaning != "" {
		return c.Chinese.Meaning, c.Chinese.Remedy
	}
	return cmp.Or(c.Brief, c.Meaning), c.Remedy
}
