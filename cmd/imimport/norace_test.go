//go:build !race

package main_test

// long is for tests that would take too much of go test's time at their full size.
const long = false
