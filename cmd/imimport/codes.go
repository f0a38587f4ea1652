package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

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
run-fatal (the run stops at once, its rows stay unsent).`,
		Example: "  imimport codes\n  imimport codes 70398",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			codes := im.Codes()
			if len(args) == 1 {
				code, err := strconv.Atoi(args[0])
				if err != nil {
					return fmt.Errorf("code %q: must be a number", args[0])
				}
				codes = []im.Code{im.Lookup(code)}
			}
			if asJSON {
				return writeCodesJSON(cmd.OutOrStdout(), codes)
			}
			if len(args) == 1 {
				return writeCode(cmd.OutOrStdout(), codes[0])
			}
			return writeCodes(cmd.OutOrStdout(), codes)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func writeCode(w io.Writer, c im.Code) error {
	_, err := fmt.Fprintf(w, "%d  %s\nmeaning: %s\nremedy:  %s\n", c.Code, c.Class, c.Meaning, c.Remedy)
	return err
}

func writeCodes(w io.Writer, codes []im.Code) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "CODE\tCLASS\tMEANING\tREMEDY")
	for _, c := range codes {
		_, _ = fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", c.Code, c.Class, c.Meaning, c.Remedy)
	}
	return t.Flush()
}

func writeCodesJSON(w io.Writer, codes []im.Code) error {
	type entry struct {
		Code    int    `json:"code"`
		Class   string `json:"class"`
		Meaning string `json:"meaning"`
		Remedy  string `json:"remedy"`
	}
	list := make([]entry, len(codes))
	for i, c := range codes {
		list[i] = entry{c.Code, c.Class.String(), c.Meaning, c.Remedy}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}
