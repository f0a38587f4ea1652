package verify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/profile"
	"imimport/pkg/sandbox"
	"imimport/pkg/verify"
	"imimport/retry"
)

// world is a service with accounts, and a file of rows.
func world(t *testing.T, rows int) (*sandbox.Running, verify.Config) {
	none := sandbox.None
	limits := map[string]int{"account_import": none, "multiaccount_import": none, "account_check": none, "portrait_get": none}
	running, err := sandbox.Start(sandbox.Config{PlainHTTP: true, Rules: sandbox.Rules{Limits: limits}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = running.Close() })
	client, err := im.New(im.Config{Endpoint: running.URL(), SDKAppID: running.SDKAppID, Identifier: running.Identifier, SecretKey: running.SecretKey, Connections: 8})
	require.NoError(t, err)
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("UserID,Nick,FaceUrl\n")
	var batch []im.Account
	for i := range rows {
		fmt.Fprintf(&b, "u%d,Nick %d,\n", i, i)
		nick := fmt.Sprint("Nick ", i)
		switch i % 1000 {
		case 17:
			continue // never imported
		case 18:
			nick = "another"
		}
		if batch = append(batch, im.Account{UserID: fmt.Sprint("u", i), Nick: nick, FaceURL: "https://a.example/x"}); len(batch) == 100 || i == rows-1 {
			require.Equal(t, im.ClassSuccess, client.ImportBatch(t.Context(), batch).Class)
			batch = batch[:0]
		}
	}
	if len(batch) > 0 {
		require.Equal(t, im.ClassSuccess, client.ImportBatch(t.Context(), batch).Class)
	}
	input := filepath.Join(dir, "users.csv")
	require.NoError(t, os.WriteFile(input, []byte(b.String()), 0o600))
	return running, verify.Config{Inputs: []string{input}, Dir: dir, Client: client, Rate: limiter.None, Workers: 8,
		Policy: retry.Policy{Initial: 1, Max: 1}, Log: slog.New(slog.DiscardHandler)}
}

