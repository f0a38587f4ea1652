package retry_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"imimport/retry"
)

func TestTriesAreBounded(t *testing.T) {
	for _, attempts := range []int{1, 2, 8, 50} {
		p := retry.Policy{MaxAttempts: attempts}
		assert.True(t, p.Left(attempts-1))
		assert.False(t, p.Left(attempts))
	}
	assert.True(t, retry.Policy{}.Left(retry.DefaultMaxAttempts-1))
	assert.False(t, retry.Policy{}.Left(retry.DefaultMaxAttempts))
}

func TestWaitsDoubleWithJitterUpToTheMaximum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		initial := time.Duration(rapid.Int64Range(1, int64(time.Second)).Draw(t, "initial"))
		longest := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "max"))
		s := retry.Policy{MaxAttempts: 100, Initial: initial, Max: longest}.Start()
		middle := min(initial, longest)
		for range 20 {
			wait := s.Next(0)
			assert.LessOrEqual(t, wait, min(middle+middle/2+1, longest))
			assert.GreaterOrEqual(t, wait, middle/2-1)
			middle = min(2*middle, longest)
		}
	})
}

func TestTheDefaultsOutlastHalfAMinuteOfOutage(t *testing.T) {
	p := retry.Policy{}.WithDefaults()
	assert.Equal(t, retry.Policy{MaxAttempts: 8, Initial: 500 * time.Millisecond, Max: 30 * time.Second}, p)
	least := time.Duration(0)
	for i, wait := 1, p.Initial/2; i < p.MaxAttempts; i, wait = i+1, 2*wait {
		least += min(wait, p.Max/2)
	}
	assert.Greater(t, least, 30*time.Second-1)
}

func TestRetryAfterIsHonouredUpToAMinute(t *testing.T) {
	s := retry.Policy{Initial: time.Millisecond}.Start()
	wait := s.Next(7 * time.Second)
	assert.Equal(t, 7*time.Second, wait)
	wait = s.Next(time.Hour)
	assert.Equal(t, time.Minute, wait)
	wait = s.Next(-time.Hour)
	assert.Positive(t, wait)
}
