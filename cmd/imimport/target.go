package main

import (
	"fmt"

	"imimport/pkg/im"
	"imimport/pkg/job"
)

// chooseTarget keeps one of sandbox, region and endpoint: the one set in the highest layer.
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

// overlay puts the settings of this command over the job's own.
func (s *settings) overlay(o *job.Options) error {
	return o.Overlay(&s.options, func(key string) job.Source {
		f := s.flags.Lookup(key)
		switch {
		case f == nil || layerOf(f).from.layer == byDefault: // not a flag of this command, or not set
			return job.NotAsked
		case layerOf(f).from.layer == byFlag:
			return job.Directly
		}
		return job.Around
	})
}

// checkAgain checks the settings of a command that resumes or retries a job.
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
	was, err := job.Status(args[0], voice{})
	if err != nil {
		return err
	}
	return s.stdinOnce(was.Input.Files)
}

// otherTarget is a warning if the environment or config file names another target than the job's. The job's is used.
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
