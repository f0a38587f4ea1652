package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const completionLong = `Print a script that completes commands, flags, regions, formats, encodings and file names in a shell.

  bash        source <(imimport completion bash)
              for good: imimport completion bash > ~/.local/share/bash-completion/completions/imimport
  zsh         imimport completion zsh > "${fpath[1]}/_imimport"
  fish        imimport completion fish > ~/.config/fish/completions/imimport.fish
  PowerShell  imimport completion powershell | Out-String | Invoke-Expression`

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "A completion script for bash, zsh, fish or powershell",
		Long:      completionLong,
		Example:   "  source <(imimport completion bash)",
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("", "name one shell: %s", strings.Join(shells, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			out, root := cmd.OutOrStdout(), cmd.Root()
			switch args[0] {
			case "bash":
				if _, err := io.WriteString(out, bashShim); err != nil {
					return err
				}
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return usage("the shells are "+enumerate(shells), "shell %q is not known", args[0])
		},
	}
}

// plainUsages takes the quotes that mark a flag's value out of what completions show.
func plainUsages(root *cobra.Command) {
	for _, c := range append(root.Commands(), root) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	}
}

// inputSuffixes are those of files that hold rows, compressed or not.
var inputSuffixes = []string{"csv", "tsv", "jsonl", "ndjson", "json"}

func completeInputs(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return append([]string{"gz", "zst"}, inputSuffixes...), cobra.ShellCompDirectiveFilterFileExt
}

func completeJobs(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}