func lines(t *testing.T, path string) []string {
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

func TestEachPlantedDifferenceIsFoundAndNothingElse(t *testing.T) {
	running, cfg := world(t, 5000)
	cfg.Profiles = true
	for name, scenario := range map[string]string{
		"calm":          "steps: []",
		"faults":        "steps: [{userid: \"u1?00\", attempt: 2, answer: http502}, {userid: \"u2?00\", attempt: 2-3, answer: reset}]",
		"broken answer": "steps: [{userid: \"u3?00\", attempt: 3-4, answer: html}, {userid: \"u4?00\", attempt: 3, answer: truncate}]",
		"expired sig":   fmt.Sprintf("usersig: {from_call: %d}", running.Stats().Calls+120),
	} {
		sc, err := sandbox.ParseScenario([]byte(scenario))
		require.NoError(t, err)
		require.NoError(t, running.SetScenario(sc))
		r, err := verify.Run(t.Context(), cfg)
		require.NoError(t, err, name)
		assert.EqualValues(t, 5000, r.Rows, name)
		assert.EqualValues(t, 4995, r.Present, name)
		assert.EqualValues(t, 5, r.Missing, name)
		assert.EqualValues(t, 5, r.Different, name)
		assert.False(t, r.Agrees())
		assert.Len(t, lines(t, r.MissingFile), 6, name)
		assert.Contains(t, lines(t, r.MissingFile), "u17,Nick 17,,18,,missing,the service has no such account,0", name)
		assert.Len(t, lines(t, r.DifferentFile), 6, name)
		assert.Contains(t, lines(t, r.DifferentFile), "u18,Nick 18,,19,,different,another Nick,0,another,https://a.example/x", name)
	}
}

// A code in place of an account's answer says nothing about the account.
func TestAnAccountIsMissingOnlyWhereTheServiceSaysSo(t *testing.T) {
	running, cfg := world(t, 300)
	cfg.Profiles = true
	sc, err := sandbox.ParseScenario([]byte(`steps:
  - {userid: u5, command: account_check, attempt: 2-4, answer: 70169}
  - {userid: u6, command: account_check, answer: 70169}
  - {userid: u7, command: account_check, answer: 70051}
  - {userid: u8, command: portrait_get, answer: 40006}
  - {userid: u9, command: portrait_get, attempt: 3-4, answer: 40006}
`))
	require.NoError(t, err)
	require.NoError(t, running.SetScenario(sc))
	r, err := verify.Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.EqualValues(t, 300, r.Rows)
	assert.EqualValues(t, 297, r.Present)
	assert.EqualValues(t, 1, r.Missing)
	assert.EqualValues(t, 2, r.NotKnown)
	assert.EqualValues(t, 1, r.NotCompared)
	assert.EqualValues(t, 1, r.Different)
	assert.Equal(t, []verify.CodeRows{{Code: 40006, Rows: 1, Meaning: im.Lookup(40006).Meaning}, {Code: 70051, Rows: 1, Meaning: im.Lookup(70051).Meaning},
		{Code: 70169, Rows: 1, Meaning: im.Lookup(70169).Meaning}}, r.ByCode)
	assert.EqualValues(t, 3+7+3+7, r.Requests, "3 calls of each command, and 8 tries")
	for path, id := range map[string]string{r.MissingFile: "u17", r.DifferentFile: "u18"} {
		found := lines(t, path)
		require.Len(t, found, 2)
		assert.Contains(t, found[1], id+",")
	}
	for _, r := range []verify.Result{{NotKnown: 1}, {NotCompared: 1}} {
		assert.False(t, r.Agrees())
	}
}

// panicking is a client that panics in one of its calls.
type panicking struct {
	verify.Client
	check, portraits bool
}

func (p panicking) Check(ctx context.Context, ids []string) ([]im.Result, im.Answer) {
	if p.check {
		panic("no such index")
	}
	return p.Client.Check(ctx, ids)
}

func (p panicking) Portraits(ctx context.Context, ids []string, fields []*profile.Field) ([]im.Profile, im.Answer) {
	if p.portraits {
		panic("no such index")
	}
	return p.Client.Portraits(ctx, ids, fields)
}

func TestAPanicIsAFaultAndLeavesNoFile(t *testing.T) {
	_, cfg := world(t, 300)
	cfg.Profiles = true
	for _, client := range []panicking{{cfg.Client, true, false}, {cfg.Client, false, true}} {
		cfg := cfg
		cfg.Client = client
		_, err := verify.Run(t.Context(), cfg)
		require.Equal(t, fault.Internal, fault.KindOf(err))
		assert.EqualError(t, err, "internal fault: no such index")
		left, err := os.ReadDir(cfg.Dir)
		require.NoError(t, err)
		assert.Len(t, left, 1, "the input alone")
	}
}

// gone is a service that cannot be reached.
type gone struct{ verify.Client }

func (gone) Check(context.Context, []string) ([]im.Result, im.Answer) {
	return nil, im.Answer{Class: im.ClassTransient, Err: errors.New("connect to 192.0.2.1:443: no route to host")}
}

func TestAServiceThatCannotBeReachedEndsAVerification(t *testing.T) {
	_, cfg := world(t, 300)
	cfg.Client, cfg.Policy = gone{cfg.Client}, retry.Policy{}
	for most, want := range map[time.Duration]float64{0: 60, 5 * time.Minute: 300} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			cfg.MaxOutage = most
			_, err := verify.Run(t.Context(), cfg)
			require.Equal(t, fault.Unreachable, fault.KindOf(err), "%v", err)
			assert.ErrorContains(t, err, "cannot reach the service: connect to 192.0.2.1:443: no route to host")
			assert.InDelta(t, want, time.Since(began).Seconds(), 3)
		})
	}
}

func TestWhatEndsAVerification(t *testing.T) {
	running, cfg := world(t, 300)
	stop := make(chan struct{})
	close(stop)
	stopped := cfg
	stopped.Stop = stop
	_, err := verify.Run(t.Context(), stopped)
	require.Equal(t, fault.Interrupted, fault.KindOf(err))

	wrong := cfg
	wrong.Client, err = im.New(im.Config{Endpoint: running.URL(), SDKAppID: running.SDKAppID, Identifier: running.Identifier, SecretKey: strings.Repeat("00", 32)})
	require.NoError(t, err)
	_, err = verify.Run(t.Context(), wrong)
	require.Equal(t, fault.Refused, fault.KindOf(err))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = verify.Run(ctx, cfg)
	require.Equal(t, fault.Interrupted, fault.KindOf(err))

	cfg.Inputs = []string{filepath.Join(cfg.Dir, "none.csv")}
	_, err = verify.Run(t.Context(), cfg)
	require.Equal(t, fault.Usage, fault.KindOf(err))
}

// table is a service with the accounts that an import of the rows leaves there, and a file of the rows.
func table(t *testing.T, accounts []im.Account, name, rows string) (*sandbox.Running, verify.Config) {
	running, cfg := world(t, 0)
	client := cfg.Client.(*im.Client)
	require.Equal(t, im.ClassSuccess, client.ImportBatch(t.Context(), accounts).Class)
	cfg.Inputs, cfg.Profiles = []string{filepath.Join(cfg.Dir, name)}, true
	require.NoError(t, os.WriteFile(cfg.Inputs[0], []byte(rows), 0o600))
	return running, cfg
}

