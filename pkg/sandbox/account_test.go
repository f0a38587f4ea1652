package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

func accountTarget(t testing.TB, command string) string {
	t.Helper()
	return target("im_open_login_svc", command, "administrator", sign(t, "administrator"))
}

func profileTarget(t testing.TB, command string) string {
	t.Helper()
	return target("profile", command, "administrator", sign(t, "administrator"))
}

func TestDeletionBarsReimport(t *testing.T) {
	for _, tc := range []struct {
		name  string
		rules sandbox.Rules
		after time.Duration
		code  int
	}{
		{"at once", sandbox.Rules{}, 0, 70399},
		{"within three months", sandbox.Rules{}, 90*24*time.Hour - time.Second, 70399},
		{"after three months", sandbox.Rules{}, 90 * 24 * time.Hour, 0},
		{"trial edition", sandbox.Rules{Edition: sandbox.EditionTrial}, 0, 0},
		{"another bar", sandbox.Rules{DeletionBar: time.Hour}, time.Hour, 0},
		{"no bar", sandbox.Rules{DeletionBar: sandbox.None}, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := time.Now().Truncate(time.Second)
			s := newSandbox(t, sandbox.Config{Rules: tc.rules, Now: func() time.Time { return now }})
			require.Zero(t, post(t, s, importTarget(t), `{"UserID":"u1","Nick":"Ann"}`).ErrorCode)
			require.Zero(t, post(t, s, accountTarget(t, "account_delete"), `{"DeleteItem":[{"UserID":"u1"}]}`).ErrorCode)
			assert.Empty(t, s.Accounts())
			now = now.Add(tc.after)
			call := target("im_open_login_svc", "account_import", "administrator", signAt(t, now))
			assert.Equal(t, tc.code, post(t, s, call, `{"UserID":"u1"}`).ErrorCode)
			if a, ok := s.Account("u1"); ok {
				assert.Empty(t, a.Nick, "the old profile is gone")
			}
		})
	}
}

func TestRepeatedImportUpdatesWhatItGives(t *testing.T) {
	for _, tc := range []struct {
		name, second, nick string
		rules              sandbox.Rules
	}{
		{"given", `{"UserID":"u1","Nick":"Bea"}`, "Bea", sandbox.Rules{}},
		{"left out", `{"UserID":"u1"}`, "Ann", sandbox.Rules{EmptyClears: true}},
		{"empty", `{"UserID":"u1","Nick":""}`, "Ann", sandbox.Rules{}},
		{"empty clears", `{"UserID":"u1","Nick":""}`, "", sandbox.Rules{EmptyClears: true}},
		{"keep", `{"UserID":"u1","Nick":"Bea"}`, "Ann", sandbox.Rules{KeepOnRepeat: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSandbox(t, sandbox.Config{Rules: tc.rules})
			require.Zero(t, post(t, s, importTarget(t), `{"UserID":"u1","Nick":"Ann"}`).ErrorCode)
			require.Zero(t, post(t, s, importTarget(t), tc.second).ErrorCode)
			assert.Equal(t, []sandbox.Account{{UserID: "u1", Nick: tc.nick, Calls: 2}}, s.Accounts())
		})
	}
}

func TestBatchRules(t *testing.T) {
	const tooLong = `{"AccountList":[{"UserID":"u1"},{"UserID":"u2","Nick":"`
	body := tooLong + strings.Repeat("n", 501) + `"}]}`
	s := newSandbox(t, sandbox.Config{})
	assert.Equal(t, []string{"u2"}, post(t, s, accountTarget(t, "multiaccount_import"), body).FailAccounts)

	s = newSandbox(t, sandbox.Config{Rules: sandbox.Rules{WholeBatch: true}})
	assert.Equal(t, 70402, post(t, s, accountTarget(t, "multiaccount_import"), body).ErrorCode)
	assert.Empty(t, s.Accounts())

	s = newSandbox(t, sandbox.Config{Rules: sandbox.Rules{AllOrNoneQuota: true, Quota: 2}})
	assert.Zero(t, post(t, s, accountTarget(t, "multiaccount_import"), `{"Accounts":["u1","u1","u2"]}`).ErrorCode)
	assert.Equal(t, 70398, post(t, s, accountTarget(t, "multiaccount_import"), `{"Accounts":["u1","u3"]}`).ErrorCode)
	assert.Len(t, s.Accounts(), 2)
}

func TestProfileIsWhatImportAndPortraitSetMadeIt(t *testing.T) {
	s := newSandbox(t, sandbox.Config{Rules: sandbox.Rules{Custom: []string{"Abcdefgh"}}})
	require.Zero(t, post(t, s, importTarget(t), `{"UserID":"u1","Nick":"Ann","FaceUrl":"https://img.example.com/1.png"}`).ErrorCode)
	set := profileTarget(t, "portrait_set")
	code := func(tag, value string) int {
		return post(t, s, set, `{"From_Account":"u1","ProfileItem":[{"Tag":"`+tag+`","Value":`+value+`}]}`).ErrorCode
	}
	for _, tc := range []struct {
		tag, value string
		code       int
	}{
		{"Tag_Profile_IM_Nick", `"Bea"`, 0},
		{"Tag_Profile_IM_Nick", `"` + strings.Repeat("n", 501) + `"`, 40601},
		{"Tag_Profile_IM_Nick", `7`, 40610},
		{"Tag_Profile_IM_Level", `4294967295`, 0},
		{"Tag_Profile_IM_Level", `4294967296`, 40610},
		{"Tag_Profile_IM_Level", `-1`, 40610},
		{"Tag_Profile_IM_Level", `1.5`, 40610},
		{"Tag_Profile_IM_Level", `null`, 40610},
		{"Tag_Profile_IM_AllowType", `"AllowType_Type_DenyAny"`, 0},
		{"Tag_Profile_IM_AllowType", `"Nobody"`, 40605},
		{"Tag_Profile_Custom_Abcdefgh", `"x"`, 0},
		{"Tag_Profile_Custom_abcdefgh", `"x"`, 40009},
		{"Tag_Profile_Custom_Abcdefghi", `"x"`, 40009},
		{"Tag_Profile_Custom_", `"x"`, 40009},
		{"Tag_Profile_Custom_a1", `"x"`, 40009},
	} {
		assert.Equal(t, tc.code, code(tc.tag, tc.value), "%s = %.20s", tc.tag, tc.value)
	}
	a, _ := s.Account("u1")
	assert.Equal(t, sandbox.Account{UserID: "u1", Nick: "Bea", FaceURL: "https://img.example.com/1.png", Calls: 16,
		Profile: map[string]any{"Tag_Profile_IM_Level": uint32(4294967295), "Tag_Profile_IM_AllowType": "AllowType_Type_DenyAny", "Tag_Profile_Custom_Abcdefgh": "x"}}, a)
	assert.Contains(t, newRecorder(s, http.MethodGet, "/", "").Body.String(), "<th>Tag_Profile_Custom_Abcdefgh</th><td>x</td>", "the page shows a profile")
	_, err := sandbox.New(sandbox.Config{Rules: sandbox.Rules{Custom: []string{"Department"}}})
	assert.ErrorContains(t, err, `custom field "Department": want up to 8 letters`)
	assert.Equal(t, 40001, post(t, s, set, `{"From_Account":"u1","ProfileItem":[]}`).ErrorCode)
	assert.Equal(t, 40001, post(t, s, set, `{"From_Account":"u1","ProfileItem":"x"}`).ErrorCode)
}
