package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/job"
)

func TestTargetOfTheHighestLayerCounts(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want job.Target
		err  string
	}{
		"a flag over the environment":   {map[string]string{"IMIMPORT_REGION": "china"}, []string{"--sandbox"}, job.Target{Sandbox: true}, ""},
		"a region over a sandbox":       {map[string]string{"IMIMPORT_SANDBOX": "1"}, []string{"--region", "seoul"}, job.Target{Region: "seoul"}, ""},
		"an endpoint over a region":     {map[string]string{"IMIMPORT_REGION": "china"}, []string{"--endpoint", "https://a.example/"}, job.Target{Endpoint: "https://a.example"}, ""},
		"a sandbox that is taken back":  {map[string]string{"IMIMPORT_SANDBOX": "1", "IMIMPORT_REGION": "china"}, []string{"--sandbox=false"}, job.Target{Region: "china"}, ""},
		"two of one layer":              {nil, []string{"--sandbox", "--region", "china"}, job.Target{}, "--sandbox and --region: give one of them"},
		"two variables":                 {map[string]string{"IMIMPORT_REGION": "china", "IMIMPORT_ENDPOINT": "https://a.example"}, nil, job.Target{}, "IMIMPORT_REGION and IMIMPORT_ENDPOINT: give one of them"},
		"two variables below one flag":  {map[string]string{"IMIMPORT_REGION": "china", "IMIMPORT_ENDPOINT": "https://a.example"}, []string{"--sandbox"}, job.Target{Sandbox: true}, ""},
		"two flags above one variable":  {map[string]string{"IMIMPORT_SANDBOX": "1"}, []string{"--region", "china", "--endpoint", "https://a.example"}, job.Target{}, "--region and --endpoint: give one of them"},
		"nothing is said":               {nil, nil, job.Target{}, ""},
		"a sandbox that is not to be":   {nil, []string{"--sandbox=false"}, job.Target{}, ""},
		"no sandbox over one in a file": {nil, []string{"--sandbox=no", "--endpoint", "https://a.example"}, job.Target{Endpoint: "https://a.example"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := resolved(t, c.env, c.args...)
			require.NoError(t, err)
			if err := s.chooseTarget(); c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			assert.Equal(t, c.want, s.options.Target)
		})
	}
}

func TestJobKeepsItsSettingsOverTheEnvironmentAndTakesFlags(t *testing.T) {
	env := map[string]string{"IMIMPORT_RATE": "10", "IMIMPORT_WORKERS": "3", "IMIMPORT_ENCODING": "gbk", "IMIMPORT_REGION": "china", "IMIMPORT_SDKAPPID": "7", "IMIMPORT_LIMIT": "5"}
	s, err := resolved(t, env, "--timeout", "3s", "--max-errors", "none", "--on-quota", "continue")
	require.NoError(t, err)
	require.NoError(t, s.chooseTarget())
	target := job.Target{Endpoint: "https://a.example", SDKAppID: 1, Identifier: "admin"}
	o := job.Options{Target: target, Rate: 50, Timeout: time.Second, OnQuota: "stop"}
	require.NoError(t, s.overlay(&o))
	assert.Equal(t, job.Options{
		Target:  target,
		Rate:    50,              // the job's own
		Timeout: 3 * time.Second, // a flag
		OnQuota: "continue",
		Workers: 3, // the job was not asked
		Limit:   5,
	}, o)
	assert.Equal(t, "IMIMPORT_REGION and IMIMPORT_SDKAPPID: not where this job goes, and left aside: it goes to https://a.example, app 1", s.otherTarget(target))
	assert.Empty(t, s.otherTarget(job.Target{Sandbox: true}))
}

func TestFlagsNameAnotherTargetForTheJobToRefuse(t *testing.T) {
	s, err := resolved(t, nil, "--region", "tokyo", "--sdkappid", "2", "--identifier", "ann", "--encoding", "big5", "--strict")
	require.NoError(t, err)
	require.NoError(t, s.chooseTarget())
	o := job.Options{Target: job.Target{Sandbox: true, Endpoint: "https://127.0.0.1:1", SDKAppID: 1, Identifier: "administrator"}}
	require.NoError(t, s.overlay(&o))
	assert.Equal(t, job.Options{Encoding: "big5", Strict: true,
		Target: job.Target{Region: "tokyo", Endpoint: "https://adminapijpn.im.qcloud.com", SDKAppID: 2, Identifier: "ann"}}, o)
}
