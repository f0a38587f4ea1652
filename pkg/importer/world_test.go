package importer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/checkpoint"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/profile"
	"imimport/reader"
	"imimport/report"
)

// source is an input of n rows; user names a row's UserID.
type source struct {
	n    int64
	user func(row int64) string
	gift func(row int64) string // its Location, "" for none; nil gives none
	next int64
	fail error // instead of io.EOF
}

func (s *source) Read(row *reader.Row) error {
	if s.next == s.n {
		if s.fail != nil {
			return s.fail
		}
		return io.EOF
	}
	s.next++
	*row = reader.Row{Number: s.next, Line: s.next + 1, End: position(s.next), UserID: s.user(s.next), Size: 100}
	if s.gift != nil && s.gift(s.next) != "" {
		row.Profile = []profile.Value{{Field: location, Text: s.gift(s.next)}}
	}
	if row.UserID == "" {
		row.Fault = &reader.RowError{File: "users.csv", Line: row.Line, Kind: "no_userid", Msg: "no UserID"}
	}
	return nil
}

var location, _ = profile.Find("Location")

func (s *source) Bytes() (done, total int64) { return s.next * 10, s.n * 10 }

func position(row int64) reader.Position {
	return reader.Position{Offset: row * 10, Line: row + 1, Row: row}
}

// service answers by script, and checks what no client may do: two rows of one UserID in flight at once.
type service struct {
	mu       sync.Mutex
	latency  time.Duration
	answer   func(user string, nth int) im.Answer
	batch    func(users []string, nth int) im.Answer // nil: each account by answer
	calls    map[string]int
	inFlight map[string]bool
	accounts map[string]string                    // UserID to the Nick of the last success
	portrait func(user string, nth int) im.Answer // nil is answer
	profiles map[string]string                    // UserID to its Location
	sets     int                                  // calls of portrait_set
	strange  int                                  // of them, those for an account that was not imported
	overlaps int
	most     int // in flight at once
	requests int
	batches  int
	sizes    []int
	signed   int
	resign   error
	window   limiter.Window
}

func (s *service) Import(ctx context.Context, a im.Account) im.Answer {
	written(ctx)
	s.enter(a.UserID)
	ans := s.wait(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inFlight, a.UserID)
	if ans.Err != nil {
		return ans
	}
	s.calls[a.UserID]++
	ans = s.answer(a.UserID, s.calls[a.UserID])
	if ans.Class == im.ClassSuccess {
		s.accounts[a.UserID] = a.Nick
	}
	return ans
}

// written does what net/http does for a call that it has written.
func written(ctx context.Context) {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

func (s *service) ImportBatch(ctx context.Context, accounts []im.Account) im.Answer {
	written(ctx)
	users := make([]string, len(accounts))
	for i, a := range accounts {
		users[i] = a.UserID
		s.enter(a.UserID)
	}
	ans := s.wait(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches++
	s.sizes = append(s.sizes, len(users))
	for _, u := range users {
		delete(s.inFlight, u)
	}
	if ans.Err != nil {
		return ans
	}
	if s.batch != nil {
		if ans := s.batch(users, s.batches); ans.Class != im.ClassSuccess {
			return ans
		}
	}
	ok := success()
	for _, a := range accounts {
		if s.answer(a.UserID, 1).Class == im.ClassSuccess {
			s.accounts[a.UserID] = a.Nick
		} else {
			ok.Failed = append(ok.Failed, a.UserID)
		}
	}
	return ok
}

func (s *service) SetPortrait(ctx context.Context, user string, items []im.ProfileItem) im.Answer {
	written(ctx)
	s.enter(user)
	ans := s.wait(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inFlight, user)
	if ans.Err != nil {
		return ans
	}
	if s.sets++; s.portrait == nil {
		s.portrait = s.answer
	}
	if _, there := s.accounts[user]; !there {
		s.strange++
	}
	s.calls[user+"/profile"]++
	ans = s.portrait(user+"/profile", s.calls[user+"/profile"])
	if ans.Class == im.ClassSuccess {
		s.profiles[user] = items[0].Value.(string)
	}
	return ans
}

func (s *service) enter(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.inFlight[user] {
		s.overlaps++
	}
	s.inFlight[user] = true
	s.most = max(s.most, len(s.inFlight))
	s.window.Add(time.Now())
}

func (s *service) wait(ctx context.Context) im.Answer {
	if s.latency == 0 {
		return im.Answer{}
	}
	t := time.NewTimer(s.latency)
	defer t.Stop()
	select {
	case <-t.C:
		return im.Answer{}
	case <-ctx.Done():
		return im.Answer{Class: im.ClassTransient, Err: ctx.Err()}
	}
}

func (s *service) Resign(im.Answer) error { s.signed++; return s.resign }

func newService(answer func(user string, nth int) im.Answer) *service {
	return &service{answer: answer, latency: 20 * time.Millisecond,
		calls: map[string]int{}, inFlight: map[string]bool{}, accounts: map[string]string{}, profiles: map[string]string{}}
}

func success() im.Answer { return im.Answer{HasCode: true, HTTPStatus: 200, Class: im.ClassSuccess} }
func code(code int) im.Answer {
	return im.Answer{HasCode: true, HTTPStatus: 200, Code: code, Class: im.ClassOf(code)}
}
func broken() im.Answer {
	return im.Answer{Class: im.ClassTransient, Err: errors.New("connection reset")}
}

// ledger keeps the outcome lines in memory, as files do: what was flushed before a checkpoint counts.
type ledger struct {
	mu    sync.Mutex
	lines [3][]report.Settled
	fail  func() error
}

func (l *ledger) Append(s *report.Settled) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		if err := l.fail(); err != nil {
			return err
		}
	}
	l.lines[s.Outcome] = append(l.lines[s.Outcome], *s)
	return nil
}

