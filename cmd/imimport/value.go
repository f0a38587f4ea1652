package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// value is a flag's value of any type. What parse says of a text that it refuses follows the flag's name and
// that text: "must be …".
type value[T any] struct {
	target *T
	parse  func(string) (T, error)
	text   string // as help shows it
}

func (v *value[T]) String() string { return v.text }
func (v *value[T]) Type() string   { return "value" }

func (v *value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err != nil {
		return err
	}
	*v.target, v.text = parsed, text
	return nil
}

// define adds a flag. The target keeps its zero value, which is the default, until the flag is set; def is
// what help shows.
func define[T any](fs *pflag.FlagSet, target *T, name, def, usage string, parse func(string) (T, error)) {
	fs.Var(&value[T]{target, parse, def}, name, usage)
}

// defineSwitch adds a flag that needs no value.
func defineSwitch(fs *pflag.FlagSet, target *bool, name, usage string) {
	fs.Var(&value[bool]{target, parseSwitch, "false"}, name, usage)
	fs.Lookup(name).NoOptDefVal = "true"
}

func parseText(s string) (string, error) { return s, nil }

func parseSwitch(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, errors.New("must be true or false")
}

// parseRate reads requests a second; none is below 0, as in job.Options.
func parseRate(s string) (float64, error) {
	if s == "none" {
		return -1, nil
	}
	rate, err := strconv.ParseFloat(s, 64)
	if err != nil || !(rate > 0 && rate <= 1e6) {
		return 0, errors.New("must be a number of requests a second above 0, or none")
	}
	return rate, nil
}

// parsePercent reads 2.5%, or 2.5.
func parsePercent(s string) (*float64, error) {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(percent >= 0 && percent < 100) {
		return nil, errors.New("must be a percentage from 0% to below 100%, such as 2.5%")
	}
	return &percent, nil
}

// parseCount reads whole numbers from 1 to highest.
func parseCount(highest int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		switch {
		case err == nil && n >= 1 && n <= highest:
			return n, nil
		case highest == math.MaxInt32:
			return 0, errors.New("must be a whole number, 1 or more")
		}
		return 0, fmt.Errorf("must be a whole number from 1 to %d", highest)
	}
}

// parseRows reads a number of rows; none is 0.
func parseRows(s string) (int64, error) {
	if s == "none" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, errors.New("must be a number of rows, 1 or more, or none")
	}
	return n, nil
}

// parseMaxErrors keeps N or N% as a job takes it; none is "".
func parseMaxErrors(s string) (string, error) {
	fault := errors.New("must be a number of rows, a percentage from 0% to 100%, or none")
	if s == "none" {
		return "", nil
	}
	if number, ok := strings.CutSuffix(s, "%"); ok {
		percent, err := strconv.ParseFloat(number, 64)
		if err != nil || !(percent >= 0 && percent <= 100) {
			return "", fault
		}
		return s, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err != nil || n < 0 {
		return "", fault
	}
	return s, nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, errors.New("must be a duration above 0, such as 500ms, 10s or 1h30m")
	}
	return d, nil
}

// parseOptionalDuration reads a duration; none is 0.
func parseOptionalDuration(s string) (time.Duration, error) {
	if s == "none" {
		return 0, nil
	}
	return parseDuration(s)
}

func parseAppID(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || n > math.MaxInt64 {
		return 0, errors.New("must be the app's number, such as 1400000000")
	}
	return n, nil
}

// parseChoice reads one of a few words.
func parseChoice(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if word := strings.ToLower(s); slices.Contains(words, word) {
			return word, nil
		}
		last := len(words) - 1
		return "", fmt.Errorf("must be %s or %s", strings.Join(words[:last], ", "), words[last])
	}
}

// parseDelimiter reads one character, or tab.
func parseDelimiter(s string) (string, error) {
	if s == "tab" || s == `\t` || s == "\t" {
		return "tab", nil
	}
	c, size := utf8.DecodeRuneInString(s)
	if s == "" || size != len(s) || c == utf8.RuneError || strings.ContainsRune("\"\r\n", c) {
		return "", errors.New("must be one character, such as , ; or |, or tab")
	}
	return s, nil
}

// rowFields are what a row can give, as --map names them.
var rowFields = []string{"UserID", "Nick", "FaceUrl"}

// mapping is the value of --map, which is repeatable.
type mapping struct{ target *map[string]string }

func (m mapping) String() string { return "" }
func (m mapping) Type() string   { return "stringArray" }

func (m mapping) Set(text string) error {
	name, column, ok := strings.Cut(text, "=")
	i := slices.IndexFunc(rowFields, func(f string) bool { return strings.EqualFold(f, name) })
	if !ok || i < 0 || column == "" {
		return errors.New("must be FIELD=COLUMN, where FIELD is UserID, Nick or FaceUrl")
	}
	if was, twice := (*m.target)[rowFields[i]]; twice && was != column {
		return fmt.Errorf("%s is column %q already", rowFields[i], was)
	}
	if *m.target == nil {
		*m.target = make(map[string]string)
	}
	(*m.target)[rowFields[i]] = column
	return nil
}
