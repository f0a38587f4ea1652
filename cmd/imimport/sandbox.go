package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"imimport/pkg/fault"
	"imimport/pkg/output"
	"imimport/pkg/plain"
	"imimport/pkg/sandbox"
)

const sandboxLong = `Serve the IM API's account commands on this machine, faithfully enough to rehearse an import on: query and
UserSig checks, limits, quota, deletion bar, and faults on demand. The line to import into it is printed at the start;
its address in a browser shows what it holds and what it was asked.

A fault is what happens to a share of all calls: a code (70169=5%), http502=1%, reset, hang, truncate, html, empty, and
slow=2s@5%; "commit-then-" before it has the call take effect although its answer says otherwise. The same --seed does
the same to the same accounts. A scenario file (YAML) says what happens to which account at which attempt:

  steps:
    - {userid: "u10*", attempt: 1-2, answer: 70169}
    - {userid: u77, answer: commit-then-reset, delay: 2s}
  outages:
    - {calls: 1000-1200, answer: http503, retry_after: 3s}
    - {from: 5s, for: 10s, answer: reset}
  usersig: {from_call: 500}`

const sandboxExample = `  imimport sandbox
  imimport sandbox --tls --edition trial --fault 70169=5% --fault reset=1% --latency 60ms±20ms --seed 7
  imimport sandbox --data accounts.log --scenario outage.yaml
  imimport sandbox --custom Dept --custom Grade`

// sandboxWords are what some of its flags take.
var sandboxWords = map[string][]string{"edition": {sandbox.EditionPro, sandbox.EditionDeveloper, sandbox.EditionTrial}, "window": {sandbox.SlidingWindow, sandbox.FixedWindow}}

// sandboxOptions are the flags as typed, before they are parsed.
type sandboxOptions struct {
	cfg                                  sandbox.Config
	tls                                  bool
	caOut, certFile, keyFile             string
	secretFile, scenarioFile             string
	quota, retryAfter, deletionBar, late string
	deletion                             bool
	limits, faults, outages              []string
}

func newSandboxCommand() *cobra.Command {
	var o sandboxOptions
	cmd := &cobra.Command{
		Use:     "sandbox",
		Short:   "The IM API on this machine, to rehearse against",
		Long:    sandboxLong,
		Example: sandboxExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(cmd.InOrStdin()); err != nil {
				return err
			}
			return o.serve(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.addServerFlags(cmd)
	o.addRuleFlags(cmd)
	return cmd
}

func (o *sandboxOptions) addServerFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.cfg.Addr, "addr", "127.0.0.1:8700", "`HOST:PORT` to listen on; port 0 is any free one")
	f.BoolVar(&o.tls, "tls", false, "serve HTTPS, with a certificate made for this start")
	f.StringVar(&o.caOut, "ca-out", "imimport-sandbox-ca.pem", "with --tls: `FILE` to write the CA certificate to, for --ca-file")
	f.StringSliceVar(&o.cfg.Names, "tls-name", nil, "with --tls: a further `NAME` or address in the certificate; repeatable")
	f.StringVar(&o.certFile, "cert", "", "serve HTTPS with this certificate `FILE` (PEM)")
	f.StringVar(&o.keyFile, "key", "", "`FILE` with the certificate's key (PEM)")
	f.Uint64Var(&o.cfg.SDKAppID, "sdkappid", sandbox.DefaultSDKAppID, "the app's `ID`")
	f.StringSliceVar(&o.cfg.Admins, "identifier", []string{sandbox.DefaultIdentifier}, "app admin `NAME`; repeatable")
	f.StringVar(&o.secretFile, "secret-key-file", "", "`FILE` with the app's secret key, - is standard input (default: a new key, printed at the start)")
	f.BoolVar(&o.cfg.RandomOptional, "random-optional", false, "serve calls without random too, which some clients never send")
	f.StringVar(&o.cfg.DataFile, "data", "", "keep the accounts in `FILE`, across restarts")
}