func (l *ledger) Flush() (written report.Written, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		err = l.fail()
	}
	for o := range l.lines {
		written.Lengths[o] = int64(len(l.lines[o]))
	}
	return written, err
}

func (l *ledger) cut(lengths report.Lengths) {
	for o := range l.lines {
		l.lines[o] = l.lines[o][:lengths[o]]
	}
}

// job is an input, a service and what a job directory keeps.
type job struct {
	src      func() *source
	service  *service
	ledger   ledger
	saved    checkpoint.State
	saveFail func() error
}

func newJob(n int64, answer func(user string, nth int) im.Answer) *job {
	return &job{service: newService(answer), saved: checkpoint.State{Job: "j", Pass: 1},
		src: func() *source { return &source{n: n, user: func(row int64) string { return fmt.Sprintf("u%d", row) }} }}
}

// run is one process's work on the job, from its last checkpoint.
func (j *job) run(ctx context.Context, t testing.TB, change func(*importer.Config)) importer.Result {
	j.ledger.cut(j.saved.Lengths)
	src := j.src()
	src.next = j.saved.Watermark.Row
	single, err := limiter.New(200)
	require.NoError(t, err)
	cfg := importer.Config{
		Source: src, Client: j.service, Ledger: &j.ledger, From: j.saved, Names: []string{"users.csv"},
		Lanes: []importer.Lane{{Command: im.AccountImport, Limiter: single}}, Workers: 40, Endpoint: "https://im.example.com", Log: slog.New(slog.DiscardHandler),
		Save: func(s *checkpoint.State) error {
			if j.saveFail != nil {
				if err := j.saveFail(); err != nil {
					return err
				}
			}
			j.saved = *s
			return nil
		},
	}
	if change != nil {
		change(&cfg)
	}
	result := importer.Run(ctx, cfg)
	j.requireSums(t, result)
	return result
}

// profiled puts a lane for profiles behind the single one.
func profiled(cfg *importer.Config) {
	l, _ := limiter.New(im.PortraitSet.PerSecond)
	cfg.Lanes = append(cfg.Lanes, importer.Lane{Command: im.PortraitSet, Limiter: l})
}

// batched puts a lane of calls of several rows before the single one.
func batched(cfg *importer.Config, size int) {
	if size > 1 {
		batch, _ := limiter.New(im.MultiaccountImport.PerSecond)
		cfg.Lanes = append([]importer.Lane{{Command: im.MultiaccountImport, Limiter: batch, Size: size}}, cfg.Lanes...)
	}
}

// requireSums holds on every exit path: the sums are true, and what the checkpoint counts on is in the
// outcome files, each row once.
func (j *job) requireSums(t testing.TB, result importer.Result) {
	s := result.State
	require.Equal(t, j.saved, s, "a result is what was saved last")
	j.ledger.cut(s.Lengths)
	seen := map[int64]report.Outcome{}
	for o, lines := range j.ledger.lines {
		for _, line := range lines {
			if before, twice := seen[line.Row]; twice {
				require.Failf(t, "a row has two outcomes", "row %d is in %v and %v", line.Row, before, report.Outcome(o))
			}
			seen[line.Row] = report.Outcome(o)
		}
	}
	require.EqualValues(t, len(seen), s.Tally.Settled())
	require.EqualValues(t, len(j.ledger.lines[report.Succeeded]), s.Tally.Succeeded)
	require.EqualValues(t, len(j.ledger.lines[report.Failed]), s.Tally.Failed)
	require.EqualValues(t, len(j.ledger.lines[report.QuotaExceeded]), s.Tally.QuotaExceeded)
	require.GreaterOrEqual(t, result.Read, s.Tally.Settled())
	for row := int64(1); row <= s.Watermark.Row; row++ {
		if _, settled := seen[row]; !settled {
			require.Failf(t, "a row before the watermark has no outcome", "row %d", row)
		}
	}
	ranges := s.Ranges
	for row := s.Watermark.Row + 1; row <= result.Read+1; row++ {
		if _, settled := seen[row]; settled != ranges.Contains(row) {
			require.Failf(t, "the ranges are wrong", "row %d, watermark %d, ranges %v", row, s.Watermark.Row, s.Ranges)
		}
	}
	require.Zero(t, j.service.overlaps, "two rows of one UserID were in flight at once")
	require.Zero(t, j.service.strange, "a profile was set before its account was imported")
}

// outcomes are the settled rows by number.
func (j *job) outcomes() map[int64]report.Settled {
	all := map[int64]report.Settled{}
	for _, lines := range j.ledger.lines {
		for _, line := range lines {
			all[line.Row] = line
		}
	}
	return all
}
