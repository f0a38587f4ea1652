package decide_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/decide"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/retry"
)

// situations are what can be known beside an answer.
var situations = map[string]decide.Facts{
	"first try":           {Rows: 1, Reached: true, TriesLeft: true, Resigns: 1},
	"tries used up":       {Rows: 1, Reached: true, Resigns: 1},
	"batch":               {Rows: 100, Reached: true, TriesLeft: true, Resigns: 1},
	"small batch":         {Rows: 3, Reached: true, TriesLeft: true, Resigns: 1},
	"batch used up":       {Rows: 100, Reached: true, Resigns: 1},
	"batch, singly":       {Rows: 100, Reached: true, Singly: true, Resigns: 1},
	"never reached":       {Rows: 1, Resigns: 1},
	"outage":              {Rows: 1, Reached: true, Outage: true, Resigns: 1},
	"killed":              {Rows: 1, Killed: true, Reached: true, TriesLeft: true, Resigns: 1},
	"signed anew":         {Rows: 1, Reached: true, TriesLeft: true, Resigns: 5},
	"signed too often":    {Rows: 1, Reached: true, TriesLeft: true, Resigns: 6},
	"cannot sign":         {Rows: 1, Reached: true, TriesLeft: true, Resigns: 1, Resigned: errors.New("no key")},
	"cannot sign, again":  {Rows: 1, Reached: true, TriesLeft: true, Resigns: 2, Resigned: errors.New("no key")},
	"asks":                {Rows: 100, Asks: true, Reached: true, TriesLeft: true, Resigns: 1},
	"asks, used up":       {Rows: 100, Asks: true, Reached: true, Singly: true, Resigns: 1},
	"asks, never reached": {Rows: 100, Asks: true, Resigns: 1},
}

// table is the decision for each class: "" is the one for every situation that is not named.
var table = map[im.Class]map[string]decide.Action{
	im.ClassSuccess: {"": decide.Settle},
	im.ClassTransient: {"": decide.Later, "tries used up": decide.Fail, "batch used up": decide.Fail, "batch, singly": decide.OneByOne,
		"killed": decide.Leave, "asks, used up": decide.Fail},
	im.ClassThrottle: {"": decide.SlowDown},
	im.ClassResign:   {"": decide.Again, "signed too often": decide.Stop, "cannot sign, again": decide.Stop},
	im.ClassRow: {"": decide.Fail, "small batch": decide.OneByOne, "batch": decide.Halve, "batch used up": decide.Halve, "batch, singly": decide.Halve,
		"asks": decide.Stop, "asks, used up": decide.Stop, "asks, never reached": decide.Stop},
	im.ClassQuota: {"": decide.Quota, "small batch": decide.OneByOne, "batch": decide.OneByOne, "batch used up": decide.OneByOne, "batch, singly": decide.OneByOne,
		"asks": decide.Stop, "asks, used up": decide.Stop, "asks, never reached": decide.Stop},
	im.ClassFatal: {"": decide.Stop},
}

// codes are one of each class.
var codes = map[im.Class]int{im.ClassTransient: 70500, im.ClassThrottle: 60007, im.ClassResign: 70001, im.ClassRow: 70402, im.ClassQuota: 70398, im.ClassFatal: 60026}

