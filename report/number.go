package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Thousands writes a number as 1,234,567.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// percent is a share with two decimals. It says 0 or 100 only if that is exact.
func percent(part, whole int64) string {
	switch {
	case whole <= 0 || part <= 0:
		return "0%"
	case part >= whole:
		return "100%"
	}
	hundredths := math.Round(float64(part) / float64(whole) * 10_000)
	switch {
	case hundredths < 1:
		return "<0.01%"
	case hundredths >= 10_000:
		return ">99.99%"
	}
	return strconv.FormatFloat(hundredths/100, 'f', 2, 64) + "%"
}

// PerSecond writes a rate: 194.7, 1,235.
func PerSecond(rate float64) string {
	if rate >= 1000 {
		return Thousands(int64(math.Round(rate)))
	}
	return strings.TrimSuffix(strconv.FormatFloat(rate, 'f', 1, 64), ".0")
}

// Span writes a duration: 40 ms, 48.2 s, 12 min 5 s, 7 h 12 min, 3 d 4 h.
func Span(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < time.Minute-50*time.Millisecond:
		return latencyText(d)
	}
	d = d.Round(time.Second)
	parts := func(a time.Duration, aName string, b time.Duration, bName string) string {
		s := Thousands(int64(d/a)) + " " + aName
		if rest := d % a / b; rest > 0 {
			s += " " + strconv.FormatInt(int64(rest), 10) + " " + bName
		}
		return s
	}
	switch {
	case d < time.Hour:
		return parts(time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return parts(time.Hour, "h", time.Minute, "min")
	}
	return parts(24*time.Hour, "d", time.Hour, "h")
}

// latencyText writes a response time, or "-" for none.
func latencyText(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < 10*time.Millisecond:
		return strings.TrimSuffix(strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64), ".0") + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
}

// Counted writes a number with its noun: 1 row, 1,204 rows.
func Counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// ByteText writes a size: 999 bytes, 74.1 MB. A kB is 1,000 bytes.
func ByteText(n int64) string {
	units := []string{"kB", "MB", "GB", "TB", "PB"}
	if n < 1000 {
		return Counted(n, "byte", "bytes")
	}
	size, unit := float64(n)/1000, 0
	for size >= 999.95 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
