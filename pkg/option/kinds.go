package option

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// None is the word for no limit.
const None = "none"

// Text takes any text.
var Text = Kind[string]{Parse: func(s string) (string, error) { return s, nil }}

// Switch takes true, yes, on, 1 and their opposites.
var Switch = Kind[bool]{Parse: func(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, errors.New("must be true or false")
}}

// Choice takes one of a few words, in any case.
func Choice(words ...string) Kind[string] {
	return Kind[string]{Parse: func(s string) (string, error) {
		if word := strings.ToLower(s); slices.Contains(words, word) {
			return word, nil
		}
		last := len(words) - 1
		if last == 0 {
			return "", fmt.Errorf("must be %s", words[0])
		}
		return "", fmt.Errorf("must be %s or %s", strings.Join(words[:last], ", "), words[last])
	}}
}

// Count takes a whole number from 1 to highest; math.MaxInt32 is no bound.
func Count(highest int) Kind[int] {
	return Kind[int]{Parse: func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		switch {
		case err == nil && n >= 1 && n <= highest:
			return n, nil
		case highest == math.MaxInt32:
			return 0, errors.New("must be a whole number, 1 or more")
		}
		return 0, fmt.Errorf("must be a whole number from 1 to %d", highest)
	}}
}

// Rows takes a number of rows; none is 0.
var Rows = Kind[int64]{Parse: func(s string) (int64, error) {
	if s == None {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, errors.New("must be a number of rows, 1 or more, or none")
	}
	return n, nil
}}

// Duration takes a duration above 0.
var Duration = Kind[time.Duration]{Parse: func(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, errors.New("must be a duration above 0, such as 500ms, 10s or 1h30m")
	}
	return d, nil
}}

// OptionalDuration takes a duration above 0; none is 0.
var OptionalDuration = Kind[time.Duration]{Parse: func(s string) (time.Duration, error) {
	if s == None {
		return 0, nil
	}
	return Duration.Parse(s)
}}

// Percent takes P% or P, from 0 to 100, and below that where below is set. A nil pointer is no value.
func Percent(below bool) Kind[*float64] {
	return Kind[*float64]{Format: func(p *float64) string { return formatPercent(*p) }, Parse: func(s string) (*float64, error) {
		p, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		switch ok := err == nil && p >= 0 && p <= 100; {
		case ok && !(below && p == 100):
			return &p, nil
		case below:
			return nil, errors.New("must be a percentage from 0% to below 100%, such as 2.5%")
		}
		return nil, errors.New("must be a percentage from 0% to 100%")
	}}
}

func formatPercent(p float64) string { return strconv.FormatFloat(p, 'g', -1, 64) + "%" }

// Bound is at most N things, or at most a percentage of all. The zero Bound is none.
type Bound struct {
	Set     bool
	Share   bool // Percent counts, not N
	N       int64
	Percent float64
}

// Bounds takes N, N% or none, of things that have a name.
func Bounds(things string) Kind[Bound] {
	return Kind[Bound]{Format: Bound.String, Parse: func(s string) (Bound, error) {
		if s == None || s == "" {
			return Bound{}, nil
		}
		b, err := ParseBound(s)
		if err != nil {
			return Bound{}, fmt.Errorf("must be a number of %s, a percentage from 0%% to 100%%, or none", things)
		}
		return b, nil
	}}
}

// ParseBound reads N or N%.
func ParseBound(s string) (b Bound, err error) {
	b.Set = true
	if number, ok := strings.CutSuffix(s, "%"); ok {
		b.Share = true
		b.Percent, err = strconv.ParseFloat(number, 64)
	} else {
		b.N, err = strconv.ParseInt(s, 10, 64)
	}
	if err == nil && !(b.N >= 0 && b.Percent >= 0 && b.Percent <= 100) {
		err = strconv.ErrRange
	}
	return b, err
}

// Allows tells whether n of so many things are within the bound.
func (b Bound) Allows(n, of int64) bool {
	switch {
	case !b.Set:
		return true
	case b.Share:
		return float64(n)*100 <= b.Percent*float64(of)
	}
	return n <= b.N
}

// String is the bound as [ParseBound] reads it, "" for none.
func (b Bound) String() string {
	switch {
	case !b.Set:
		return ""
	case b.Share:
		return formatPercent(b.Percent)
	}
	return strconv.FormatInt(b.N, 10)
}

// MarshalText is String.
func (b Bound) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (b *Bound) UnmarshalText(text []byte) (err error) {
	if *b = (Bound{}); len(text) > 0 {
		*b, err = ParseBound(string(text))
	}
	return err
}
