package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/option"
)

// rowFlag is a row of a table of options as a flag: what it sets, and what help and completion say of it.
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

// addFlags adds the rows that a command takes, in their order; a row for no command in particular is for all.
// title is the heading of help, "" for that of each row.
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

// ofOneRun tells whether a flag is about one run, or about what is shown of it: a command that goes on leaves it out.
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

// completeFlags has the flags of every command completed: words, directories, names of files; nothing else.
func completeFlags(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if complete := completionOf(f); complete != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // it fails for a flag that is not there, or done already
			}
		})
	}
	root.ValidArgsFunction = cobra.NoFileCompletions
}

// completionOf is nil for a flag that is no row, such as one of the sandbox, whose values are files or anything.
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
