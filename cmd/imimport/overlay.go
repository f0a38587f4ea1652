package main

import (
	"fmt"
	"reflect"

	"imimport/pkg/im"
	"imimport/pkg/job"
)

// jobFields are the options that can be asked anew of a job that has them, by flag.
var jobFields = []struct {
	flag  string
	field func(*job.Options) any
}{
	{"ca-file", func(o *job.Options) any { return &o.Target.CAFile }},
	{"rate", func(o *job.Options) any { return &o.Rate }},
	{"burst", func(o *job.Options) any { return &o.Burst }},
	{"headroom", func(o *job.Options) any { return &o.Headroom }},
	{"workers", func(o *job.Options) any { return &o.Workers }},
	{"batch", func(o *job.Options) any { return &o.Batch }},
	{"timeout", func(o *job.Options) any { return &o.Timeout }},
	{"max-attempts", func(o *job.Options) any { return &o.MaxAttempts }},
	{"retry-initial", func(o *job.Options) any { return &o.RetryInitial }},
	{"retry-max", func(o *job.Options) any { return &o.RetryMax }},
	{"on-quota", func(o *job.Options) any { return &o.OnQuota }},
	{"max-errors", func(o *job.Options) any { return &o.MaxErrors }},
	{"limit", func(o *job.Options) any { return &o.Limit }},
	{"max-duration", func(o *job.Options) any { return &o.MaxDuration }},
	{"trust-input", func(o *job.Options) any { return &o.TrustInput }},
}

// readFields make the job what it is: only a flag can name them again, and a job refuses what differs.
var readFields = []struct {
	flag  string
	field func(*job.Options) any
}{
	{"format", func(o *job.Options) any { return &o.Format }},
	{"delimiter", func(o *job.Options) any { return &o.Delimiter }},
	{"encoding", func(o *job.Options) any { return &o.Encoding }},
	{"no-header", func(o *job.Options) any { return &o.NoHeader }},
	{"map", func(o *job.Options) any { return &o.Map }},
	{"duplicates", func(o *job.Options) any { return &o.Duplicates }},
	{"strict", func(o *job.Options) any { return &o.Strict }},
	{"trim", func(o *job.Options) any { return &o.Trim }},
}

// overlay puts the settings over those of a job that goes on. The job's own stand over environment and config
// file, so that the command that a stopped run prints does what the run was asked to do; flags stand over them.
func (s *settings) overlay(o *job.Options) error {
	for _, f := range jobFields {
		from := reflect.ValueOf(f.field(&s.options)).Elem()
		to := reflect.ValueOf(f.field(o)).Elem()
		if layer := s.origin(f.flag).layer; layer == byFlag || layer != byDefault && to.IsZero() {
			to.Set(from)
		}
	}
	for _, f := range readFields {
		if s.origin(f.flag).layer == byFlag {
			reflect.ValueOf(f.field(o)).Elem().Set(reflect.ValueOf(f.field(&s.options)).Elem())
		}
	}
	return s.overlayTarget(&o.Target)
}

func (s *settings) overlayTarget(to *job.Target) error {
	from := s.options.Target
	if s.origin("sandbox").layer == byFlag {
		to.Sandbox = from.Sandbox
	}
	switch {
	case s.origin("endpoint").layer == byFlag:
		to.Sandbox, to.Region, to.Endpoint = false, "", from.Endpoint
	case s.origin("region").layer == byFlag:
		endpoint, err := im.Region(from.Region)
		if err != nil {
			return err
		}
		to.Sandbox, to.Region, to.Endpoint = false, from.Region, endpoint
	}
	if s.origin("sdkappid").layer == byFlag {
		to.SDKAppID = from.SDKAppID
	}
	if s.origin("identifier").layer == byFlag {
		to.Identifier = from.Identifier
	}
	return nil
}

// checkAgain looks at what is asked of a job that goes on.
func (s *settings) checkAgain(args []string) error {
	if err := s.chooseTarget(); err != nil {
		return err
	}
	if len(args) == 0 {
		return nil
	}
	if err := s.checkMetricsJob(args); err != nil {
		return err
	}
	if s.secretKeyFile != "-" && s.userSigFile != "-" {
		return nil
	}
	was, err := job.Status(args[0])
	if err != nil {
		return err
	}
	return s.stdinOnce(was.Input.Files)
}

// otherTarget tells of an environment or config file whose target is not the job's: the job's own counts.
func (s *settings) otherTarget(t job.Target) string {
	var places []string
	note := func(flag string, differs bool) {
		if from := s.origin(flag); differs && (from.layer == byEnvironment || from.layer == byConfig) {
			places = append(places, from.place)
		}
	}
	endpoint, err := im.Region(s.options.Target.Region)
	note("region", err == nil && endpoint != t.Endpoint)
	note("endpoint", s.options.Target.Endpoint != "" && s.options.Target.Endpoint != t.Endpoint)
	note("sdkappid", s.options.Target.SDKAppID != t.SDKAppID)
	if t.Sandbox || len(places) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: not where this job goes, and left aside: it goes to %s, app %d", enumerate(places), t.Endpoint, t.SDKAppID)
}
