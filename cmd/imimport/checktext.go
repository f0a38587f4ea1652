package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"imimport/pkg/check"
	"imimport/pkg/fault"
	"imimport/pkg/profile"
	"imimport/report"
)

// writeCheck writes the result of a check for people.
func writeCheck(w io.Writer, res *check.Result) error {
	var b strings.Builder
	var files []string
	for _, file := range res.Files {
		files = append(files, spoken(file))
	}
	fmt.Fprintf(&b, "%s: %s\n", strings.Join(files, ", "), dialectText(res))
	for _, notice := range res.Notices {
		fmt.Fprintf(&b, "%s\n", notice)
	}
	b.WriteString(readsText(res.NotSent, res.FirstRow))
	fmt.Fprintf(&b, "%15s  rows in %s\n", report.Thousands(res.Rows), secondsText(res.ElapsedSeconds))
	fmt.Fprintf(&b, "%15s  valid\n", report.Thousands(res.Valid))
	fmt.Fprintf(&b, "%15s  invalid\n", report.Thousands(res.Invalid))
	d := res.Duplicates
	if d.Rows > 0 {
		verb, rule := "repeat", "each is sent, and the later row wins"
		if d.Rows == 1 {
			verb = "repeats"
		}
		if d.Rule == "reject" {
			rule = "the later row is refused"
		}
		fmt.Fprintf(&b, "%15s  %s the UserID of an earlier row, %s in all: %s\n", report.Thousands(d.Rows),
			verb, report.Counted(d.UserIDs, "UserID", "UserIDs"), rule)
	} else {
		fmt.Fprintf(&b, "%15s  repeat the UserID of an earlier row\n", "0")
	}
	fmt.Fprintf(&b, "%15s  that --strict would refuse\n", report.Thousands(res.Warned))
	writeKinds(&b, "Faults: these rows would not be sent", res.Faults)
	writeKinds(&b, "Warnings: these would be sent, but not with --strict", res.Warnings)
	writeDuplicates(&b, d)
	writeCheckEnd(&b, res)
	_, err := io.WriteString(w, b.String())
	return err
}

// readsText says which columns are not sent, and how the first row would be.
func readsText(notSent []string, first *check.Account) string {
	text := ""
	if len(notSent) > 0 {
		text = "Not sent: " + strings.Join(notSent, ", ") + "\n"
	}
	if first != nil {
		text += "The first row: " + accountText(first.UserID, first.Nick, first.FaceURL, first.Profile) + "\n"
	}
	return text + "\n"
}

func accountText(userID, nick, faceURL string, profile map[string]string) string {
	text := fmt.Sprintf("UserID %q, Nick %q, FaceUrl %q", userID, nick, faceURL)
	for _, field := range slices.Sorted(maps.Keys(profile)) {
		text += fmt.Sprintf(", %s %q", field, profile[field])
	}
	return text
}

// spoken is a file's name in a sentence.
func spoken(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// dialectText is how the input was found to be written.
func dialectText(res *check.Result) string {
	parts := []string{strings.ToUpper(res.Format), strings.ToUpper(res.Encoding)}
	if res.Sheet != "" {
		parts[1] = fmt.Sprintf("sheet %q", res.Sheet)
	}
	switch res.Delimiter {
	case "", ",":
	case "\t":
		parts = append(parts, "delimiter tab")
	default:
		parts = append(parts, "delimiter "+res.Delimiter)
	}
	for _, field := range []string{"UserID", "Nick", "FaceUrl"} {
		if name, ok := res.Map[field]; ok && name != "" && name != field {
			parts = append(parts, fmt.Sprintf("%s is %q", field, name))
		} else if !ok || name == "" {
			parts = append(parts, "no "+field)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(res.Map)) {
		if _, ok := profile.Find(field); ok && res.Map[field] != "" {
			parts = append(parts, fmt.Sprintf("%s is %q", field, res.Map[field]))
		}
	}
	return strings.Join(parts, ", ")
}

func writeKinds(b *strings.Builder, title string, kinds []check.Kind) {
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, k := range kinds {
		fmt.Fprintf(b, "%15s  %s\n", report.Thousands(k.Rows), k.Kind)
		for _, e := range k.First {
			fmt.Fprintf(b, "%15s  %s: %s\n", "", rowText(e.File, e.Sheet, e.Line, e.Row), e.Message)
		}
		if more := k.Rows - int64(len(k.First)); more > 0 {
			fmt.Fprintf(b, "%15s  and %s more\n", "", report.Thousands(more))
		}
	}
}

func writeDuplicates(b *strings.Builder, d check.Duplicates) {
	if len(d.First) == 0 {
		return
	}
	fmt.Fprintf(b, "\nDuplicates, the first of them\n")
	for _, dup := range d.First {
		fmt.Fprintf(b, "%15s  %s: the same UserID as %s\n", "", rowText(dup.File, dup.Sheet, dup.Line, dup.Row), rowText(dup.FirstFile, dup.FirstSheet, dup.FirstLine, dup.FirstRow))
	}
}

// rowText names a row by its file and line, or by its number if these are not known.
func rowText(file, sheet string, line, row int64) string {
	if line == 0 {
		return fmt.Sprintf("row %d", row)
	}
	return fault.Place{File: spoken(file), Sheet: sheet, Line: line}.String()
}

func writeCheckEnd(b *strings.Builder, res *check.Result) {
	b.WriteByte('\n')
	if res.PerSecond > 0 {
		fmt.Fprintf(b, "To import %s takes about %s, at %s accounts a second.\n", report.Counted(res.Valid, "row", "rows"),
			secondsText(res.EstimatedSeconds), strings.TrimSuffix(fmt.Sprintf("%.1f", res.PerSecond), ".0"))
	}
	if res.WroteValid != "" {
		fmt.Fprintf(b, "The valid rows are in %s.\n", res.WroteValid)
	}
	if res.WroteInvalid != "" {
		fmt.Fprintf(b, "The invalid rows are in %s.\n", res.WroteInvalid)
	}
}

// secondsText writes seconds in the two largest units that count.
func secondsText(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", seconds)
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", seconds)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d days %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
