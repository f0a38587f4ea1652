package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/bulk"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/job"
	"imimport/pkg/option"
	"imimport/pkg/syncrun"
	"imimport/pkg/syncstate"
	"imimport/reader"
	"imimport/report"
)

const syncLong = `Send what is new or changed in the files since the last sync, and what failed or met the quota in earlier syncs.

The state in --state knows every account that the service has accepted, with its Nick, FaceUrl and profile. Each sync makes a
job directory below it, of the rows that it sends, and latest leads to the last one; gone.csv in it lists the
accounts that the files do not have any more. A sync that was killed loses nothing: the next one takes up what was
accepted, and sends the rest. A sync that stopped goes on with the same command: resume and retry refuse its job.

A file that shrank by more than --max-shrink against the last sync, or is empty, is refused, and nothing is sent.

--gone delete deletes accounts that are gone, for good. It needs --max-gone. A deleted account cannot be imported
again for three months on paid plans, and deleting has to be enabled there. What became of each is in deleted.csv.

--rebuild makes the state anew: from a finished job's directory, or from the service, which is asked about every
account of the files (account_check, portrait_get).`

const syncExample = `  imimport sync users.csv --state /var/lib/imimport --region china --sdkappid 1400000000 --secret-key-file key.txt
  imimport sync users-*.csv.gz --state state --config imimport.yaml --if-running skip
  imimport sync users.csv --state state --config imimport.yaml --gone delete --max-gone 1%
  imimport sync users.csv --state state --config imimport.yaml --rebuild users.csv.import`

type syncOptions struct {
	settings
	state     string
	keep      int
	shrink    *float64 // percent
	gone      string
	maxGone   option.Bound
	rebuild   string
	ifRunning string
}

func newSyncCommand(a *app) *cobra.Command {
	o := new(syncOptions)
	cmd := &cobra.Command{
		Use:               "sync FILE... --state DIR [flags]",
		Short:             "Send what is new or changed since the last sync",
		Long:              syncLong,
		Example:           syncExample,
		Args:              cobra.ArbitraryArgs, // what is missing is told together
		ValidArgsFunction: completeInputs,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.sync(cmd, o, args) },
	}
	o.addTargetFlags(cmd.Flags(), job.ForSync)
	addFlags(cmd.Flags(), syncRows, o, job.ForSync, "The state")
	o.addWorkFlags(cmd.Flags(), job.ForSync)
	a.checks[cmd] = func(args []string) error { return o.check(a, args) }
	return cmd
}

var syncRows = []option.Row[syncOptions]{
	{Key: "state", Text: "`DIR` of the state and of the jobs; made by the first sync", Suffix: option.Directories,
		Binding: option.Bind(func(o *syncOptions) *string { return &o.state }, option.Text)},
	{Key: "keep", Text: "`N` job directories stay", Default: "14",
		Binding: option.Bind(func(o *syncOptions) *int { return &o.keep }, option.Count(1_000_000))},
	{Key: "max-shrink", Text: "refuse files with fewer rows than at the last sync, by more than `P%`", Default: "10%",
		Binding: option.Bind(func(o *syncOptions) **float64 { return &o.shrink }, option.Percent(false))},
	{Key: "gone", Text: "`ACTION` for accounts that the files do not have any more: list, or delete for good", Default: "list", Words: []string{"list", "delete"},
		Binding: option.Bind(func(o *syncOptions) *string { return &o.gone }, option.Choice("list", "delete"))},
	{Key: "max-gone", Text: "--gone delete: refuse if more than `N` accounts are gone, or N% of those in the state", Default: option.None, Words: []string{"1%", option.None},
		Binding: option.Bind(func(o *syncOptions) *option.Bound { return &o.maxGone }, option.Bounds("accounts"))},
	{Key: "rebuild", Scope: option.Once, Text: "make the state anew from `SOURCE`: a finished job's directory, or service", Suffix: option.AnyFile,
		Binding: option.Bind(func(o *syncOptions) *string { return &o.rebuild }, option.Text)},
	{Key: "if-running", Text: "`ACTION` where another sync works on the state: fail (exit 6) or skip (exit 0)", Default: "fail", Words: []string{"fail", "skip"},
		Binding: option.Bind(func(o *syncOptions) *string { return &o.ifRunning }, option.Choice("fail", "skip"))},
}

