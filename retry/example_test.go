package retry_test

import (
	"fmt"
	"time"

	"imimport/retry"
)

// A row has a schedule of its own, and the caller counts its tries.
func Example() {
	policy := retry.Policy{MaxAttempts: 4, Initial: time.Second, Max: 3 * time.Second}
	schedule := policy.Start()
	for used := 1; policy.Left(used); used++ {
		wait := schedule.Next(0)
		fmt.Println("try", used, "failed; wait between 0.5 and 3 s:", wait >= time.Second/2 && wait <= 3*time.Second)
	}
	fmt.Println("a Retry-After of 10 s:", policy.Start().Next(10*time.Second))
	// Output:
	// try 1 failed; wait between 0.5 and 3 s: true
	// try 2 failed; wait between 0.5 and 3 s: true
	// try 3 failed; wait between 0.5 and 3 s: true
	// a Retry-After of 10 s: 10s
}
