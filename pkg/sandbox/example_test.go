package sandbox_test

import (
	"fmt"
	"io"
	"strings"

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

	client := s.Client()
	defer client.CloseIdleConnections()
	for range 2 {
		resp, err := client.Post(s.URL()+"/v4/im_open_login_svc/account_import?"+s.Query(), "application/json", strings.NewReader(`{"UserID":"ann","Nick":"Ann"}`))
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
