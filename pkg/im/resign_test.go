package im_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/sandbox"
)

// judge is a service that looks at UserSigs alone.
type judge struct {
	mu   sync.Mutex
	code map[string]int // by UserSig; the answer to others is fresh
	sigs []string       // in the order in which they came first

	fresh int
	date  string
}

func (j *judge) RoundTrip(r *http.Request) (*http.Response, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	sig := r.URL.Query().Get("usersig")
	code, known := j.code[sig]
	if !known {
		if j.code == nil {
			j.code = map[string]int{}
		}
		code, j.code[sig] = j.fresh, j.fresh
		j.sigs = append(j.sigs, sig)
	}
	body := fmt.Sprintf(`{"ActionStatus":"%s","ErrorInfo":"","ErrorCode":%d}`, map[bool]string{true: "OK", false: "FAIL"}[code == 0], code)
	return &http.Response{StatusCode: 200, Header: http.Header{"Date": {j.date}}, Body: io.NopCloser(bytes.NewReader([]byte(body)))}, nil
}

// turn gives the UserSigs so far, and the coming ones, another answer.
func (j *judge) turn(code, fresh int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for sig := range j.code {
		j.code[sig] = code
	}
	j.fresh = fresh
}

func send(t *testing.T, c *im.Client, want int) im.Answer {
	t.Helper()
	a := c.Import(t.Context(), im.Account{UserID: "u1"})
	require.Equal(t, want, a.Code)
	return a
}

func hintOf(t *testing.T, err error) string {
	t.Helper()
	require.Equal(t, fault.Refused, fault.KindOf(err))
	return fault.HintOf(err).String()
}

func TestManyRefusalsOfOneUserSigCauseOneNewOne(t *testing.T) {
	j := &judge{}
	c := newClient(t, "https://im.example.com", withTransport(j))
	send(t, c, 0)
	j.turn(70001, 0)
	refusals := make([]im.Answer, 50)
	for i := range refusals {
		refusals[i] = send(t, c, 70001)
		require.Equal(t, im.ClassResign, refusals[i].Class)
	}
	var group sync.WaitGroup
	for _, a := range refusals {
		group.Go(func() { assert.NoError(t, c.Resign(a)) })
	}
	group.Wait()
	send(t, c, 0)
	assert.Len(t, j.sigs, 2)
	assert.NoError(t, c.Resign(refusals[0]), "an old answer comes late")
	send(t, c, 0)
	assert.Len(t, j.sigs, 2)
}

func TestANewUserSigThatIsRefusedAtOnceEndsTheRun(t *testing.T) {
	for _, code := range []int{70001, 70052, 70347} {
		j := &judge{fresh: code}
		c := newClient(t, "https://im.example.com", withTransport(j))
		require.NoError(t, c.Resign(send(t, c, code)), "the first is made anew")
		err := c.Resign(send(t, c, code))
		require.ErrorContains(t, err, "just made is refused")
		for _, setting := range []string{"clock", "sdkappid", "secret-key-file"} {
			assert.Contains(t, hintOf(t, err), setting)
		}
		assert.Len(t, j.sigs, 2)
	}
}

func TestAUserSigThatWasAcceptedMayBeRefusedAgainLater(t *testing.T) {
	j := &judge{}
	c := newClient(t, "https://im.example.com", withTransport(j))
	for range 5 {
		send(t, c, 0)
		j.turn(70001, 0)
		require.NoError(t, c.Resign(send(t, c, 70001)))
	}
	j.turn(70001, 70402) // an answer about the account says that the UserSig is good
	require.NoError(t, c.Resign(send(t, c, 70402)))
	send(t, c, 70402)
	j.turn(70001, 0)
	assert.NoError(t, c.Resign(send(t, c, 70001)))
	send(t, c, 0)
}

func TestAThrottleAnswerSaysNothingOfTheUserSig(t *testing.T) {
	j := &judge{fresh: 70001}
	c := newClient(t, "https://im.example.com", withTransport(j))
	require.NoError(t, c.Resign(send(t, c, 70001)))
	j.turn(70001, 60007)
	send(t, c, 60007)
	j.turn(70001, 70001)
	assert.Error(t, c.Resign(send(t, c, 70001)))
}

