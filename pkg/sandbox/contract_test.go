package sandbox_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"imimport/pkg/sandbox"
)

// service is where the contract is put to the test, and as whom.
type service struct {
	endpoint   string
	app        int
	identifier string
	key        string
	client     *http.Client
}

// TestContract asks what the documents promise, of the sandbox always. It asks the real service too when all
// four of these are in the environment:
//
//	IMIMPORT_CONTRACT_ENDPOINT=https://adminapisgp.im.qcloud.com
//	IMIMPORT_CONTRACT_SDKAPPID=... IMIMPORT_CONTRACT_IDENTIFIER=administrator IMIMPORT_CONTRACT_SECRET_KEY=...
//
// Use an app that is there for tests, best one of the trial edition. Some 25 calls are made, half of them
// reads or refused; the three accounts that they make have random names and are deleted at the end. On a paid edition
// where deletion is not enabled they stay, and the test's log names them. What the documents do not say, such as how the
// limits are counted, is not in here.
func TestContract(t *testing.T) {
	s, client := start(t, sandbox.Config{})
	services := map[string]service{"sandbox": {s.URL(), sandbox.DefaultSDKAppID, sandbox.DefaultIdentifier, key, client}}
	if endpoint := os.Getenv("IMIMPORT_CONTRACT_ENDPOINT"); endpoint != "" {
		app, err := strconv.Atoi(os.Getenv("IMIMPORT_CONTRACT_SDKAPPID"))
		require.NoError(t, err, "IMIMPORT_CONTRACT_SDKAPPID")
		transport := http.DefaultTransport.(*http.Transport).Clone()
		t.Cleanup(transport.CloseIdleConnections)
		services["real"] = service{
			strings.TrimSuffix(endpoint, "/"), app, os.Getenv("IMIMPORT_CONTRACT_IDENTIFIER"), os.Getenv("IMIMPORT_CONTRACT_SECRET_KEY"),
			&http.Client{Transport: transport, Timeout: 10 * time.Second},
		}
	}
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			t.Run("refusals", service.refusals)
			t.Run("one account", service.oneAccount)
			t.Run("a batch", service.batch)
			t.Run("profile", service.profile)
		})
	}
}

func (s service) sign(t *testing.T, key string) string {
	t.Helper()
	sig, err := tencentyun.GenUserSig(s.app, key, s.identifier, 3600)
	require.NoError(t, err)
	return sig
}

// call makes one call and decodes its answer into out. The status is 200 whatever the answer.
func (s service) call(t *testing.T, command string, query url.Values, body string, out any) {
	t.Helper()
	q := url.Values{
		"sdkappid": {strconv.Itoa(s.app)}, "identifier": {s.identifier}, "usersig": {s.sign(t, s.key)}, "random": {"7"}, "contenttype": {"json"},
	}
	for name, value := range query {
		q[name] = value
	}
	resp, err := s.client.Post(s.endpoint+"/v4/"+command+"?"+q.Encode(), "application/json", strings.NewReader(body))
	if err != nil {
		var e *url.Error
		require.ErrorAs(t, err, &e)
		require.NoError(t, e.Err) // without the URL, which holds the UserSig
	}
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, out), "%s", text)
}

// ask makes one call and returns its answer's common part.
func (s service) ask(t *testing.T, command, body string) answer {
	t.Helper()
	var a answer
	s.call(t, command, nil, body, &a)
	assert.Equal(t, map[bool]string{true: "OK", false: "FAIL"}[a.ErrorCode == 0], a.ActionStatus)
	return a
}

// newID makes a name that no one has had, and sees that it is gone at the end.
func (s service) newID(t *testing.T) string {
	t.Helper()
	id := "imimport-contract-" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() {
		if got := s.ask(t, "im_open_login_svc/account_delete", `{"DeleteItem":[{"UserID":"`+id+`"}]}`); got.ErrorCode == 71000 {
			t.Logf("deletion is not enabled for this app: %s may stay", id)
		}
	})
	return id
}