func TestEveryClassHasItsDecisionInEverySituation(t *testing.T) {
	classes := 0
	for class := im.Class(0); !strings.HasPrefix(class.String(), "Class("); class++ {
		classes++
		actions, known := table[class]
		require.True(t, known, "class %s has no decisions", class)
		for name, f := range situations {
			want, special := actions[name]
			if !special {
				want = actions[""]
			}
			f.Answer = &im.Answer{Class: class, Code: codes[class], HasCode: true, HTTPStatus: 200}
			f.Wait = time.Second
			v := decide.Decide(f)
			assert.Equal(t, want, v.Do, "%s, %s", class, name)
			stops := want == decide.Stop || want == decide.Quota || f.Asks && want == decide.Fail
			assert.Equal(t, stops, v.Fault != nil, "%s, %s: who stops says why", class, name)
			if v.Fault != nil {
				kind := fault.Refused
				if want == decide.Quota {
					kind = fault.Quota
				}
				assert.Equal(t, kind, v.Fault.Kind, "%s, %s", class, name)
				assert.False(t, v.Fault.Hint.IsZero(), "%s, %s", class, name)
			}
			if want == decide.Later {
				assert.Equal(t, time.Second, v.Wait)
			}
			parted := class != im.ClassTransient && (want == decide.Halve || want == decide.OneByOne) // the answer is to one of them
			assert.Equal(t, class != im.ClassThrottle && class != im.ClassResign && want != decide.Leave && !parted && !(class == im.ClassTransient && f.Outage), v.Try, "%s, %s", class, name)
			assert.Zero(t, v.PauseAll)
		}
	}
	require.Len(t, table, classes)
	v := decide.Decide(decide.Facts{Answer: &im.Answer{Class: im.Class(classes)}})
	assert.Equal(t, decide.Stop, v.Do)
	assert.Equal(t, fault.Internal, v.Fault.Kind, "a class that nobody decided about is a mistake of the program")
}

func TestABlockedAppPausesEverybodyForAMinute(t *testing.T) {
	for name, f := range situations {
		f.Answer = &im.Answer{Class: im.ClassResign, Code: 70050, HasCode: true}
		if v := decide.Decide(f); v.Do == decide.Again {
			assert.Equal(t, time.Minute, v.PauseAll, name)
		}
	}
}

func TestACallIsSentAgainUntilItsTriesOrItsUserSigsAreUsedUp(t *testing.T) {
	never := func(im.Answer) error { panic("no UserSig was refused") }
	policy := retry.Policy{MaxAttempts: 3, Initial: time.Second, Max: time.Second}
	var c decide.Call
	f := decide.Facts{Answer: &im.Answer{Class: im.ClassTransient, RetryAfter: 20 * time.Second}, Rows: 1, Reached: true, TriesLeft: true}
	for range 2 {
		v := c.Answered(f, policy, never)
		assert.Equal(t, decide.Later, v.Do)
		assert.Equal(t, 20*time.Second, v.Wait)
		assert.True(t, c.Retried())
	}
	f.TriesLeft = false
	assert.Equal(t, decide.Fail, c.Answered(f, policy, never).Do)

	c, asked := decide.Call{}, 0
	f.Answer = &im.Answer{Class: im.ClassResign, Code: 70001, HasCode: true}
	resign := func(im.Answer) error { asked++; return nil }
	for range 5 {
		assert.Equal(t, decide.Again, c.Answered(f, policy, resign).Do)
	}
	v := c.Answered(f, policy, resign)
	assert.Equal(t, decide.Stop, v.Do)
	assert.ErrorContains(t, v.Fault, "again and again: 70001")
	assert.Equal(t, 6, asked)
	assert.False(t, c.Retried())
}

func TestAWrongAddressStopsTheRunAfterThreeTries(t *testing.T) {
	for _, a := range []im.Answer{{NoSuchHost: true}, {HTTPStatus: 301}, {HTTPStatus: 404}} {
		a.Class = im.ClassTransient
		for used, want := range []decide.Action{decide.Later, decide.Later, decide.Stop} {
			v := decide.Decide(decide.Facts{Answer: &a, Rows: 1, Used: used, TriesLeft: true})
			assert.Equal(t, want, v.Do)
			assert.Equal(t, decide.Later, decide.Decide(decide.Facts{Answer: &a, Rows: 1, Used: used, TriesLeft: true, Reached: true}).Do)
		}
		assert.Equal(t, decide.Stop, decide.Decide(decide.Facts{Answer: &a, Rows: 1}).Do, "or as few as there are")
	}
}

func TestAnAnswerOfAnotherAddressReachesNobody(t *testing.T) {
	for status, reached := range map[int]bool{0: false, 200: true, 301: false, 403: false, 404: false, 408: true, 425: true, 429: true, 502: true} {
		assert.Equal(t, reached, decide.Reaches(&im.Answer{HTTPStatus: status}), status)
	}
}
