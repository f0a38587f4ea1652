package im_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
	"imimport/pkg/sandbox"
)

func TestEveryCommandWorksAgainstTheSandbox(t *testing.T) {
	running, err := sandbox.Start(sandbox.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { running.Close() })
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, running.CAPEM(), 0o600))
	c := newClient(t, running.URL(), func(cfg *im.Config) {
		cfg.CAFile, cfg.SDKAppID, cfg.Identifier, cfg.SecretKey = file, running.SDKAppID, running.Identifier, running.SecretKey
	})
	ann := im.Account{UserID: "u1", Nick: "安 <&> \u2028 \"x\"", FaceURL: "https://img.example.com/1.png?a=1&b=2"}
	a := c.Import(t.Context(), ann)
	require.NoError(t, a.Err)
	require.Equal(t, im.ClassSuccess, a.Class)

	long := strings.Repeat("x", 33)
	a = c.ImportBatch(t.Context(), []im.Account{{UserID: "u2"}, {UserID: long}})
	require.Equal(t, im.ClassSuccess, a.Class)
	assert.Equal(t, []string{long}, a.Failed)

	results, a := c.Check(t.Context(), []string{"u1", "nobody", "u2"})
	require.NoError(t, a.Err)
	status := map[string]string{}
	for _, r := range results {
		status[r.UserID] = r.AccountStatus
	}
	assert.Equal(t, map[string]string{"u1": "Imported", "u2": "Imported", "nobody": "NotImported"}, status)

	a = c.SetPortrait(t.Context(), "u2", []im.ProfileItem{{Tag: im.TagNick, Value: "Ben"}, {Tag: "Tag_Profile_IM_BirthDay", Value: 19900101}})
	require.Equal(t, im.ClassSuccess, a.Class)
	profiles, a := c.Portraits(t.Context(), []string{"u1", "u2", "nobody"}, nil)
	require.NoError(t, a.Err)
	assert.ElementsMatch(t, []im.Profile{
		{UserID: ann.UserID, Nick: ann.Nick, FaceURL: ann.FaceURL, Found: true},
		{UserID: "u2", Nick: "Ben", Found: true},
		{UserID: "nobody", Code: 40003},
	}, profiles)

	results, a = c.Delete(t.Context(), []string{"u2", "nobody"})
	require.NoError(t, a.Err)
	codes := map[string]int{}
	for _, r := range results {
		codes[r.UserID] = r.ResultCode
	}
	assert.Equal(t, map[string]int{"u2": 0, "nobody": 70107}, codes)
	assert.Equal(t, 70399, c.Import(t.Context(), im.Account{UserID: "u2"}).Code)
}

func TestResultsAreInTheOrderOfTheCall(t *testing.T) {
	c := newClient(t, "https://im.example.com", withTransport(answering(
		`{"ActionStatus":"OK","ErrorCode":0,"ResultItem":[{"UserID":"u2","ResultCode":70169},{"UserID":"u1","ResultCode":0,"AccountStatus":"Imported"}]}`,
		`{"ActionStatus":"OK","ErrorCode":0,"UserProfileItem":[{"To_Account":"u2","ResultCode":40006}],"Fail_Account":["u1"]}`)))
	results, a := c.Check(t.Context(), []string{"u1", "u2"})
	require.NoError(t, a.Err)
	assert.Equal(t, []im.Result{{UserID: "u1", AccountStatus: "Imported"}, {UserID: "u2", ResultCode: 70169}}, results)
	assert.Equal(t, im.ClassSuccess, results[0].Class())
	assert.Equal(t, im.ClassTransient, results[1].Class())
	profiles, a := c.Portraits(t.Context(), []string{"u1", "u2"}, nil)
	require.NoError(t, a.Err)
	assert.Equal(t, []im.Profile{{UserID: "u1", Code: 40003}, {UserID: "u2", Code: 40006}}, profiles)
	assert.Equal(t, im.ClassRow, profiles[0].Class())
}

func TestABatchThatSucceedsInPartNamesWhatFailed(t *testing.T) {
	for failAccounts, want := range map[string][]string{``: nil, `,"FailAccounts":null`: nil, `,"FailAccounts":[]`: {}, `,"FailAccounts":["u2","u1"]`: {"u2", "u1"}} {
		c := newClient(t, "https://im.example.com", withTransport(answering(`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""`+failAccounts+`}`)))
		a := c.ImportBatch(t.Context(), accounts(2))
		require.NoError(t, a.Err)
		assert.Equal(t, im.ClassSuccess, a.Class)
		assert.ElementsMatch(t, want, a.Failed)
	}
	c := newClient(t, "https://im.example.com", withTransport(answering(`{"ActionStatus":"OK","ErrorCode":0,"FailAccounts":[1]}`,
		`{"ActionStatus":"FAIL","ErrorCode":70402,"FailAccounts":["u1"]}`)))
	a := c.ImportBatch(t.Context(), accounts(2))
	assert.Equal(t, im.ClassTransient, a.Class)
	assert.False(t, a.HasCode)
	a = c.ImportBatch(t.Context(), accounts(2))
	assert.Equal(t, im.ClassRow, a.Class)
	assert.Empty(t, a.Failed, "the call failed as a whole")
}

// An answer about several accounts that names others than the call, or not all of them, is not to be trusted.
func TestAnswersAboutOtherAccountsAreNotTrusted(t *testing.T) {
	item := func(name, id string) string { return fmt.Sprintf(`{%q:%q,"ResultCode":0}`, name, id) }
	for name, names := range map[string][]string{"too few": {"u1"}, "twice": {"u1", "u1"}, "another": {"u1", "u3"}, "too many": {"u1", "u2", "u3"}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			var results, profiles []string
			for _, id := range names {
				results, profiles = append(results, item("UserID", id)), append(profiles, item("To_Account", id))
			}
			c := newClient(t, "https://im.example.com", withTransport(answering(
				`{"ActionStatus":"OK","ErrorCode":0,"ResultItem":[`+strings.Join(results, ",")+`]}`,
				`{"ActionStatus":"OK","ErrorCode":0,"ResultItem":[`+strings.Join(results, ",")+`]}`,
				`{"ActionStatus":"OK","ErrorCode":0,"UserProfileItem":[`+strings.Join(profiles, ",")+`]}`)))
			asked := []string{"u1", "u2"}
			checked, a := c.Check(t.Context(), asked)
			assert.Equal(t, im.ClassTransient, a.Class)
			assert.False(t, a.HasCode)
			assert.Empty(t, checked)
			deleted, a := c.Delete(t.Context(), asked)
			assert.Equal(t, im.ClassTransient, a.Class)
			assert.Empty(t, deleted)
			got, a := c.Portraits(t.Context(), asked, nil)
			assert.Equal(t, im.ClassTransient, a.Class)
			assert.Empty(t, got)
		})
	}
}

func TestAProfileThatIsOnlyListedAsFailedIsNotFound(t *testing.T) {
	c := newClient(t, "https://im.example.com", withTransport(answering(
		`{"UserProfileItem":[{"To_Account":"u1","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"Ann"},{"Tag":"Tag_Profile_IM_Level","Value":3}],"ResultCode":0}],
		  "Fail_Account":["u2"],"ActionStatus":"OK","ErrorCode":0}`)))
	profiles, a := c.Portraits(t.Context(), []string{"u1", "u2"}, nil)
	require.NoError(t, a.Err)
	assert.Equal(t, []im.Profile{{UserID: "u1", Nick: "Ann", Found: true}, {UserID: "u2", Code: 40003}}, profiles)
}
