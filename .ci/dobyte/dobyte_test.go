package dobyte

import (
	"errors"
	"net"
	"syscall"
	"testing"

	im "github.com/dobyte/tencent-im"
	"github.com/dobyte/tencent-im/account"
	"github.com/dobyte/tencent-im/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

// startSandbox serves a sandbox where the client looks for the service.
func startSandbox(t *testing.T, cfg sandbox.Config) *sandbox.Running {
	t.Helper()
	var s *sandbox.Running
	var err error
	ip := net.IPv4(127, 0, 0, 1)
	for ; ip[15] < 9; ip[15]++ { // another loopback address where something else has the port
		cfg.Addr = net.JoinHostPort(ip.String(), "443")
		if s, err = sandbox.Start(cfg); !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	require.NoError(t, err, "run this test by .ci/dobyte/run, which sees to the right to bind port 443")
	names := serveDNS(t, ip)
	t.Cleanup(func() {
		assert.Equal(t, []string{"console.tim.qq.com."}, names())
		require.NoError(t, s.Close())
	})
	return s
}

func newClient(s *sandbox.Running, key string) im.IM {
	return im.NewIM(&im.Options{AppId: int(s.SDKAppID), AppSecret: key, UserId: s.Identifier})
}

// code is the ErrorCode as the client hands it on.
func code(t *testing.T, err error) int {
	t.Helper()
	var e im.Error
	require.ErrorAs(t, err, &e)
	return e.Code()
}

func TestSingleImport(t *testing.T) {
	s := startSandbox(t, sandbox.Config{})
	accounts := newClient(s, s.SecretKey).Account()
	require.NoError(t, accounts.ImportAccount(&account.Account{UserId: "u1", Nickname: "Ann", FaceUrl: "https://img.example.com/1.png"}))
	assert.Equal(t, []sandbox.Account{{UserID: "u1", Nick: "Ann", FaceURL: "https://img.example.com/1.png", Calls: 1}}, s.Accounts())

	err := accounts.ImportAccount(&account.Account{UserId: "a name of more than thirty-two bytes"})
	assert.Equal(t, 70402, code(t, err))
	imported, err := accounts.CheckAccount("u1")
	require.NoError(t, err)
	assert.True(t, imported)
	imported, err = accounts.CheckAccount("u2")
	require.NoError(t, err)
	assert.False(t, imported)
}

func TestBatchImportWithOneFailingAccount(t *testing.T) {
	s := startSandbox(t, sandbox.Config{})
	accounts := newClient(s, s.SecretKey).Account()
	failed, err := accounts.ImportAccounts("u1", "u2", "a name of more than thirty-two bytes")
	require.NoError(t, err)
	assert.Equal(t, []string{"a name of more than thirty-two bytes"}, failed)
	failed, err = accounts.ImportAccounts("u1", "u2")
	require.NoError(t, err)
	assert.Empty(t, failed)
	assert.Len(t, s.Accounts(), 2)
}

func TestWrongKey(t *testing.T) {
	s := startSandbox(t, sandbox.Config{})
	err := newClient(s, "another key").Account().ImportAccount(&account.Account{UserId: "u1"})
	assert.Equal(t, 70009, code(t, err))
	assert.Empty(t, s.Accounts())
}

func TestDeletionAndProfile(t *testing.T) {
	s := startSandbox(t, sandbox.Config{})
	client := newClient(s, s.SecretKey)
	require.NoError(t, client.Account().ImportAccount(&account.Account{UserId: "u1", Nickname: "Ann"}))
	p := profile.NewProfile("u1")
	p.SetNickname("Bea")
	p.SetGender(profile.GenderTypeFemale)
	require.NoError(t, client.Profile().SetProfile(p))
	got, err := client.Profile().GetProfiles([]string{"u1"}, []string{profile.StandardAttrNickname, profile.StandardAttrGender})
	require.NoError(t, err)
	require.Len(t, got, 1)
	nick, ok := got[0].GetNickname()
	assert.True(t, ok)
	assert.Equal(t, "Bea", nick)

	require.NoError(t, client.Account().DeleteAccount("u1"))
	assert.Equal(t, 70107, code(t, client.Account().DeleteAccount("u1")))
	err = client.Account().ImportAccount(&account.Account{UserId: "u1"})
	assert.Equal(t, 70399, code(t, err))
}

func TestLimitAndQuota(t *testing.T) {
	s := startSandbox(t, sandbox.Config{Rules: sandbox.Rules{Quota: 1, Limits: map[string]int{sandbox.AccountImport: 2}}})
	accounts := newClient(s, s.SecretKey).Account()
	require.NoError(t, accounts.ImportAccount(&account.Account{UserId: "u1"}))
	assert.Equal(t, 70398, code(t, accounts.ImportAccount(&account.Account{UserId: "u2"})))
}
