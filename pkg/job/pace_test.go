package job_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/job"
)

func TestAccountsPerSecondAreALittleBelowTheLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options job.Options
		want    float64
	}{
		{job.Options{}, 199},
		{job.Options{Batch: 1}, 199},
		{job.Options{Batch: 100}, 9950},
		{job.Options{Rate: 100}, 99.5},
		{job.Options{Rate: 50, Batch: 10}, 497.5},
		{job.Options{Rate: -1}, 0},
	} {
		assert.InDelta(t, c.want, c.options.AccountsPerSecond(), 0.001, "%+v", c.options)
	}
}
