package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Outage is a time in which no call gets through, given by numbers of calls or by time since the first call.
type Outage struct {
	Calls      Span          `yaml:"calls"`
	From       time.Duration `yaml:"from"`
	For        time.Duration `yaml:"for"`
	Answer     Action        `yaml:"answer"` // KindHTTP 503 if it is zero
	RetryAfter time.Duration `yaml:"retry_after"`
}

// ParseOutage reads the text of an Outage: calls "1000-1200", or times since the first call "5s-15s". An answer
// other than http503 follows: "5s-15s=reset".
func ParseOutage(text string) (Outage, error) {
	var o Outage
	window, answer, ok := strings.Cut(text, "=")
	if ok {
		var err error
		if o.Answer, err = ParseAction(answer); err != nil {
			return o, fmt.Errorf("outage %q: %w", text, err)
		}
	}
	if o.Calls.UnmarshalText([]byte(window)) == nil {
		return o, nil
	}
	from, to, _ := strings.Cut(window, "-")
	begin, err := time.ParseDuration(from)
	end, err2 := time.ParseDuration(to)
	if err != nil || err2 != nil || begin < 0 || end <= begin {
		return o, fmt.Errorf("outage %q: want calls as in 1000-1200, or times as in 5s-15s", text)
	}
	o.Calls, o.From, o.For = Span{}, begin, end-begin
	return o, nil
}

// Span is a range of numbers from 1, both ends included. Last 0 is no end; the zero Span has all numbers.
type Span struct{ First, Last uint64 }

func (s Span) has(n uint64) bool { return n >= s.First && (s.Last == 0 || n <= s.Last) }

// UnmarshalText reads "3", "1-3" or "4-".
func (s *Span) UnmarshalText(text []byte) error {
	first, last, ranged := strings.Cut(strings.TrimSpace(string(text)), "-")
	var err error
	if s.First, err = strconv.ParseUint(first, 10, 64); err == nil && ranged && last != "" {
		s.Last, err = strconv.ParseUint(last, 10, 64)
	} else if !ranged {
		s.Last = s.First
	}
	if err != nil || s.First == 0 || s.Last != 0 && s.Last < s.First {
		return fmt.Errorf("range %q: want a number from 1 on, or two as in 1-3 or 4-", text)
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (s Span) MarshalText() ([]byte, error) {
	text := strconv.FormatUint(max(s.First, 1), 10)
	switch {
	case s.Last == 0:
		text += "-"
	case s.Last != s.First:
		text += "-" + strconv.FormatUint(s.Last, 10)
	}
	return []byte(text), nil
}
