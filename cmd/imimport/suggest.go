package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/fault"
	"imimport/pkg/option"
)

// flagError turns pflag's error into one of ours, with a hint. It repeats flag names only: values may be secret.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	if len(a.args) > 0 && !cmd.HasParent() && !strings.HasPrefix(a.args[0], "-") {
		return unknownCommand(cmd, a.args[0], a.args[1:]...) // its flags are not the root's
	}
	var unknown *pflag.NotExistError
	var syntax *pflag.InvalidSyntaxError
	var missing *pflag.ValueRequiredError
	help := "see " + cmd.CommandPath() + " --help"
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		name, _, _ := strings.Cut(unknown.GetSpecifiedShortnames(), "=")
		return usage(unknownFlagHint(cmd, name, help), "unknown flag -%s", name)
	case errors.As(err, &unknown):
		return usage(unknownFlagHint(cmd, unknown.GetSpecifiedName(), help), "unknown flag --%s", unknown.GetSpecifiedName())
	case errors.As(err, &syntax):
		name, _, _ := strings.Cut(syntax.GetSpecifiedFlag(), "=")
		return usage(unknownFlagHint(cmd, strings.TrimLeft(name, "-"), help), "bad flag syntax %s", name)
	case errors.As(err, &missing):
		hint := help
		if arg, _ := pflag.UnquoteUsage(missing.GetFlag()); arg != "" {
			hint = fmt.Sprintf("--%s %s; %s", missing.GetFlag().Name, arg, help)
		}
		return usage(hint, "--%s needs a value", missing.GetFlag().Name)
	}
	return usage(help, "%w", err)
}

func unknownFlagHint(cmd *cobra.Command, name, help string) string {
	if secretName(name) {
		return secretHint
	}
	var own []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			own = append(own, f.Name)
		}
	})
	if near := option.Nearest(name, own); near != "" {
		return "did you mean --" + near + "?"
	}
	var others []string
	for _, c := range cmd.Root().Commands() {
		if c != cmd && c.IsAvailableCommand() && c.Flags().Lookup(name) != nil {
			others = append(others, c.Name())
		}
	}
	if len(others) > 0 {
		return fmt.Sprintf("--%s is a flag of %s", name, enumerate(others))
	}
	return help
}

// unknownCommand is the error for a first argument that is no command: a misspelt one, or a file.
// given are the arguments behind it.
func unknownCommand(root *cobra.Command, name string, given ...string) error {
	var known []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	switch near := option.Nearest(name, known); {
	case looksLikeInput(name):
		return usage("to import it: "+voice{}.Command(fault.Do(fault.Run, name))+rest(given), "%q is no command", name)
	case near != "":
		return usage("did you mean imimport "+near+"?", "unknown command %q", name)
	}
	slices.Sort(known)
	return usage("the commands are "+enumerate(known), "unknown command %q", name)
}

// rest is the rest of a command line, of a rehearsal where there is none. What may be a secret is not repeated; the name of a
// file or a URL is none.
func rest(given []string) string {
	if len(given) == 0 {
		given = []string{"--sandbox"}
	}
	text := ""
	for _, arg := range given {
		if likeSecret(arg) && !strings.ContainsAny(arg, "/.:=") {
			arg = "VALUE"
		}
		text += " " + shellQuote(arg)
	}
	return text
}

func looksLikeInput(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".zst")
	return slices.ContainsFunc(inputSuffixes, func(s string) bool { return strings.HasSuffix(name, "."+s) })
}

func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
