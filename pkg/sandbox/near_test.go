package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

func TestAUserIDThatIsANumberIsRefusedInEveryCommand(t *testing.T) {
	s := newSandbox(t, sandbox.Config{})
	for call, body := range map[string]string{
		accountTarget(t, "account_import"):      `{"UserID":7}`,
		accountTarget(t, "multiaccount_import"): `{"Accounts":["u1",7]}`,
		accountTarget(t, "account_check"):       `{"CheckItem":[{"UserID":7}]}`,
		accountTarget(t, "account_delete"):      `{"DeleteItem":[{"UserID":7}]}`,
		accountTarget(t, "kick"):                `{"Identifier":7}`,
		profileTarget(t, "portrait_set"):        `{"From_Account":7,"ProfileItem":[]}`,
		profileTarget(t, "portrait_get"):        `{"To_Account":[7],"TagList":["Tag_Profile_IM_Nick"]}`,
	} {
		assert.Equal(t, 60015, post(t, s, call, body).ErrorCode, body)
	}
}

func TestALocationHas500BytesAtMost(t *testing.T) {
	s := newSandbox(t, sandbox.Config{})
	require.Zero(t, post(t, s, importTarget(t), `{"UserID":"u1"}`).ErrorCode)
	for length, code := range map[int]int{17: 0, 500: 0, 501: 40601} {
		body := `{"From_Account":"u1","ProfileItem":[{"Tag":"Tag_Profile_IM_Location","Value":"` + strings.Repeat("x", length) + `"}]}`
		assert.Equal(t, code, post(t, s, profileTarget(t, "portrait_set"), body).ErrorCode, length)
	}
}

func TestInTheDeveloperEditionADeletedAccountMayComeBack(t *testing.T) {
	s := newSandbox(t, sandbox.Config{Rules: sandbox.Rules{Edition: sandbox.EditionDeveloper, NoDeletion: true}})
	for range 2 {
		require.Zero(t, post(t, s, importTarget(t), `{"UserID":"u1"}`).ErrorCode)
		require.Zero(t, post(t, s, accountTarget(t, "account_delete"), `{"DeleteItem":[{"UserID":"u1"}]}`).ErrorCode)
	}
}

func TestCallsWithoutRandomAreServedIfAsked(t *testing.T) {
	without := strings.Replace(importTarget(t), "&random=4294967295", "", 1)
	s := newSandbox(t, sandbox.Config{})
	assert.Equal(t, 60002, post(t, s, without, `{"UserID":"u1"}`).ErrorCode)
	s = newSandbox(t, sandbox.Config{RandomOptional: true})
	assert.Zero(t, post(t, s, without, `{"UserID":"u1"}`).ErrorCode)
	assert.Equal(t, 60002, post(t, s, without+"&random=x", `{"UserID":"u1"}`).ErrorCode)
}

func TestKickAndOnlineStatus(t *testing.T) {
	s := newSandbox(t, sandbox.Config{})
	require.Zero(t, post(t, s, importTarget(t), `{"UserID":"u1"}`).ErrorCode)
	for body, code := range map[string]int{`{"UserID":"u1"}`: 0, `{"Identifier":"u1"}`: 0, `{"UserID":"u2"}`: 70107, `{}`: 70402} {
		assert.Equal(t, code, post(t, s, accountTarget(t, "kick"), body).ErrorCode, body)
	}
	status := target("openim", "query_online_status", "administrator", sign(t, "administrator"))
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, status, strings.NewReader(`{"IsNeedDetail":1,"To_Account":["u1","u2"]}`)))
	assert.JSONEq(t, `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"QueryResult":[{"To_Account":"u1","Status":"Offline"}],
		"ErrorList":[{"To_Account":"u2","ErrorCode":70107}]}`, rec.Body.String())
	assert.Zero(t, post(t, s, status, `{"To_Account":["u"`+strings.Repeat(`,"u"`, 499)+`]}`).ErrorCode)
	assert.Equal(t, 70402, post(t, s, status, `{"To_Account":["u"`+strings.Repeat(`,"u"`, 500)+`]}`).ErrorCode)
}

func TestTheCertificateHasFurtherNames(t *testing.T) {
	s, client := start(t, sandbox.Config{Names: []string{"im.example.com"}})
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "im.example.com"
	resp, err := client.Get(s.URL())
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Contains(t, resp.TLS.PeerCertificates[0].DNSNames, "im.example.com")
}
