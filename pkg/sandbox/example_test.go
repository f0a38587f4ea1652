package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"imimport/pkg/sandbox"
)

// A service whose first answer is a time-out although the account was imported, over HTTPS.
func ExampleStart() {
	scenario, err := sandbox.ParseScenario([]byte(`
steps:
  - {userid: ann, attempt: 1, answer: commit-then-70169}
`))
	if err != nil {
		panic(err)
	}
	s, err := sandbox.Start(sandbox.Config{Scenario: scenario})
	if err != nil {
		panic(err)
	}
	defer s.Close()

	usersig, err := tencentyun.GenUserSig(int(s.SDKAppID), s.SecretKey, s.Identifier, 3600)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CAPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport}
	target := s.URL() + "/v4/im_open_login_svc/account_import?sdkappid=1400000000&identifier=administrator&random=7&contenttype=json&usersig=" + url.QueryEscape(usersig)
	for range 2 {
		resp, err := client.Post(target, "application/json", strings.NewReader(`{"UserID":"ann","Nick":"Ann"}`))
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		fmt.Println(string(body))
		fmt.Println(len(s.Accounts()), "account,", s.Calls("ann"), "calls")
	}
	// Output:
	// {"ActionStatus":"FAIL","ErrorInfo":"server timed out (injected)","ErrorCode":70169}
	// 1 account, 1 calls
	// {"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}
	// 1 account, 2 calls
}
