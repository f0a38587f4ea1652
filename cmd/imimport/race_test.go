//go:build race

package main_test

// long has tests take the sizes for which there is time in .ci/run's step with the race detector.
const long = true
