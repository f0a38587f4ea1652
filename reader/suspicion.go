package reader

import "strings"

// isScientific tells whether a text is a number as a spreadsheet shortens it: 1.38001E+10.
func isScientific(s string) bool {
	i := strings.IndexAny(s, "eE")
	if i < 1 || len(s) < i+3 || s[i+1] != '+' && s[i+1] != '-' || !isDigits(s[i+2:]) {
		return false
	}
	whole, fraction, dotted := strings.Cut(strings.Replace(s[:i], ",", ".", 1), ".")
	return isDigits(strings.TrimPrefix(whole, "-")) && (!dotted || isDigits(fraction))
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
