//go:build unix

package im_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

// BenchmarkTLS is a call over TLS to a process of its own, next to a bare loop of net/http with as many
// connections. cpu-ns/op is the processor time of this side alone.
//
//	go test ./pkg/im -run '^$' -bench TLS -benchtime 100000x
func BenchmarkTLS(b *testing.B) {
	s := startService(b)
	list := accounts(im.MultiaccountImport.PerCall)
	c := newClient(b, s.URL, func(cfg *im.Config) { cfg.CAPEM = s.CA })
	pool := x509.NewCertPool()
	require.True(b, pool.AppendCertsFromPEM(s.CA))
	call := bare(s.URL, &http.Client{Transport: &http.Transport{MaxIdleConns: 64, MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64, DisableCompression: true,
		TLSClientConfig: &tls.Config{RootCAs: pool}}})
	var next atomic.Int64
	b.Run("single", func(b *testing.B) {
		inParallel(b, func() error {
			return c.Import(b.Context(), list[next.Add(1)%int64(len(list))]).Err
		})
	})
	b.Run("bare", func(b *testing.B) { inParallel(b, call) })
	b.Run("batch", func(b *testing.B) {
		inParallel(b, func() error { return c.ImportBatch(b.Context(), list).Err })
	})
}

// inParallel runs call in 16 goroutines a processor.
func inParallel(b *testing.B, call func() error) {
	b.SetParallelism(16)
	b.ReportAllocs()
	before := processorTime(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if !assert.NoError(b, call()) {
				return
			}
		}
	})
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// startService is a service in another process, which ends with the test.
func startService(b *testing.B) served {
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "IM_TEST_SERVE=1")
	stop, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = stop.Close()
		_ = cmd.Wait()
	})
	var s served
	require.NoError(b, json.NewDecoder(out).Decode(&s))
	return s
}
