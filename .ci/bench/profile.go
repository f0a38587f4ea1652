package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"

	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
)

// profile imports as imimport does and writes a profile of the processor time.
func profile(args []string) (err error) {
	f := flag.NewFlagSet("profile", flag.ContinueOnError)
	out := f.String("out", "cpu.prof", "`FILE` of the profile")
	rows := f.Int("rows", 300_000, "`N` rows")
	batch := f.Int("batch", 1, "`N` accounts a request")
	workers := f.Int("workers", 64, "`N` requests in flight at once")
	rate := f.Int("rate", 0, "`N` requests a second, 0 is no limit")
	latency := f.Duration("latency", 0, "`DURATION` of every answer")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "profile")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := writeInput(dir+"/users.csv", *rows); err != nil {
		return err
	}
	srv, err := startServer(dir, workload{rate: *rate, latency: *latency})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	limit := float64(*rate)
	if *rate == 0 {
		limit = -1
	}
	target := job.Target{Endpoint: srv.url, SDKAppID: appID, Identifier: identifier, CAFile: srv.caFile}
	file, err := os.Create(*out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	_, err = job.Run(context.Background(), []string{dir + "/users.csv"}, dir+"/job",
		job.Options{Target: target, Rate: limit, Workers: *workers, Batch: *batch},
		job.Host{
			Connect: func(_ context.Context, o job.Options, connections int) (importer.Client, job.Target, error) {
				c, err := im.New(im.Config{Endpoint: o.Target.Endpoint, SDKAppID: o.Target.SDKAppID, Identifier: o.Target.Identifier,
					CAFile: o.Target.CAFile, SecretKey: key, Timeout: o.Timeout, Connections: connections})
				return c, o.Target, err
			},
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
	return err
}
