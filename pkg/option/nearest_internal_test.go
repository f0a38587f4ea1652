package option

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNearestIsWhatWasProbablyMeant(t *testing.T) {
	known := []string{"rate", "region", "retry-max", "max-errors", "secret-key-file", "metrics-addr", "json"}
	for typed, want := range map[string]string{
		"raet": "rate", "reigon": "region", "Region": "region", "max_errors": "max-errors", "maxerrors": "max-errors",
		"metrics": "metrics-addr", "secret-key-fil": "secret-key-file", "retrymax": "retry-max",
		"colour": "", "x": "", "": "", "jason": "json",
	} {
		assert.Equal(t, want, Nearest(typed, known), typed)
	}
}

func TestDistanceCountsEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"run", "rnu", 1}, {"retry", "retyr", 1}, {"kitten", "sitting", 3}, {"same", "same", 0}} {
		assert.Equal(t, c.want, distance(c.a, c.b), "%s %s", c.a, c.b)
		assert.Equal(t, c.want, distance(c.b, c.a), "%s %s", c.b, c.a)
	}
}
