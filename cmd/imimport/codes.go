package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"imimport/pkg/im"
)

func newCodesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "codes [CODE]",
		Short: "What each answer of the service means and does",
		Long: `What each answer of the service means, what it does to a run, and what to do about it.

Classes: success; transient (the row is tried again); throttle (the run slows down); re-sign (a new
UserSig is made); row (the row fails); quota (the run stops or goes on, see --on-quota);
run-fatal (the run stops at once, its rows stay unsent). A code that is not in the table fails its row.

100 to 599 are HTTP statuses: where the service did not answer, the _code of a failed row is one.`,
		Example: "  imimport codes\n  imimport codes 70398\n  imimport codes --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if len(args) == 0 {
				if asJSON {
					return writeJSON(out, codeEntries(im.Codes()))
				}
				return writeCodes(out, codeEntries(im.Codes()))
			}
			number, err := strconv.Atoi(args[0])
			if err != nil {
				return usage("imimport codes lists them all", "code %q: must be a number", args[0])
			}
			entry := lookupCode(number)
			if asJSON {
				return writeJSON(out, entry)
			}
			_, err = fmt.Fprintf(out, "%d  %s\nmeaning: %s\nremedy:  %s\n", entry.Code, entry.Class, entry.Meaning, entry.Remedy)
			return err
		},
	}
	addSwitch(cmd.Flags(), &asJSON, "json", "print JSON")
	return cmd
}

// codeEntry is a code as it is printed.
type codeEntry struct {
	Code    int    `json:"code"`
	Class   string `json:"class"`
	Meaning string `json:"meaning"`
	Remedy  string `json:"remedy"`
}

func codeEntries(codes []im.Code) []codeEntry {
	entries := make([]codeEntry, len(codes))
	for i, c := range codes {
		entries[i] = codeEntry{c.Code, c.Class.String(), c.Meaning, c.Remedy.Say(voice{})}
	}
	return entries
}

// lookupCode is what stands in _code: a code of the service, or an HTTP status.
func lookupCode(number int) codeEntry {
	if number >= 100 && number < 600 {
		return codeEntry{number, im.ClassTransient.String(), fmt.Sprintf("HTTP status %d instead of an answer", number), im.Lookup(70500).Remedy.Say(voice{})}
	}
	return codeEntries([]im.Code{im.Lookup(number)})[0]
}

// writeCodes prints the table: a line for what a code means and one for what to do, within 80 columns.
func writeCodes(w io.Writer, entries []codeEntry) error {
	const width = 80
	var b strings.Builder
	row := func(head, text string) {
		for i, line := range wrapText(text, width-len(head)) {
			if i > 0 {
				head = strings.Repeat(" ", len(head))
			}
			b.WriteString(head + line + "\n")
		}
	}
	row(fmt.Sprintf("%-6s%-11s", "CODE", "CLASS"), "MEANING, AND WHAT TO DO")
	for _, e := range entries {
		row(fmt.Sprintf("%-6d%-11s", e.Code, e.Class), e.Meaning)
		if e.Remedy != "" {
			row(strings.Repeat(" ", 17)+"- ", e.Remedy)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
