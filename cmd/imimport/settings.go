package main

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"imimport/pkg/im"
	"imimport/pkg/job"
)

// settings are the flags of the commands that import.
type settings struct {
	options job.Options
	dir     string // --job
	only    string // retry: which rows
	dryRun  bool

	secretKeyFile, userSigFile string

	progress, logLevel, logFormat string
	json                          bool
	metricsAddr, metricsFile      string

	flags    *pflag.FlagSet
	warnings []string // for the log, once there is one
}

const (
	defaultIdentifier = "administrator"
	groupKey          = "group" // a flag's annotation: the heading that help puts it under
	groupShown        = "What is shown"
)

// grouped adds flags under a heading of the help, in the order they are defined.
func grouped(fs *pflag.FlagSet, title string, add func(*pflag.FlagSet)) {
	group := pflag.NewFlagSet(title, pflag.ContinueOnError)
	group.SortFlags, fs.SortFlags = false, false
	add(group)
	group.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{groupKey: {title}}
		fs.AddFlag(f)
	})
}

func (s *settings) addTargetFlags(fs *pflag.FlagSet) {
	s.flags = fs
	t := &s.options.Target
	grouped(fs, "Where the rows go", func(fs *pflag.FlagSet) {
		defineSwitch(fs, &t.Sandbox, "sandbox", "start a sandbox inside this process and import into that: no account, no key needed")
		define(fs, &t.Region, "region", "", "the app's data centre: `NAME` is "+strings.Join(regionNames(), ", "), parseRegion)
		define(fs, &t.Endpoint, "endpoint", "", "instead of a region: https `URL`, or http to a loopback address", parseEndpoint)
		define(fs, &t.CAFile, "ca-file", "", "trust the certificates in this PEM `FILE` too", filepath.Abs)
		define(fs, &t.SDKAppID, "sdkappid", "", "the app's `NUMBER`", parseAppID)
		define(fs, &t.Identifier, "identifier", defaultIdentifier, "`NAME` of the app admin", parseText)
		define(fs, &s.secretKeyFile, secretKeyFlag, "", "`FILE` with the app's secret key, which makes and renews UserSigs; - is standard input. The environment can hold the key itself: "+secretKeyVariable, parseText)
		define(fs, &s.userSigFile, userSigFlag, "", "`FILE` with a ready UserSig, where the key may not leave its vault; - is standard input. The environment can hold the UserSig itself: "+userSigVariable, parseText)
	})
}

func (s *settings) addPaceFlags(fs *pflag.FlagSet) {
	o := &s.options
	grouped(fs, "How they go", func(fs *pflag.FlagSet) {
		define(fs, &o.Rate, "rate", "200; batch: 100", "requests that the service may see in any second, retries included: `N`, or none for no limit", parseRate)
		define(fs, &o.Burst, "burst", "1", "size of the token bucket: `N` requests at once", parseCount(math.MaxInt32))
		define(fs, &o.Headroom, "headroom", "2.5%", "how far the refill stays below the rate, `P%`, so that network jitter cannot lift a second over it", parsePercent)
		define(fs, &o.Workers, "workers", "enough for the rate", "`N` requests in flight at once", parseCount(10_000))
		define(fs, &o.Batch, "batch", "1", "`N` accounts a request; over 1 uses the batch command, 100 at most", parseCount(job.MaxBatch))
		define(fs, &o.Timeout, "timeout", "10s", "`DURATION` of one request at most", parseDuration)
		define(fs, &o.MaxAttempts, "max-attempts", "8", "`N` tries of one row on transient errors", parseCount(math.MaxInt32))
		define(fs, &o.RetryInitial, "retry-initial", "500ms", "first wait before a row is tried again: `DURATION`, doubled each time, with jitter", parseDuration)
		define(fs, &o.RetryMax, "retry-max", "30s", "longest wait before a row is tried again: `DURATION`", parseDuration)
		define(fs, &o.OnQuota, "on-quota", "stop", "`ACTION` when the app's account limit is met: stop or continue", parseChoice("stop", "continue"))
		define(fs, &o.MaxErrors, "max-errors", "none", "stop when more rows than that failed in this run: `N` or N%, which counts from 100 rows on", parseMaxErrors)
		define(fs, &o.Limit, "limit", "none", "stop after `N` rows; resumable", parseRows)
		define(fs, &o.MaxDuration, "max-duration", "none", "stop after a `DURATION`; resumable", parseOptionalDuration)
	})
}