// An earlier row of a UserID differs from what a right import has left there, and to import it would undo that.
func TestOfARepeatedUserIDTheRowThatWinsIsCompared(t *testing.T) {
	service := []im.Account{{UserID: "u1", Nick: "new"}, {UserID: "u2", Nick: "a"}}
	const outcomes = ",_row,_code,_class,_reason,_attempts\n"
	for name, c := range map[string]struct {
		file, rows string
		counts     distinct.Rule
		mapped     map[string]string
	}{
		"CSV":                       {"u.csv", "UserID,Nick\nu1,old\nu2,a\nu1,new\n", distinct.Last, nil},
		"an invalid row never wins": {"u.csv", "UserID,Nick\nu1,old\nu2,a\nu1,new\nu1,newest,surplus\n", distinct.Last, nil},
		"duplicates are rejected":   {"u.csv", "UserID,Nick\nu1,new\nu2,a\nu1,old\n", distinct.First, nil},
		"JSON lines":                {"u.jsonl", `{"UserID":"u1","Nick":"old"}` + "\n" + `{"UserID":"u2","Nick":"a"}` + "\n" + `{"UserID":"u1","Nick":"new"}` + "\n", distinct.Last, nil},
		"mapped columns":            {"u.csv", "key,alias\nu1,old\nu2,a\nu1,new\n", distinct.Last, map[string]string{"UserID": "key", "Nick": "alias"}},
		"a job's, in order":         {"u.csv", "UserID,Nick" + outcomes + "u1,old,1,0,success,,1\nu2,a,2,0,success,,1\nu1,new,3,0,success,,1\n", distinct.Last, nil},
		"a job's, after a retry": {"u.csv", "UserID,Nick" + outcomes + "u2,a,2,0,success,,1\nu1,new,3,0,success,,1\n" +
			"u1,old,1,0,success,\"not sent: row 3 has the same UserID, came later and was accepted\",1\n", distinct.Last, nil},
		"a job's, as JSON lines": {"u.jsonl", `{"UserID":"u1","Nick":"new","_row":3,"_code":0,"_class":"success","_reason":"","_attempts":1}` + "\n" +
			`{"UserID":"u2","Nick":"a","_row":2,"_code":0,"_class":"success","_reason":"","_attempts":1}` + "\n" +
			`{"UserID":"u1","Nick":"old","_row":1,"_code":0,"_class":"success","_reason":"","_attempts":1}` + "\n", distinct.Last, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, cfg := table(t, service, c.file, c.rows)
			cfg.Counts, cfg.Settled, cfg.Reader.Map = c.counts, strings.Contains(c.rows, "_row"), c.mapped
			r, err := verify.Run(t.Context(), cfg)
			require.NoError(t, err)
			assert.EqualValues(t, 2, r.Present)
			assert.EqualValues(t, 1, r.Repeated)
			assert.Zero(t, r.Different)
			assert.Equal(t, r.Rows, r.Present+r.Invalid+r.Repeated)
			assert.EqualValues(t, 2, r.Requests, "one for each command")
			assert.Equal(t, r.Invalid == 0, r.Agrees(), "a repeated row is no fault")
		})
	}
}

// What is imported from the files makes the accounts what the winning rows say, in whatever order the calls ended.
func TestTheFilesHaveEachUserIDOnceWithTheRowThatWins(t *testing.T) {
	const users, times = 700, 3
	var b strings.Builder
	b.WriteString("UserID,Nick\n")
	for i := range users * times {
		fmt.Fprintf(&b, "u%d,Nick %d\n", i%users, i)
	}
	running, cfg := table(t, []im.Account{{UserID: "u5", Nick: "Nick 5"}, {UserID: "u6", Nick: "Nick 1406"}}, "u.csv", b.String())
	sc, err := sandbox.ParseScenario([]byte("steps: [{userid: u1, command: account_check, attempt: 1, answer: http502}]"))
	require.NoError(t, err)
	require.NoError(t, running.SetScenario(sc))
	cfg.Budget = 1 // on the disk
	r, err := verify.Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.EqualValues(t, users*times, r.Rows)
	assert.EqualValues(t, users*(times-1), r.Repeated)
	assert.EqualValues(t, users-2, r.Missing)
	assert.EqualValues(t, 2, r.Present)
	assert.EqualValues(t, 7+1+1, r.Requests, "7 of account_check, one more try, one of portrait_get")
	missing := lines(t, r.MissingFile)[1:]
	require.Len(t, missing, users-2)
	for _, line := range missing {
		var user, nick, row int
		_, err := fmt.Sscanf(line, "u%d,Nick %d,%d,", &user, &nick, &row)
		require.NoError(t, err, line)
		assert.Equal(t, user+users*(times-1), nick)
		assert.Equal(t, nick+1, row)
	}
	assert.Equal(t, []string{"u5,Nick 1405,1406,,different,another Nick,0,Nick 5,"}, lines(t, r.DifferentFile)[1:])
	left, err := filepath.Glob(filepath.Join(cfg.Dir, ".*"))
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files are gone")
}

