package report

import (
	"math/bits"
	"time"
)

// latencies is a histogram of response times, with eight bins for each power of two of a microsecond. Between
// lowestLatency and highestLatency a percentile is off by at most a sixteenth.
type latencies [latencyBins]uint32

const (
	lowestBits     = 8  // 2^8 µs: all below 256 µs is one bin
	highestBits    = 27 // 2^27 µs: all from 134 s on is one bin
	binsPerOctave  = 8
	latencyBins    = 1 + (highestBits-lowestBits)*binsPerOctave + 1
	lowestLatency  = 1 << lowestBits * time.Microsecond
	highestLatency = 1 << highestBits * time.Microsecond
)

func (l *latencies) observe(d time.Duration) {
	if n := &l[latencyBin(d)]; *n < 1<<32-1 {
		*n++
	}
}

func latencyBin(d time.Duration) int {
	switch {
	case d < lowestLatency:
		return 0
	case d >= highestLatency:
		return latencyBins - 1
	}
	us := uint64(d / time.Microsecond)
	octave := bits.Len64(us) - 1
	within := us >> (octave - 3) & (binsPerOctave - 1) // the three bits after the first
	return 1 + (octave-lowestBits)*binsPerOctave + int(within)
}

// binMiddle is the time in the middle of a bin.
func binMiddle(bin int) time.Duration {
	switch bin {
	case 0:
		return lowestLatency / 2
	case latencyBins - 1:
		return highestLatency
	}
	octave, within := (bin-1)/binsPerOctave+lowestBits, (bin-1)%binsPerOctave
	step := time.Duration(1) << (octave - 3)
	return (time.Duration(1)<<octave+time.Duration(within)*step)*time.Microsecond + step*time.Microsecond/2
}

func (l *latencies) merge(m *latencies) {
	for i, n := range m {
		l[i] = uint32(min(uint64(l[i])+uint64(n), 1<<32-1))
	}
}

// percentile is the longest time that the fastest share p of the answers took; p is over 0 and up to 1. It is 0 without
// answers.
func (l *latencies) percentile(p float64) time.Duration {
	var total uint64
	for _, n := range l {
		total += uint64(n)
	}
	rank := max(1, uint64(p*float64(total)+0.999999))
	var below uint64
	for i, n := range l {
		if below += uint64(n); n > 0 && below >= rank {
			return binMiddle(i)
		}
	}
	return 0
}
