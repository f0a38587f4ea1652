package workbook

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// numberFormat is what a cell's format says of its number, as far as that changes what the number is.
type numberFormat struct {
	date  bool
	zeros int // the digits that a whole number is shown with, at least
}

// builtinFormat is the format of a number that has no code in the workbook: the dates of all languages.
func builtinFormat(id int) numberFormat {
	switch {
	case 14 <= id && id <= 22, 27 <= id && id <= 36, 45 <= id && id <= 47 && id != 46, 50 <= id && id <= 58:
		return numberFormat{date: true}
	}
	return numberFormat{}
}

// parseFormat reads the code of a format: that of its numbers above zero, which stands first.
func parseFormat(code string) (f numberFormat) {
	if strings.EqualFold(code, "general") {
		return f
	}
	whole := true // before the decimal point
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == ';':
			return f
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++ // the next character stands for itself, or is room or filling
		case code[i] == '"':
			i += 1 + max(strings.IndexByte(code[i+1:], '"'), 0)
		case code[i] == '[':
			end := max(strings.IndexByte(code[i:], ']'), 0)
			if in := strings.ToLower(code[i+1 : max(i+1, i+end)]); in != "" && strings.Trim(in, "hms") == "" {
				return numberFormat{} // a time that has passed
			}
			i += end
		case code[i] == '0' && whole:
			f.zeros++
		case code[i] == '.' || c == 'e' && f.zeros > 0:
			whole = false
		case c == 'y' || c == 'm' || c == 'd' || c == 'h' || c == 's':
			f.date = true
		}
	}
	return f
}

const mostDigits = 15 // that a spreadsheet keeps of a number

// number is a number cell as text: the value that is stored, in plain digits if it is whole, or a date. lossy tells that it
// is not what was meant, perhaps: digits were lost, or its zeros are only in its format.
func (f numberFormat) number(stored string, from1904 bool) (text string, lossy bool, err error) {
	digits := strings.TrimPrefix(stored, "-")
	if !isDigits(digits) || f.date || len(digits) > 1 && digits[0] == '0' || stored == "-0" {
		value, err := strconv.ParseFloat(stored, 64)
		if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
			return "", false, fmt.Errorf("a number is not written as one")
		}
		if f.date && value >= 0 && value < dateEnd {
			return date(value, from1904), false, nil
		}
		stored = strconv.FormatFloat(value+0, 'f', -1, 64)
		if digits = strings.TrimPrefix(stored, "-"); !isDigits(digits) {
			return stored, false, nil
		}
	}
	return stored, len(digits) > mostDigits || len(digits) < f.zeros, nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

const (
	dateEnd    = 2958466 // the first day of the year 10000
	daySeconds = 24 * 60 * 60
)

// date is a date or a time of a day as people and machines read it. A spreadsheet counts the days of the year 1900 as if it had
// been a leap year, or begins with 1904.
func date(days float64, from1904 bool) string {
	whole, fraction := math.Modf(days)
	seconds := int(math.Round(fraction * daySeconds))
	day := int(whole) + seconds/daySeconds
	seconds %= daySeconds
	clock := fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if day == 0 && !from1904 {
		return clock
	}
	begin := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		begin = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day < 60:
		begin = begin.AddDate(0, 0, 1)
	}
	text := begin.AddDate(0, 0, day).Format(time.DateOnly)
	if seconds == 0 {
		return text
	}
	return text + " " + clock
}

// isoDate is a date cell that is stored as text: 2001-02-28T00:00:00.
func isoDate(stored string) string {
	day, clock, _ := strings.Cut(strings.TrimSuffix(stored, "Z"), "T")
	if strings.Trim(clock, "0:.") == "" {
		return day
	}
	return day + " " + clock
}
