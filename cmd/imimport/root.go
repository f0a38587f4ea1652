package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"imimport/reader"
)

const rootLong = `imimport imports accounts from CSV and JSONL files into an app of Tencent Cloud Chat (IM), at the service's
rate limit. Every row ends in exactly one of three files: succeeded, failed, quota_exceeded. A run that stops,
however it stops, goes on where it was.`

const rootExample = `  imimport run --sandbox users.csv
  imimport run users.csv --region singapore --sdkappid 1400000000 --secret-key-file key.txt
  imimport resume users.csv.import`

const (
	groupJobs    = "jobs"
	groupService = "service"
	groupProgram = "program"
)

// newRoot is the command with all its subcommands.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "imimport",
		Short:         "Import accounts from CSV and JSONL files into Tencent Cloud Chat (IM)",
		Long:          rootLong,
		Example:       rootExample,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs, // an unknown command is answered below
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, reader.PublicName(args[0]), args[1:]...)
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error { return a.resolve(cmd, args) },
	}
	root.SetIn(a.stdin)
	root.SetOut(a.out)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(a.flagError)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.writeHelp(cmd) })
	cobra.EnableCommandSorting = false // help has them in the order of their use
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddGroup(&cobra.Group{ID: groupJobs, Title: "Import"}, &cobra.Group{ID: groupService, Title: "The service"},
		&cobra.Group{ID: groupProgram, Title: "This program"})
	var configFile string // read where settings are resolved
	addFlags(root.PersistentFlags(), configRows, &configFile, 0, "")
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupJobs, newRunCommand(a), newResumeCommand(a), newRetryCommand(a), newStatusCommand(a), newCheckCommand(a), newSyncCommand(a))
	add(groupService, newPingCommand(a), newVerifyCommand(a), newCodesCommand(a), newSandboxCommand())
	add(groupProgram, newVersionCommand(), newCompletionCommand())
	root.AddCommand(newManCommand())
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.GroupID = groupProgram
			c.Short = "Help about a command, or about files, pace, display or exports"
			c.Run, c.RunE = nil, a.helpAbout
		}
	}
	completeFlags(root)
	layerFlags(root)
	return root
}

// helpAbout is the help of the command or the topic that is named.
func (a *app) helpAbout(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		if i := slices.IndexFunc(topics, func(t topic) bool { return t.name == args[0] }); i >= 0 {
			return topics[i].write(a, cmd.Root())
		}
	}
	about := cmd.Root()
	for _, name := range args {
		sub, _, err := about.Find([]string{name})
		if err != nil || sub == about {
			return unknownCommand(about, reader.PublicName(name))
		}
		about = sub
	}
	return about.Help()
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("see "+cmd.CommandPath()+" --help", "%s takes no arguments, and there is %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// oneJob takes a job directory, and behind it the job's own inputs.
func oneJob(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage(fmt.Sprintf("it is the input's name with .import, or what --job said: %s users.csv.import", cmd.CommandPath()),
			"%s: no job directory is named", cmd.CommandPath())
	}
	return nil
}
