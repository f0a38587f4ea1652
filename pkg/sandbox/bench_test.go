package sandbox_test

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"

	"imimport/pkg/sandbox"
)

// BenchmarkAccountImport is calls over TLS with the client in the same process:
//
//	go test ./pkg/sandbox -run '^$' -bench AccountImport -benchtime 200000x -cpu 2
func BenchmarkAccountImport(b *testing.B) {
	s, client := start(b, sandbox.Config{Rules: sandbox.Rules{Limits: map[string]int{sandbox.AccountImport: sandbox.None}}})
	url := s.URL() + importTarget(b)
	var n atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var body []byte
		for pb.Next() {
			body = append(body[:0], `{"UserID":"u`...)
			body = strconv.AppendInt(body, n.Add(1), 10)
			body = append(body, `","Nick":"Ann","FaceUrl":"https://img.example.com/1.png"}`...)
			resp, err := client.Post(url, "application/json", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Error(resp.Status)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	if got := s.Stats().Codes[0]; got != uint64(b.N) {
		b.Errorf("%d of %d were accepted", got, b.N)
	}
}
