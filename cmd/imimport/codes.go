package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"

	"imimport/pkg/im"
	"imimport/pkg/job"
	"imimport/pkg/lang"
)

const codesLong = `What each answer of the service means, what it does to a run, and what to do about it.

Classes: success; transient (the row is tried again); throttle (the run slows down); re-sign (a new
UserSig is made); row (the row fails); quota (the run stops or goes on, see --on-quota);
run-fatal (the run stops at once, its rows stay unsent). A code that is not in the table fails its row.

100 to 599 are HTTP statuses: where the service did not answer, the _code of a failed row is one.`

func newCodesCommand(a *app) *cobra.Command {
	var asJSON bool
	var o job.Options
	cmd := &cobra.Command{
		Use:     "codes [CODE]",
		Short:   "What each answer of the service means and does",
		Long:    codesLong,
		Example: "  imimport codes\n  imimport codes 70398\n  imimport codes --lang zh\n  imimport codes --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out, l := cmd.OutOrStdout(), a.language(o.Lang)
			if len(args) == 0 {
				entries := codeEntries(im.Codes(), l)
				if asJSON {
					return writeJSON(out, entries)
				}
				return writeCodes(out, entries, l, a.columns(a.stdout))
			}
			number, err := strconv.Atoi(args[0])
			if err != nil {
				return usage("imimport codes lists them all", "code %q: must be a number", args[0])
			}
			entry := codeEntries([]im.Code{lookupCode(number)}, l)[0]
			if asJSON {
				return writeJSON(out, entry)
			}
			_, err = io.WriteString(out, words.Sprintf(l, oneCode, entry.Code, entry.Class, entry.Meaning, entry.Remedy))
			return err
		},
	}
	addSwitch(cmd.Flags(), &asJSON, "json", "print JSON")
	addFlags(cmd.Flags(), ofGroup(job.Table(), job.GroupShown), &o, job.ForRun, "")
	return cmd
}

// codeEntry is a code as it is printed.
type codeEntry struct {
	Code    int    `json:"code"`
	Class   string `json:"class"`
	Meaning string `json:"meaning"`
	Remedy  string `json:"remedy"`
}

func codeEntries(codes []im.Code, l lang.Lang) []codeEntry {
	entries := make([]codeEntry, len(codes))
	for i, c := range codes {
		c = c.In(l)
		entries[i] = codeEntry{c.Code, c.Class.String(), c.Meaning, c.Remedy.Say(voice{})}
	}
	return entries
}

// lookupCode is what stands in _code: a code of the service, or an HTTP status.
func lookupCode(number int) im.Code {
	if number >= 100 && number < 600 {
		return im.OfStatus(number)
	}
	return im.Lookup(number)
}

// writeCodes prints the table: a line of each code with its meaning, and below it what to do.
func writeCodes(w io.Writer, entries []codeEntry, l lang.Lang, columns int) error {
	const indent = 18 // columns before the meaning
	width := min(max(columns, 60), 100) - indent
	var b strings.Builder
	b.WriteString(padded(words.In(l, wordCode), 7) + padded(words.In(l, wordClass), 11) + words.In(l, wordMeaning) + "\n")
	for _, e := range entries {
		head := fmt.Sprintf("%-6d %-10s ", e.Code, e.Class)
		for _, text := range []string{e.Meaning, e.Remedy} {
			if text == "" {
				continue
			}
			for _, line := range wrapText(text, width) {
				b.WriteString(strings.TrimRight(head+line, " ") + "\n")
				head = strings.Repeat(" ", indent)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// padded is a text with spaces behind it to so many columns.
func padded(text string, columns int) string {
	return text + strings.Repeat(" ", max(1, columns-uniseg.StringWidth(text)))
}
