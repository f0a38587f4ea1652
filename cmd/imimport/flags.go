package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/option"
)

// rowFlag makes a flag of a row in a table of options.
type rowFlag[S any] struct {
	row    option.Row[S]
	target *S
	text   string // as help shows it
}

func (f *rowFlag[S]) String() string { return f.text }

// Type tells pflag, and with it the completion, whether the flag is repeatable.
func (f *rowFlag[S]) Type() string {
	if f.row.Repeat {
		return "stringArray"
	}
	return "value"
}

func (f *rowFlag[S]) Set(text string) error {
	err := f.row.Set(f.target, text)
	if err == nil {
		f.text = text
	}
	return err
}

// offer is what completion offers for the flag's value.
func (f *rowFlag[S]) offer() ([]string, option.Suffix) { return f.row.Words, f.row.Suffix }

// addFlags adds the flags of a command, in the table's order. A row that names no command is for all of them.
// title is the heading in the help; "" takes that of each row.
func addFlags[S any](fs *pflag.FlagSet, rows []option.Row[S], target *S, command option.Set, title string) {
	fs.SortFlags = false
	for _, row := range rows {
		if row.In != 0 && !row.In.Has(command) {
			continue
		}
		group := row.Group
		if title != "" {
			group = title
		}
		text := row.Default
		if row.Switch {
			text = "false"
		}
		f := fs.VarPF(&rowFlag[S]{row, target, text}, row.Key, "", row.Text)
		f.Annotations = map[string][]string{groupKey: {group}}
		if row.Switch {
			f.NoOptDefVal = "true"
		}
	}
}

// ofOneRun tells whether a flag is about one run or its display. The command for the next run leaves such flags out.
func ofOneRun(f *pflag.Flag) bool {
	row, ok := layerOf(f).Value.(interface{ once() bool })
	return ok && row.once()
}

func (f *rowFlag[S]) once() bool { return f.row.Scope == option.Once || f.row.Group == groupShown }

// ofGroup are the rows under one heading.
func ofGroup[S any](rows []option.Row[S], group string) (list []option.Row[S]) {
	for _, row := range rows {
		if row.Group == group {
			list = append(list, row)
		}
	}
	return list
}

// addSwitch adds a flag of one command that needs no value.
func addSwitch(fs *pflag.FlagSet, target *bool, name, text string) {
	addFlags(fs, []option.Row[bool]{{Key: name, Group: otherFlags, Text: text, Binding: option.BindSwitch(func(b *bool) *bool { return b })}}, target, 0, "")
}

// completeFlags sets up the completion of every command's flags.
func completeFlags(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if complete := completionOf(f); complete != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails only for an unknown flag or one already set up
			}
		})
	}
	root.ValidArgsFunction = cobra.NoFileCompletions
}

// completionOf is nil if the shell should complete file names.
func completionOf(f *pflag.Flag) cobra.CompletionFunc {
	row, ok := f.Value.(interface {
		offer() ([]string, option.Suffix)
	})
	if !ok {
		if words := sandboxWords[f.Name]; words != nil {
			return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
		}
		return nil
	}
	words, suffix := row.offer()
	directive := cobra.ShellCompDirectiveNoFileComp
	switch {
	case suffix == option.AnyFile:
		return nil
	case suffix == option.Directories:
		directive = cobra.ShellCompDirectiveFilterDirs
	case len(words) > 0 && strings.HasSuffix(words[0], "="):
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return cobra.FixedCompletions(words, directive)
}
