package job

import (
	"math"
	"time"
)

// AccountsPerSecond is the most accounts a second that a run with these options sends, 0 where nothing
// limits it.
func (o Options) AccountsPerSecond() float64 {
	limits, err := o.Limits()
	if err != nil {
		return 0 // Validate has said so
	}
	if refill := limits.Rows().Refill(time.Now()); !math.IsInf(refill, 1) {
		return refill * float64(max(o.Batch, 1))
	}
	return 0
}