func TestStandardInputIsReadTwiceFromACopy(t *testing.T) {
	_, cfg := table(t, []im.Account{{UserID: "u1", Nick: "new"}, {UserID: "u2", Nick: "a"}}, "u.csv", "")
	cfg.Inputs = []string{"-"}
	for name, rows := range map[string]string{
		"CSV":        "UserID,Nick\nu1,old\nu2,a\nu1,new\n",
		"JSON array": `[{"UserID":"u1","Nick":"old"},{"UserID":"u2","Nick":"a"},{"UserID":"u1","Nick":"new"}]`,
		"UTF-16":     "\xff\xfeU\x00s\x00e\x00r\x00I\x00D\x00\n\x00u\x001\x00\n\x00u\x002\x00\n\x00u\x001\x00",
	} {
		cfg.Reader.Stdin = iotest.OneByteReader(strings.NewReader(rows))
		r, err := verify.Run(t.Context(), cfg)
		require.NoError(t, err, name)
		assert.True(t, r.Agrees(), name)
		assert.EqualValues(t, 2, r.Present, name)
		assert.EqualValues(t, 1, r.Repeated, name)
	}
	left, err := filepath.Glob(filepath.Join(cfg.Dir, ".*"))
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files are gone")
	cfg.Dir = filepath.Join(cfg.Dir, "none")
	_, err = verify.Run(t.Context(), cfg)
	require.ErrorContains(t, err, "make temporary file for standard input: ")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// answering has every account, and changes the input before its first answer: after the first reading.
type answering struct {
	verify.Client
	change func()
}

func (a *answering) Check(_ context.Context, ids []string) ([]im.Result, im.Answer) {
	a.change()
	results := make([]im.Result, len(ids))
	for i, id := range ids {
		results[i] = im.Result{UserID: id, AccountStatus: "Imported"}
	}
	return results, im.Answer{Class: im.ClassSuccess}
}

func TestAnInputThatChangesBetweenItsReadings(t *testing.T) {
	var b strings.Builder
	b.WriteString("UserID\n")
	for i := range 40_000 { // more than what is read ahead of the first call
		fmt.Fprintf(&b, "u%06d\n", i)
	}
	rows := b.String()
	other := strings.Replace(rows, "u039990", "u039991", 1)
	for name, c := range map[string]struct{ now, says string }{
		"it has grown":      {rows + "u040000\n", ""},
		"it is shorter":     {rows[:len(rows)-80], "became shorter while it was read"},
		"a row is another":  {other, "was rewritten while it was read"},
		"it is as it was":   {rows, ""},
		"a row became none": {strings.Replace(rows, "u039990\n", "\n\n\n\n\n\n\n\n", 1), "was rewritten while it was read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, cfg := table(t, []im.Account{{UserID: "u1"}}, "u.csv", rows)
			cfg.Profiles, cfg.Workers = false, 1
			cfg.Client = &answering{change: sync.OnceFunc(func() { require.NoError(t, os.WriteFile(cfg.Inputs[0], []byte(c.now), 0o600)) })}
			r, err := verify.Run(t.Context(), cfg)
			if c.says == "" {
				require.NoError(t, err)
				assert.EqualValues(t, 40_000, r.Rows, "rows of the first reading")
				return
			}
			require.Equal(t, fault.Changed, fault.KindOf(err))
			assert.ErrorContains(t, err, c.says)
		})
	}
}

// A row whose number another one has could be taken for that one, and nobody would be asked about it.
func TestAJobsRowsThatHaveOneNumberAreRefused(t *testing.T) {
	const header = "UserID,_row,_code,_class,_reason,_attempts\n"
	for name, rows := range map[string]string{
		"of two accounts": "u1,1,0,success,,1\nu2,1,0,success,,1\nu1,3,0,success,,1\n",
		"of one account":  "u1,1,0,success,,1\nu2,2,0,success,,1\nu1,1,0,success,,1\n",
	} {
		_, cfg := table(t, []im.Account{{UserID: "u1"}, {UserID: "u2"}}, "u.csv", header+rows)
		cfg.Settled = true
		_, err := verify.Run(t.Context(), cfg)
		require.Equal(t, fault.Input, fault.KindOf(err), name)
		assert.ErrorContains(t, err, "_row 1 is there twice", name)
	}
}
