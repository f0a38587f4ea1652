package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
)

// check checks the target's settings of a new job, before anything is read or sent.
func (s *settings) check(a *app, inputs []string) error {
	if err := s.chooseTarget(); err != nil {
		return err
	}
	s.options.Lang = a.language(s.options.Lang)
	t := s.options.Target
	if t.Sandbox {
		return nil
	}
	var faults []error
	if t.Region == "" && t.Endpoint == "" && s.origin("region").layer == byDefault && s.origin("endpoint").layer == byDefault {
		faults = append(faults, usage("--region is the app's data centre, as its console shows it; --sandbox is a rehearsal on this machine",
			"nothing says where the rows go: --sandbox, --region or --endpoint"))
	}
	if s.origin("sdkappid").layer == byDefault {
		faults = append(faults, usage("the number stands beside the app's name in the console", "--sdkappid: missing"))
	}
	if err := s.stdinOnce(inputs); err != nil {
		return errors.Join(append(faults, err)...)
	}
	found, err := s.secrets(a)
	if err != nil {
		faults = append(faults, err)
	}
	a.secrets = &found
	if t.CAFile != "" {
		if _, err := os.Stat(t.CAFile); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.origin("ca-file").place, err))
		}
	}
	return errors.Join(faults...)
}

// stdinOnce refuses to read two things from standard input.
func (s *settings) stdinOnce(inputs []string) error {
	var uses []string
	for _, name := range inputs {
		if name == "-" {
			uses = append(uses, "the rows")
		}
	}
	if s.secretKeyFile == "-" {
		uses = append(uses, "the secret key")
	}
	if s.userSigFile == "-" {
		uses = append(uses, "the UserSig")
	}
	if len(uses) > 1 {
		return usage("put the secret into a file or into "+secretKeyVariable, "standard input cannot give both %s", enumerate(uses))
	}
	return nil
}

// connect makes the client of a job. A signal ends it also while it waits for a certificate or a secret from a pipe whose
// writer stalls: nothing ends such a read, and it is left to end with the process.
func (w *work) connect(ctx context.Context, o job.Options, connections int) (importer.Client, job.Target, error) {
	type result struct {
		client importer.Client
		target job.Target
		err    error
	}
	done := make(chan result, 1)
	go func() { // ends with its reads
		var r result
		if panicked := fault.Guard(func() { r.client, r.target, r.err = w.dial(o, connections) }); panicked != nil {
			r.err = panicked
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.client, r.target, r.err
	case <-w.signals.stop:
	case <-ctx.Done():
	}
	return nil, o.Target, fault.New(fault.Interrupted, fault.Hint{}, "interrupted")
}

// dial is the only place where the secrets leave this package.
func (w *work) dial(o job.Options, connections int) (importer.Client, job.Target, error) {
	spareProcessors(o.RequestRate())
	t := o.Target
	if t.Identifier == "" {
		t.Identifier = job.DefaultIdentifier
	}
	if t.Sandbox {
		return w.connectSandbox(t, o, connections)
	}
	if t.Endpoint == "" {
		var err error
		if t.Endpoint, err = im.Region(t.Region); err != nil {
			return nil, t, usage("", "%w", err)
		}
	}
	if w.app.secrets == nil { // a resumed job: only now do we know that it needs them
		found, err := w.settings.secrets(w.app)
		if text := w.settings.otherTarget(t); text != "" {
			w.settings.warnings = append(w.settings.warnings, text)
		}
		w.warn()
		if err != nil {
			return nil, t, err
		}
		w.app.secrets = &found
	}
	client, err := im.New(im.Config{Endpoint: t.Endpoint, SDKAppID: t.SDKAppID, Identifier: t.Identifier, CAFile: t.CAFile,
		SecretKey: w.app.secrets.key, UserSig: w.app.secrets.userSig, Timeout: o.Timeout, Connections: connections, PerCall: o.Batch})
	if err != nil {
		return nil, t, err
	}
	return client, t, nil
}

// connectSandbox starts a sandbox that lives as long as the work, of an app that has set up the profile fields that are mapped. Its accounts go with it.
func (w *work) connectSandbox(t job.Target, o job.Options, connections int) (importer.Client, job.Target, error) {
	running, err := sandbox.Start(sandbox.Config{SDKAppID: t.SDKAppID, Admins: []string{t.Identifier}, Rules: sandbox.Rules{Custom: o.CustomFields()}})
	if err != nil {
		return nil, t, err
	}
	w.sandbox = running
	t.Endpoint, t.SDKAppID = running.URL(), running.SDKAppID
	client, err := im.New(im.Config{Endpoint: t.Endpoint, SDKAppID: t.SDKAppID, Identifier: t.Identifier, CAPEM: running.CAPEM(),
		SecretKey: running.SecretKey, Timeout: o.Timeout, Connections: connections, PerCall: o.Batch})
	if err != nil {
		return nil, t, err
	}
	return client, t, nil
}

// spareMemory limits the heap, so that the whole process stays below 64 MB with a thousand calls in flight. Where more may
// be, there is more room, for at the limit the collector runs without end; but less of it for garbage: with 10,000 workers
// and no rate limit it took 415 MB, and 95 to 160 MB so, in less time. The user's own GOMEMLIMIT stands.
func spareMemory(connections int) {
	const (
		usual   = 50 << 20
		thought = 2 * 1000 // connections in it: of two commands, which are never in flight all at once
		each    = 40 << 10 // of a connection: buffers, stacks, and a call
	)
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(usual + each*int64(max(0, connections-thought)))
	if connections > thought {
		debug.SetGCPercent(25)
	}
}

// spareProcessors keeps a run with a low rate limit on one processor. It takes a seventh less CPU time, as no request
// wakes a second processor. The user's own GOMAXPROCS stands.
func spareProcessors(rate float64) {
	const fewRequests = 500 // a second; one processor does tens of thousands
	if rate > 0 && rate <= fewRequests && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}
