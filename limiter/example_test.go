package limiter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"imimport/limiter"
)

// One goroutine takes the calls; whoever makes one says when it was written and what became of it.
func ExampleLimiter_Wait() {
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer service.Close()
	limit, err := limiter.New(0) // the documented one
	if err != nil {
		panic(err)
	}
	for range 3 {
		call, err := limit.Wait(context.Background())
		if err != nil {
			panic(err)
		}
		req, err := http.NewRequestWithContext(call.Trace(context.Background()), http.MethodGet, service.URL, http.NoBody)
		if err != nil {
			panic(err)
		}
		resp, err := service.Client().Do(req)
		if err != nil {
			call.GivenUp(time.Now())
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests {
			call.Throttled(time.Now(), 0)
			continue
		}
		call.Answered(time.Now())
	}
	_, worst := limit.Seen(time.Now())
	fmt.Println(limit.Limit(), "a second at most;", worst, "seen")
	// Output: 200 a second at most; 3 seen
}

// None is no limit, and says so; 0 is the default.
func ExampleNew() {
	for _, limit := range []float64{0, 50, limiter.None} {
		l, err := limiter.New(limit)
		if err != nil {
			panic(err)
		}
		fmt.Println(l.Limit(), l.Rate(time.Now()))
	}
	// Output:
	// 200 199
	// 50 49.75
	// -1 +Inf
}
