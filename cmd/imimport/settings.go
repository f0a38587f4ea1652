package main

import (
	"github.com/spf13/pflag"

	"imimport/pkg/job"
	"imimport/pkg/option"
)

// settings are the flags of the commands that import: a job's options, and what is of this process only.
type settings struct {
	options job.Options
	dir     string // where the job is to be; a flag of run
	only    string // which rows; a flag of retry
	dryRun  bool

	secretKeyFile, userSigFile string

	progress, logLevel, logFormat string
	json, quiet                   bool
	metricsAddr, metricsFile      string

	flags    *pflag.FlagSet
	warnings []string // for the log, once there is one
}

const (
	groupKey   = "group" // a flag's annotation: the heading that help puts it under
	groupShown = job.GroupShown
	groupRows  = "Which rows"

	forRetry option.Set = 1 << 16 // beside those of the table of a job
)

var secretRows = []option.Row[settings]{
	{Key: secretKeyFlag, Group: job.GroupTarget, Suffix: option.AnyFile,
		Text:    "`FILE` with the app's secret key; - is standard input. Or set " + secretKeyVariable + " to the key itself",
		Binding: option.Bind(func(s *settings) *string { return &s.secretKeyFile }, option.Text)},
	{Key: userSigFlag, Group: job.GroupTarget, Suffix: option.AnyFile,
		Text:    "`FILE` with a ready UserSig, where the key may not leave its vault; - is standard input. The environment can hold the UserSig itself: " + userSigVariable,
		Binding: option.Bind(func(s *settings) *string { return &s.userSigFile }, option.Text)},
}

var retryRows = []option.Row[settings]{
	{Key: "only", Group: groupRows, In: forRetry, Text: "`ROWS` is failed, quota or all", Default: "all", Words: []string{"failed", "quota", "all"},
		Binding: option.Bind(func(s *settings) *string { return &s.only }, option.Choice("failed", "quota", "all"))},
}

var directoryRows = []option.Row[settings]{
	{Key: "job", Group: job.GroupDirectory, In: job.ForRun, Text: "`DIR` for the job, new or empty", Default: "the first file's base name with .import", Suffix: option.Directories,
		Binding: option.Bind(func(s *settings) *string { return &s.dir }, option.Text)},
}

var dryRunRow = []option.Row[settings]{
	{Key: "dry-run", Group: job.GroupDirectory, Text: "tell what would be sent and for how long; send nothing",
		Binding: option.BindSwitch(func(s *settings) *bool { return &s.dryRun })},
}

var shownRows = []option.Row[settings]{
	{Key: "progress", Group: groupShown, Default: "auto", Words: []string{"auto", "bar", "plain", "none"},
		Text:    "`KIND` is bar, plain (a line every 30 s), none, or auto: a bar where standard error is a terminal",
		Binding: option.Bind(func(s *settings) *string { return &s.progress }, option.Choice("auto", "bar", "plain", "none"))},
	{Key: "log-level", Group: groupShown, Text: "`LEVEL` is debug, info, warn or error", Default: "info", Words: []string{"debug", "info", "warn", "error"},
		Binding: option.Bind(func(s *settings) *string { return &s.logLevel }, option.Choice("debug", "info", "warn", "error"))},
	{Key: "quiet", Group: groupShown, Text: "say nothing where the exit code is 0",
		Binding: option.BindSwitch(func(s *settings) *bool { return &s.quiet })},
	{Key: logFormatFlag, Group: groupShown, Text: "`FORMAT` of log lines: text or json", Default: "text", Words: []string{"text", "json"},
		Binding: option.Bind(func(s *settings) *string { return &s.logFormat }, option.Choice("text", "json"))},
	{Key: "json", Group: groupShown, In: job.ForJobs, Text: "print the summary as JSON on standard output",
		Binding: option.BindSwitch(func(s *settings) *bool { return &s.json })},
	{Key: "json", Group: groupShown, In: job.ForCheck | job.ForVerify, Text: "print the result as JSON",
		Binding: option.BindSwitch(func(s *settings) *bool { return &s.json })},
	{Key: "metrics-addr", Group: groupShown, In: job.ForJobs, Text: "serve Prometheus metrics at `HOST:PORT`, such as 127.0.0.1:9464",
		Binding: option.Bind(func(s *settings) *string { return &s.metricsAddr }, option.Text)},
	{Key: "metrics-file", Group: groupShown, In: job.ForJobs, Text: "write the metrics to `FILE` for the node exporter, every 15 s and at the end", Suffix: option.AnyFile,
		Binding: option.Bind(func(s *settings) *string { return &s.metricsFile }, option.Text)},
}

// addTargetFlags adds where the rows go.
func (s *settings) addTargetFlags(fs *pflag.FlagSet, command option.Set) {
	s.flags = fs
	addFlags(fs, retryRows, s, command, "")
	addFlags(fs, ofGroup(job.Table(), job.GroupTarget), &s.options, command, "")
	addFlags(fs, secretRows, s, command, "")
}

// addWorkFlags adds how they go, how the files are read, the job's directory, and what is shown.
func (s *settings) addWorkFlags(fs *pflag.FlagSet, command option.Set) {
	addFlags(fs, ofGroup(job.Table(), job.GroupPace), &s.options, command, "")
	addFlags(fs, ofGroup(job.Table(), job.GroupRead), &s.options, command, "")
	addFlags(fs, directoryRows, s, command, "")
	addFlags(fs, ofGroup(job.Table(), job.GroupDirectory), &s.options, command, "")
	addFlags(fs, dryRunRow, s, command, "")
	addFlags(fs, ofGroup(job.Table(), job.GroupShown), &s.options, command, "")
	addFlags(fs, shownRows, s, command, "")
}

// origin is where a flag's value comes from.
func (s *settings) origin(flag string) origin { return layerOf(s.flags.Lookup(flag)).from }