func TestAReadyUserSigCannotBeMadeAnew(t *testing.T) {
	j := &judge{}
	c := newClient(t, "https://im.example.com", func(cfg *im.Config) { cfg.Transport, cfg.SecretKey, cfg.UserSig = j, "", "eJw-ready" })
	send(t, c, 0)
	j.turn(70001, 0)
	err := c.Resign(send(t, c, 70001))
	require.ErrorContains(t, err, "ready UserSig")
	assert.Contains(t, hintOf(t, err), "usersig-file")
	assert.Equal(t, []string{"eJw-ready"}, j.sigs)
}

func TestABlockOfAMinuteEndsTheRunOnlyWhenItOutlastsTheMinute(t *testing.T) {
	for name, change := range map[string]func(*im.Config){
		"key":   func(*im.Config) {},
		"ready": func(cfg *im.Config) { cfg.SecretKey, cfg.UserSig = "", "eJw-ready" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := &judge{}
				c := newClient(t, "https://im.example.com", func(cfg *im.Config) { change(cfg); cfg.Transport = j })
				send(t, c, 0)
				j.turn(70050, 70050)
				for range 3 {
					require.NoError(t, c.Resign(send(t, c, 70050)))
				}
				assert.LessOrEqual(t, len(j.sigs), 2, "hundreds of them do not cause hundreds of UserSigs")
				time.Sleep(time.Minute)
				j.turn(0, 0)
				send(t, c, 0)

				j.turn(70050, 70050)
				late := send(t, c, 70050)
				require.NoError(t, c.Resign(late), "another block, another minute")
				time.Sleep(time.Minute)
				err := c.Resign(send(t, c, 70050))
				require.ErrorContains(t, err, "longer than a minute")
				assert.Contains(t, hintOf(t, err), "secret-key-file")
			})
		})
	}
}

func TestAWrongClockIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for offset, want := range map[time.Duration]string{
			time.Hour:         "1h0m behind",
			-26 * time.Hour:   "26h0m ahead of",
			4 * time.Minute:   "",
			-10 * time.Minute: "10m ahead of",
		} {
			j := &judge{fresh: 70001, date: time.Now().Add(offset).UTC().Format(http.TimeFormat)}
			c := newClient(t, "https://im.example.com", withTransport(j))
			a := send(t, c, 70001)
			require.NoError(t, c.Resign(a))
			err := c.Resign(send(t, c, 70001))
			for _, hint := range []string{a.Hint().String(), hintOf(t, err)} {
				assert.Contains(t, hint, "secret-key-file")
				if want == "" {
					assert.NotContains(t, hint, "clock is")
				} else {
					assert.Contains(t, hint, "this machine's clock is "+want+" the service's")
				}
			}
			j.turn(70402, 70402)
			assert.NotContains(t, send(t, c, 70402).Hint().String(), "clock")
		}
	})
}

func TestUserSigsAreTheVendorsAndRenewedADayBeforeTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &judge{}
		c := newClient(t, "https://im.example.com", withTransport(j))
		generations := map[uint64]bool{}
		for range 20 {
			a := send(t, c, 0)
			generations[a.SignedBy] = true
			sig := j.sigs[len(j.sigs)-1]
			for _, later := range []time.Duration{0, 23 * time.Hour} {
				assert.NoError(t, tencentyun.VerifyUserSig(1400000000, key, "administrator", sig, time.Now().Add(later)))
			}
			time.Sleep(24 * time.Hour)
		}
		assert.Len(t, generations, 4)
		assert.Len(t, j.sigs, 4)
	})
}

func TestAUserSigOfTheScheduleThatIsRefusedIsMadeAnewOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &judge{}
		c := newClient(t, "https://im.example.com", withTransport(j))
		send(t, c, 0)
		time.Sleep(6 * 24 * time.Hour)
		j.turn(70001, 70001)
		a := send(t, c, 70001)
		j.turn(70001, 0)
		require.NoError(t, c.Resign(a))
		send(t, c, 0)
	})
}

func TestTwoUserSigsOfOneSecondDiffer(t *testing.T) {
	running, err := sandbox.Start(sandbox.Config{PlainHTTP: true, Scenario: sandbox.Scenario{UserSig: sandbox.UserSigRule{FromCall: 2}}})
	require.NoError(t, err)
	t.Cleanup(func() { running.Close() })
	c := newClient(t, running.URL(), func(cfg *im.Config) {
		cfg.SDKAppID, cfg.Identifier, cfg.SecretKey = running.SDKAppID, running.Identifier, running.SecretKey
	})
	send(t, c, 0)
	require.NoError(t, c.Resign(send(t, c, 70001)))
	send(t, c, 0)
}
