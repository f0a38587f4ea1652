package main

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"imimport/pkg/fault"
	"imimport/pkg/job"
	"imimport/pkg/metrics"
	"imimport/pkg/output"
	"imimport/reader"
	"imimport/report"
)

// exporter shows the metrics of a run where the flags say.
type exporter struct {
	metrics *metrics.Metrics
	server  *metrics.Server // nil: no --metrics-addr
	file    string          // "": no --metrics-file
	quit    chan struct{}
	ended   sync.WaitGroup
}

// startMetrics is nil when no flag asks for metrics.
func (w *work) startMetrics(dir string) (*exporter, error) {
	s := w.settings
	if s.metricsAddr == "" && s.metricsFile == "" {
		return nil, nil
	}
	e := &exporter{metrics: metrics.New(metrics.Config{Version: thisBuild().Version, Job: dir, Last: metrics.ReadLast(s.metricsFile)}), file: s.metricsFile, quit: make(chan struct{})}
	if s.metricsAddr != "" {
		var err error
		if e.server, err = e.metrics.Serve(s.metricsAddr); err != nil {
			return nil, usage("another process has it, perhaps another run: name another port, or 0 for any that is free", "%s: %w", s.origin("metrics-addr").place, err)
		}
		w.log.Info("metrics at http://"+e.server.Addr()+"/metrics", "event", "metrics", "addr", e.server.Addr())
	}
	if e.file != "" {
		if err := e.metrics.WriteFile(e.file); err != nil { // a wrong path is told now, not in the morning
			e.close(w.log)
			return nil, usage("", "%s: %w", s.origin("metrics-file").place, err)
		}
		e.ended.Go(func() { w.app.crash.guard(func() { e.write(w.log) }) }) // ends with stop
	}
	return e, nil
}

// checkMetricsFile refuses to write the metrics over what a run reads. It is for settings that name a file.
func (s *settings) checkMetricsFile(reads ...string) error {
	reads = append(reads, s.secretKeyFile, s.userSigFile, s.options.Target.CAFile)
	err := output.RefuseInputs(s.metricsFile, slices.DeleteFunc(reads, func(name string) bool { return name == "" }), fault.Hint{})
	if err != nil {
		return usage("name another file for the metrics", "%s: %w", s.origin("metrics-file").place, err)
	}
	return nil
}

// checkMetricsInputs is checkMetricsFile for inputs as a command names them.
func (s *settings) checkMetricsInputs(args []string) error {
	if s.metricsFile == "" || len(args) == 0 {
		return nil
	}
	inputs, err := reader.Expand(args)
	if err != nil {
		return checkFailure(err)
	}
	return s.checkMetricsFile(inputs...)
}

// checkMetricsJob is checkMetricsFile for a job that goes on, and its inputs where they are named once more.
func (s *settings) checkMetricsJob(args []string) error {
	if s.metricsFile == "" {
		return nil
	}
	l, err := job.OpenOutcomes(args[0], voice{})
	if err != nil {
		return err
	}
	return s.checkMetricsFile(append(l.Reads(), args[1:]...)...)
}

func (e *exporter) write(log *slog.Logger) {
	tick := time.NewTicker(metricsEvery)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-tick.C:
			err := e.metrics.WriteFile(e.file)
			if err != nil && !failed {
				log.Warn("cannot write the metrics: "+err.Error(), "event", "metrics.failed")
			}
			failed = err != nil
		case <-e.quit:
			return
		}
	}
}

// stop leaves the last figures in the file, and how the run has ended.
func (e *exporter) stop(log *slog.Logger, exitCode int, found report.Sync) {
	e.metrics.End(exitCode, found)
	e.close(log)
}

func (e *exporter) close(log *slog.Logger) {
	close(e.quit)
	e.ended.Wait()
	if e.file != "" {
		if err := e.metrics.WriteFile(e.file); err != nil {
			log.Warn("cannot write the metrics: "+err.Error(), "event", "metrics.failed")
		}
	}
	if e.server != nil {
		if err := e.server.Stop(); err != nil {
			log.Warn("cannot stop the metrics: "+err.Error(), "event", "metrics.failed")
		}
	}
}