func (o *sandboxOptions) addRuleFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	r := &o.cfg.Rules
	f.StringVar(&r.Edition, "edition", sandbox.EditionPro, "`NAME`: pro, developer (no bar after deletion) or trial (nor that, and 100 accounts)")
	f.StringVar(&o.quota, "quota", "default", "`N` accounts at most, none, or default: the edition's")
	f.StringArrayVar(&o.limits, "limit", nil, "calls a second of a command, `NAME=N` or NAME=none; repeatable (default: the documented ones)")
	f.StringVar(&r.Window, "window", sandbox.SlidingWindow, "what a second is: sliding or fixed `KIND`")
	f.BoolVar(&r.CountRefused, "count-refused", false, "refused calls use the limit up too")
	f.StringVar(&o.retryAfter, "retry-after", "none", "Retry-After `DURATION` of a refused call, in whole seconds")
	f.StringSliceVar(&r.Custom, "custom", nil, "`NAME` of a profile field that the app has set up for itself (Tag_Profile_Custom_NAME), up to 8 letters; repeatable")
	f.BoolVar(&o.deletion, "deletion", true, "account_delete is enabled; if not, 71000 in the pro edition")
	f.StringVar(&o.deletionBar, "deletion-bar", "default", "`DURATION` for which a deleted account may not be imported, none, or default: 2160h (three months)")
	f.BoolVar(&r.EmptyClears, "empty-clears", false, "an empty Nick or FaceUrl in a repeated import clears it")
	f.BoolVar(&r.KeepOnRepeat, "keep-on-repeat", false, "a repeated account_import changes nothing")
	f.BoolVar(&r.WholeBatch, "whole-batch", false, "an invalid account in a batch fails the whole call")
	f.BoolVar(&r.AllOrNoneQuota, "all-or-none-quota", false, "a batch that crosses the quota fails whole")
	f.StringArrayVar(&o.faults, "fault", nil, "`KIND=SHARE%` of calls that go wrong; repeatable")
	f.StringVar(&o.late, "latency", "0s", "`DURATION` of every answer, as 60ms or 60ms±20ms")
	f.StringArrayVar(&o.outages, "outage", nil, "`WINDOW` in which no call gets through: calls 1000-1200, or 5s-15s after the first; =reset or such instead of http503; repeatable")
	f.StringVar(&o.scenarioFile, "scenario", "", "YAML `FILE` that says what happens to which account")
	f.Uint64Var(&o.cfg.Seed, "seed", 1, "`N` that faults and latencies are drawn from")
}

// read parses the flags, and returns all their faults at once.
func (o *sandboxOptions) read(stdin io.Reader) error {
	var faults []error
	note := func(flag string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	var err error
	r := &o.cfg.Rules
	r.Quota, err = sandbox.ParseCount(o.quota)
	note("quota", err)
	r.RetryAfter, err = sandbox.ParseDuration(o.retryAfter)
	r.RetryAfter = max(r.RetryAfter, 0)
	note("retry-after", err)
	r.DeletionBar, err = sandbox.ParseDuration(o.deletionBar)
	note("deletion-bar", err)
	r.Latency, err = sandbox.ParseLatency(o.late)
	note("latency", err)
	r.NoDeletion = !o.deletion
	r.Limits = make(map[string]int)
	for _, text := range o.limits {
		name, n, _ := strings.Cut(text, "=")
		r.Limits[name], err = sandbox.ParseCount(n)
		note("limit", err)
	}
	for _, text := range o.faults {
		f, err := sandbox.ParseFault(text)
		note("fault", err)
		r.Faults = append(r.Faults, f)
	}
	note("scenario", o.readScenario())
	for _, text := range o.outages {
		outage, err := sandbox.ParseOutage(text)
		note("outage", err)
		o.cfg.Scenario.Outages = append(o.cfg.Scenario.Outages, outage)
	}
	note("secret-key-file", o.readSecret(stdin))
	note("cert", o.readCertificate())
	return errors.Join(faults...)
}

func (o *sandboxOptions) readScenario() error {
	if o.scenarioFile == "" {
		return nil
	}
	text, err := os.ReadFile(o.scenarioFile)
	if err != nil {
		return err
	}
	if o.cfg.Scenario, err = sandbox.ParseScenario(text); err != nil {
		return fmt.Errorf("%s: %w", o.scenarioFile, err)
	}
	return nil
}

func (o *sandboxOptions) readSecret(stdin io.Reader) error {
	if o.secretFile == "" {
		return nil
	}
	in := stdin
	if o.secretFile != "-" {
		file, err := openSecret(o.secretFile)
		if err != nil {
			return err
		}
		defer file.Close() //nolint:errcheck // only read
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSecret))
	if err != nil {
		return err
	}
	if o.cfg.SecretKey = string(bytes.TrimSpace(text)); o.cfg.SecretKey == "" {
		return errors.New("there is no key in it")
	}
	return nil
}