func (s service) refusals(t *testing.T) {
	for name, tc := range map[string]struct {
		query url.Values
		codes []int
	}{
		"malformed UserSig":    {url.Values{"usersig": {"nonsense"}}, []int{70003}},
		"another key's":        {url.Values{"usersig": {s.sign(t, "another key")}}, []int{70009}},
		"another identifier's": {url.Values{"identifier": {"no-such-admin"}}, []int{70013}},
		"no SDKAppID":          {url.Values{"sdkappid": {""}}, []int{60012}},
	} {
		t.Run(name, func(t *testing.T) {
			var a answer
			s.call(t, "im_open_login_svc/account_check", tc.query, `{"CheckItem":[{"UserID":"nobody"}]}`, &a)
			assert.Contains(t, tc.codes, a.ErrorCode)
			assert.Equal(t, "FAIL", a.ActionStatus)
		})
	}
	for name, tc := range map[string]struct {
		body string
		code int
	}{
		"33 bytes of UserID": {`{"UserID":"` + strings.Repeat("x", 33) + `"}`, 70402},
		"no UserID":          {`{"Nick":"Ann"}`, 70402},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.code, s.ask(t, "im_open_login_svc/account_import", tc.body).ErrorCode)
		})
	}
}

func (s service) status(t *testing.T, id string) string {
	t.Helper()
	got := s.ask(t, "im_open_login_svc/account_check", `{"CheckItem":[{"UserID":"`+id+`"}]}`)
	require.Len(t, got.ResultItem, 1)
	assert.Equal(t, id, got.ResultItem[0].UserID)
	assert.Zero(t, got.ResultItem[0].ResultCode)
	return got.ResultItem[0].AccountStatus
}

func (s service) oneAccount(t *testing.T) {
	id := s.newID(t)
	assert.Equal(t, "NotImported", s.status(t, id))
	body := `{"UserID":"` + id + `","Nick":"Ann","FaceUrl":"https://img.example.com/1.png"}`
	for range 2 {
		require.Zero(t, s.ask(t, "im_open_login_svc/account_import", body).ErrorCode, "a repeat is always safe")
	}
	assert.Equal(t, "Imported", s.status(t, id))

	deletion := `{"DeleteItem":[{"UserID":"` + id + `"}]}`
	got := s.ask(t, "im_open_login_svc/account_delete", deletion)
	if got.ErrorCode == 71000 {
		return // not enabled: nothing more to learn
	}
	require.Len(t, got.ResultItem, 1)
	assert.Zero(t, got.ResultItem[0].ResultCode)
	assert.Equal(t, "NotImported", s.status(t, id))
	got = s.ask(t, "im_open_login_svc/account_delete", deletion)
	require.Len(t, got.ResultItem, 1)
	assert.Equal(t, 70107, got.ResultItem[0].ResultCode)
}

func (s service) batch(t *testing.T) {
	id := s.newID(t)
	got := s.ask(t, "im_open_login_svc/multiaccount_import", `{"AccountList":[{"UserID":"`+id+`","Nick":"Bea"}]}`)
	assert.Zero(t, got.ErrorCode)
	assert.Empty(t, got.FailAccounts)
	assert.Equal(t, "Imported", s.status(t, id))
	got = s.ask(t, "im_open_login_svc/multiaccount_import", `{"Accounts":["`+id+`"]}`)
	assert.Zero(t, got.ErrorCode, "the older form")
	assert.Empty(t, got.FailAccounts)
}

func (s service) profile(t *testing.T) {
	id := s.newID(t)
	require.Zero(t, s.ask(t, "im_open_login_svc/account_import", `{"Identifier":"`+id+`","Nick":"Ann"}`).ErrorCode, "the older name")
	require.Zero(t, s.ask(t, "profile/portrait_set", `{"From_Account":"`+id+`","ProfileItem":[{"Tag":"Tag_Profile_IM_Gender","Value":"Gender_Type_Female"}]}`).ErrorCode)
	var got struct {
		answer
		UserProfileItem []struct {
			To_Account  string //nolint:revive,staticcheck // the API's own spelling
			ResultCode  int
			ProfileItem []struct{ Tag, Value string }
		}
	}
	s.call(t, "profile/portrait_get", nil, `{"To_Account":["`+id+`"],"TagList":["Tag_Profile_IM_Nick","Tag_Profile_IM_Gender"]}`, &got)
	assert.Zero(t, got.ErrorCode)
	require.Len(t, got.UserProfileItem, 1)
	assert.Equal(t, id, got.UserProfileItem[0].To_Account)
	assert.ElementsMatch(t, []struct{ Tag, Value string }{
		{"Tag_Profile_IM_Nick", "Ann"}, {"Tag_Profile_IM_Gender", "Gender_Type_Female"},
	}, got.UserProfileItem[0].ProfileItem)
}