func (s *settings) addReadFlags(fs *pflag.FlagSet) {
	o := &s.options
	grouped(fs, "How the files are read", func(fs *pflag.FlagSet) {
		define(fs, &o.Format, "format", "by name, else by the first bytes", "`NAME` is csv or jsonl", parseChoice("csv", "jsonl"))
		define(fs, &o.Delimiter, "delimiter", "a comma; a tab for .tsv", "`C` between CSV fields: a character such as ; or |, or tab", parseDelimiter)
		define(fs, &o.Encoding, "encoding", "UTF-8, or what a byte order mark says", "`NAME` such as gb18030, gbk, big5, utf-16le", parseText)
		defineSwitch(fs, &o.NoHeader, "no-header", "the columns are UserID, Nick, FaceUrl in this order")
		fs.Var(mapping{&o.Map}, "map", "`FIELD=COLUMN`, such as UserID=uid, for columns with other names; repeatable (default: by name, where case and _ do not matter)")
		define(fs, &o.Duplicates, "duplicates", "last", "the same UserID again: `RULE` last sends both in order, so that the later row wins; reject fails the later row", parseChoice("last", "reject"))
		defineSwitch(fs, &o.Strict, "strict", "refuse what is only warned of")
		defineSwitch(fs, &o.Trim, "trim", "take spaces off both ends of values")
	})
}

func (s *settings) addDisplayFlags(fs *pflag.FlagSet) {
	grouped(fs, groupShown, func(fs *pflag.FlagSet) {
		define(fs, &s.progress, "progress", "auto", "`KIND` is bar, plain (a line every 30 s), none, or auto: a bar where standard error is a terminal", parseChoice("auto", "bar", "plain", "none"))
		define(fs, &s.logLevel, "log-level", "info", "`LEVEL` is debug, info, warn or error", parseChoice("debug", "info", "warn", "error"))
		define(fs, &s.logFormat, "log-format", "text", "`FORMAT` of log lines: text or json", parseChoice("text", "json"))
		defineSwitch(fs, &s.json, "json", "print the summary as JSON on standard output at the end")
		define(fs, &s.metricsAddr, "metrics-addr", "", "serve Prometheus metrics at `HOST:PORT`, such as 127.0.0.1:9464", parseText)
		define(fs, &s.metricsFile, "metrics-file", "", "write the metrics to `FILE` for the node exporter, every 15 s and at the end", parseText)
	})
}

func regionNames() []string {
	var names []string
	for _, r := range im.Regions() {
		names = append(names, r.Name)
	}
	return names
}

func parseRegion(s string) (string, error) {
	if _, err := im.Region(s); err != nil {
		if near := nearest(s, regionNames()); near != "" {
			return "", fmt.Errorf("no such region; did you mean %s?", near)
		}
		return "", fmt.Errorf("must be one of %s", strings.Join(regionNames(), ", "))
	}
	return strings.ToLower(s), nil
}

// unshown is a fault of a value that must not be repeated.
type unshown struct{ error }

func parseEndpoint(s string) (string, error) {
	err := im.CheckEndpoint(s)
	if err == nil {
		return strings.TrimSuffix(s, "/"), nil
	}
	if u, parseErr := url.Parse(s); parseErr != nil || u.User != nil || u.RawQuery != "" {
		return "", unshown{err}
	}
	_, cause, _ := strings.Cut(err.Error(), "\": ")
	return "", errors.New(cause)
}

// origin is where a flag's value comes from.
func (s *settings) origin(flag string) origin { return layerOf(s.flags.Lookup(flag)).from }

// chooseTarget leaves one of sandbox, region and endpoint: the one that the highest layer names.
func (s *settings) chooseTarget() error {
	t := &s.options.Target
	var best origin
	var rivals []string
	for _, flag := range []string{"sandbox", "region", "endpoint"} {
		if flag == "sandbox" && !t.Sandbox {
			continue // --sandbox=false takes back what a lower layer says
		}
		switch from := s.origin(flag); {
		case from.layer > best.layer:
			best, rivals = from, []string{from.place}
		case from.layer == best.layer && from.layer != byDefault:
			rivals = append(rivals, from.place)
		}
	}
	if len(rivals) > 1 {
		return fmt.Errorf("%s: give one of them", enumerate(rivals))
	}
	if s.origin("sandbox").layer < best.layer {
		t.Sandbox = false
	}
	if t.Sandbox || s.origin("region").layer < best.layer {
		t.Region = ""
	}
	if t.Sandbox || s.origin("endpoint").layer < best.layer {
		t.Endpoint = ""
	}
	return nil
}