func (o *sandboxOptions) readCertificate() error {
	o.cfg.PlainHTTP = !o.tls && o.certFile == ""
	if (o.certFile == "") != (o.keyFile == "") {
		return errors.New("--cert and --key go together")
	}
	if o.certFile == "" {
		return nil
	}
	cert, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
	o.cfg.Certificate = &cert
	return err
}

// serve runs the sandbox until a signal, which is its ordinary end.
func (o *sandboxOptions) serve(ctx context.Context, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := sandbox.Start(o.cfg)
	if err != nil {
		return err
	}
	err = o.announce(r, stdout, stderr)
	if err == nil {
		ended := make(chan error, 1)
		go func() { // ends at the latest with Close
			var waited error
			ended <- cmp.Or(fault.Guard(func() { waited = r.Wait() }), waited)
		}()
		select {
		case <-ctx.Done():
		case err = <-ended:
		}
	}
	err = errors.Join(err, r.Close())
	if err == nil {
		st := r.Stats()
		_, err = fmt.Fprintf(stderr, "sandbox: stopped after %d calls, holding %d accounts\n", st.Calls, st.Accounts)
	}
	return err
}

// announce tells people where the sandbox is, on stderr, and how to import into it, on stdout.
func (o *sandboxOptions) announce(r *sandbox.Running, stdout, stderr io.Writer) error {
	caFile := ""
	if pem := r.CAPEM(); pem != nil {
		var err error
		if caFile, err = writeCA(o.caOut, pem); err != nil {
			return fmt.Errorf("write CA certificate: %w", err)
		}
	}
	note := "this machine only"
	if !isLoopback(o.cfg.Addr) {
		note = "other machines can reach it"
		if o.cfg.PlainHTTP {
			note += ", and what is sent can be read on the way: --tls is safer"
		}
	}
	if _, err := fmt.Fprintf(stderr, "sandbox: listening on %s (%s); the same address in a browser shows its state\n", r.URL(), note); err != nil {
		return err
	}
	_, err := io.WriteString(stdout, o.runLines(r, caFile))
	return err
}

// runLines are the lines that import into the sandbox, once by environment and once by flags. Only a key
// that was made here is in them.
func (o *sandboxOptions) runLines(r *sandbox.Running, caFile string) string {
	secretEnv, secretFlag := "IMIMPORT_SECRET_KEY="+r.SecretKey+" ", ""
	if o.secretFile != "" {
		secretEnv, secretFlag = "", " --secret-key-file "+shellQuote(o.secretFile)
	}
	env := "IMIMPORT_ENDPOINT=" + r.URL() + " IMIMPORT_SDKAPPID=" + strconv.FormatUint(r.SDKAppID, 10) +
		" IMIMPORT_IDENTIFIER=" + shellQuote(r.Identifier)
	flags := " --endpoint " + r.URL() + " --sdkappid " + strconv.FormatUint(r.SDKAppID, 10) + " --identifier " + shellQuote(r.Identifier)
	if caFile != "" {
		env += " IMIMPORT_CA_FILE=" + shellQuote(caFile)
		flags += " --ca-file " + shellQuote(caFile)
	}
	return "# by environment\nexport " + secretEnv + env + "\nimimport run users.csv" + secretFlag +
		"\n# or by flags\n" + secretEnv + "imimport run users.csv" + flags + secretFlag + "\n"
}

// writeCA writes the certificate, over an older one but over nothing else.
func writeCA(file string, pem []byte) (path string, err error) {
	const begin = "-----BEGIN CERTIFICATE-----"
	target, err := output.Replaceable(file)
	if err != nil {
		return "", err
	}
	switch old, err := plain.Open(target); {
	case err == nil:
		head := make([]byte, len(begin))
		n, err := io.ReadFull(old, head)
		_ = old.Close() // it was only read
		if n > 0 && (err != nil || string(head) != begin) {
			return "", fmt.Errorf("%s is no certificate, and is not written over", file)
		}
	case !errors.Is(err, os.ErrNotExist):
		return "", err
	}
	if err := output.Publish(file, pem); err != nil {
		return "", err
	}
	return filepath.Abs(file)
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
