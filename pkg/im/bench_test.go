package im_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

// instant is a network that takes a request in and answers at once.
type instant struct{}

func (instant) RoundTrip(req *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, req.Body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(taken))}, err
}

var taken = []byte(`{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`)

func accounts(n int) []im.Account {
	list := make([]im.Account, n)
	for i := range list {
		list[i] = im.Account{UserID: fmt.Sprintf("u%09d", i), Nick: "用户", FaceURL: fmt.Sprintf("https://img.example.com/avatar/%09d.png", i)}
	}
	return list
}

// BenchmarkClient is what a call costs beside the network; bare is net/http's own client.
func BenchmarkClient(b *testing.B) {
	c, err := im.New(im.Config{Endpoint: "https://adminapisgp.im.qcloud.com", SDKAppID: 1400000000, Identifier: "administrator",
		SecretKey: key, Transport: instant{}})
	require.NoError(b, err)
	list := accounts(im.MaxBatch)
	b.Run("single", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Import(b.Context(), list[0])
		}
	})
	b.Run("batch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.ImportBatch(b.Context(), list)
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		body, client := bytes.Repeat([]byte("x"), 100), &http.Client{Transport: instant{}}
		for b.Loop() {
			resp, err := client.Post("https://adminapisgp.im.qcloud.com/v4/im_open_login_svc/account_import?sdkappid=1400000000&identifier=administrator&random=1&contenttype=json", "application/json", bytes.NewReader(body))
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		}
	})
}
