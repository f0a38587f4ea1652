package job_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/job"
)

func TestAccountsPerSecondHaveTheHeadroomTakenOff(t *testing.T) {
	t.Parallel()
	none, ten := 0.0, 10.0
	for _, c := range []struct {
		options job.Options
		want    float64
	}{
		{job.Options{}, 195},
		{job.Options{Batch: 1}, 195},
		{job.Options{Batch: 100}, 9750},
		{job.Options{Rate: 100}, 97.5},
		{job.Options{Rate: 50, Batch: 10}, 487.5},
		{job.Options{Rate: 100, Headroom: &ten}, 90},
		{job.Options{Rate: -1}, 0},
		{job.Options{Rate: 10, Headroom: &none}, 0}, // refused
	} {
		assert.InDelta(t, c.want, c.options.AccountsPerSecond(), 0.001, "%+v", c.options)
	}
}
