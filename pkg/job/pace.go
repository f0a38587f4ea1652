package job

import (
	"math"
	"time"
)

// AccountsPerSecond is the most accounts a second that a run with these options sends, 0 where nothing
// limits it.
func (o Options) AccountsPerSecond() float64 {
	single, batch, err := o.limiters()
	if err != nil {
		return 0 // Validate has said so
	}
	limiter, accounts := single, 1.0
	if batch != nil {
		limiter, accounts = batch, float64(o.Batch)
	}
	if refill := limiter.Refill(time.Now()); !math.IsInf(refill, 1) {
		return refill * accounts
	}
	return 0
}
