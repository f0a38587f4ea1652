package im_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

var taken = []byte(ok)

func accounts(n int) []im.Account {
	list := make([]im.Account, n)
	for i := range list {
		list[i] = im.Account{UserID: fmt.Sprintf("u%09d", i), Nick: "用户", FaceURL: fmt.Sprintf("https://img.example.com/avatar/%09d.png", i)}
	}
	return list
}

// bare is what one writes who wants a call and nothing else: a body and a URL that stand, and no look at the answer.
func bare(endpoint string, client *http.Client) func() error {
	body := []byte(`{"UserID":"u000000001","Nick":"用户","FaceUrl":"https://img.example.com/avatar/000000001.png"}`)
	target := endpoint + "/v4/im_open_login_svc/account_import?" + url.Values{"sdkappid": {"1400000000"}, "identifier": {"administrator"},
		"usersig": {string(bytes.Repeat([]byte("x"), 200))}, "random": {"4294967295"}, "contenttype": {"json"}}.Encode()
	return func() error {
		resp, err := client.Post(target, "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return err
	}
}

// BenchmarkClient is what a call costs beside the network; bare is net/http's own client.
func BenchmarkClient(b *testing.B) {
	const endpoint = "https://adminapisgp.im.qcloud.com"
	c := newClient(b, endpoint, withTransport(instant{}))
	list := accounts(im.MultiaccountImport.PerCall)
	call := bare(endpoint, &http.Client{Transport: instant{}})
	b.Run("single", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Import(b.Context(), list[0])
		}
	})
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, call())
		}
	})
	b.Run("batch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.ImportBatch(b.Context(), list)
		}
	})
}