func (o *syncOptions) check(a *app, args []string) error {
	var faults []error
	if o.state == "" {
		faults = append(faults, usage("name a directory that stays: imimport sync FILE... --state DIR", "--state: missing"))
	}
	if len(args) == 0 && (o.rebuild == "" || o.rebuild == syncrun.FromService) {
		faults = append(faults, usage("name one or more files", "no file is named"))
	}
	if o.gone == "delete" && !o.maxGone.Set {
		faults = append(faults, usage("say how many accounts may be deleted at the most: --max-gone 100, or --max-gone 1%", "--gone delete needs --max-gone"))
	}
	faults = append(faults, o.settings.check(a, args), o.checkMetricsInputs(args), o.options.Validate())
	if o.options.Target.Sandbox && (o.gone == "delete" || o.rebuild != "") {
		faults = append(faults, usage("to rehearse: start imimport sandbox, and name it with --endpoint", "a sandbox that lives as long as its process has no accounts of earlier syncs"))
	}
	if o.dryRun && o.rebuild != "" {
		faults = append(faults, usage("", "--dry-run and --rebuild: give one of them"))
	}
	return errors.Join(faults...)
}

// binding is the app that the state is about.
func (o *syncOptions) binding() (syncstate.Binding, error) {
	t := o.options.Target
	switch {
	case t.Sandbox:
		return syncstate.Binding{Endpoint: "sandbox"}, nil
	case t.Endpoint != "":
		return syncstate.Binding{Endpoint: t.Endpoint, SDKAppID: t.SDKAppID}, nil
	}
	endpoint, err := im.Region(t.Region)
	return syncstate.Binding{Endpoint: endpoint, SDKAppID: t.SDKAppID}, err
}

func (o *syncOptions) config(args []string, h job.Host) (syncrun.Config, error) {
	var inputs []string
	var err error
	if len(args) > 0 {
		if inputs, err = reader.Expand(args); err != nil {
			return syncrun.Config{}, checkFailure(err)
		}
	}
	binding, err := o.binding()
	if err != nil {
		return syncrun.Config{}, err
	}
	cfg := syncrun.Config{Dir: o.state, Inputs: inputs, Binding: binding, Options: o.options, Host: h, Command: o.again(args), Keep: o.keep, Shrink: -1,
		Delete: o.gone == "delete", MaxGone: o.maxGone, Rebuild: o.rebuild}
	if o.shrink != nil {
		cfg.Shrink = *o.shrink / 100
	}
	cfg.Bulk = bulk.Config{Workers: o.options.Workers, Policy: o.options.Policy(), MaxOutage: o.options.MaxOutage}
	cfg.Client = func(ctx context.Context) (syncrun.Client, error) {
		c, _, err := h.Connect(ctx, o.options, max(o.options.Workers, 50))
		if err != nil {
			return nil, err
		}
		client, ok := c.(syncrun.Client)
		if !ok {
			return nil, usage("", "this target cannot be asked")
		}
		return client, nil
	}
	return cfg, nil
}

func (a *app) sync(cmd *cobra.Command, o *syncOptions, args []string) error {
	if o.dryRun {
		return a.dryRun(cmd, &o.settings, func(ctx context.Context, h job.Host) (any, string, error) {
			cfg, err := o.config(args, h)
			if err != nil {
				return nil, "", err
			}
			p, err := syncrun.DryRun(ctx, cfg)
			return p, fmt.Sprintf("%s; %s; nothing was sent\n", p, takes(p.Send, p.Seconds)), o.busy(a, err)
		})
	}
	return a.work(cmd, &o.settings, o.state, func(ctx context.Context, h job.Host) (report.Summary, error) {
		cfg, err := o.config(args, h)
		if err != nil {
			return report.Summary{}, err
		}
		summary, _, err := syncrun.Run(ctx, cfg)
		return summary, o.busy(a, err)
	})
}

// again is the command that goes on where this one has stopped. What the environment and the config file say, they
// say again; what is of one run only is left out.
func (o *syncOptions) again(args []string) string {
	c := fault.Do(fault.Sync, args...).With("state", o.state)
	if slices.Contains(args, "-") {
		c.Stdin = report.BlankInput
	}
	o.flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "state" && layerOf(f) != nil && !ofOneRun(f) {
			c.Options = append(c.Options, typed(f)...)
		}
	})
	return voice{}.Command(c)
}

// busy makes a second sync end well, where that was asked for.
func (o *syncOptions) busy(a *app, err error) error {
	if o.ifRunning != "skip" || !errors.Is(err, syncrun.ErrBusy) {
		return err
	}
	if a.jsonLog {
		a.logLine(slog.LevelInfo, "skipped: "+err.Error(), slog.String("event", "sync.skipped"))
	} else {
		_, _ = fmt.Fprintf(a.stderr, "imimport: skipped: %s\n", report.Printable(err.Error())) // nobody is left to tell
	}
	return exit(0)
}
