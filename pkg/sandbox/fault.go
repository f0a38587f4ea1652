package sandbox

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// Fault is something that happens to a share of all calls, drawn from the seed. As text it is
// "70169=5%", "commit-then-reset=1%", "http502=0.5%", "slow=2s" (every call) or "slow=2s@5%".
type Fault struct {
	Action Action
	Slow   time.Duration // above 0: the call goes through this much later, and Action is ignored
	Share  float64       // of calls, 0 to 1
}

// ParseFault reads the text of a Fault. Without a share it happens to every call.
func ParseFault(text string) (Fault, error) {
	f := Fault{Share: 1}
	name, share, shared := strings.Cut(text, "=")
	if name == "slow" {
		var delay string
		delay, share, shared = strings.Cut(share, "@")
		d, err := time.ParseDuration(delay)
		if err != nil || d <= 0 {
			return f, fmt.Errorf("fault %q: want a duration above 0, as in slow=2s or slow=2s@5%%", text)
		}
		f.Slow = d
	} else {
		var err error
		if f.Action, err = ParseAction(name); err != nil {
			return f, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	if shared {
		percent, ok := strings.CutSuffix(share, "%")
		p, err := strconv.ParseFloat(percent, 64)
		if !ok || err != nil || !(p >= 0 && p <= 100) {
			return f, fmt.Errorf("fault %q: want a share from 0%% to 100%%, as in 70169=5%%", text)
		}
		f.Share = p / 100
	}
	return f, nil
}

// String is the text that ParseFault reads.
func (f Fault) String() string {
	share := strconv.FormatFloat(f.Share*100, 'f', -1, 64) + "%"
	if f.Slow > 0 {
		return "slow=" + f.Slow.String() + "@" + share
	}
	return f.Action.String() + "=" + share
}

// MarshalText is String, for JSON and YAML.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is ParseFault.
func (f *Fault) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFault(string(text))
	return err
}

// Latency is how long answers take: from Mean-Spread to Mean+Spread, drawn from the seed.
// As text it is "60ms" or "60ms±20ms"; "60ms+-20ms" is read too.
type Latency struct {
	Mean, Spread time.Duration
}

// ParseLatency reads the text of a Latency.
func ParseLatency(text string) (Latency, error) {
	var l Latency
	mean, spread, ok := strings.Cut(strings.Replace(text, "+-", "±", 1), "±")
	var err, err2 error
	l.Mean, err = time.ParseDuration(strings.TrimSpace(mean))
	if ok {
		l.Spread, err2 = time.ParseDuration(strings.TrimSpace(spread))
	}
	if err != nil || err2 != nil || l.Mean < 0 || l.Spread < 0 || l.Spread > l.Mean {
		return l, fmt.Errorf("latency %q: want a duration, or two as in 60ms±20ms with the second not the longer", text)
	}
	return l, nil
}

// String is the text that ParseLatency reads.
func (l Latency) String() string {
	if l.Spread == 0 {
		return l.Mean.String()
	}
	return l.Mean.String() + "±" + l.Spread.String()
}

// MarshalText is String, for JSON and YAML.
func (l Latency) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is ParseLatency.
func (l *Latency) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLatency(string(text))
	return err
}

// draw is the random numbers of one call. They depend on the seed, the command, the accounts that the call names
// and how often the first of them was named before, but not on the order in which calls arrive, so two runs
// with many connections are alike.
type draw uint64

func newDraw(seed uint64, c *call) draw {
	attempt := uint32(1)
	if len(c.items) > 0 {
		attempt = c.items[0].attempt(c.cmd)
	}
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 128), seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.cmd)<<32|uint64(attempt))
	for i := range c.items {
		b = append(append(b, c.items[i].id...), 0xff)
	}
	h := fnv.New64a()
	_, _ = h.Write(b) // never fails
	return draw(h.Sum64())
}

// unit is the n-th number of the draw, from 0 to below 1 (the finalizer of splitmix64).
func (d draw) unit(n uint64) float64 {
	z := uint64(d) + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

// fault draws what the faults do to the call: one action at most, and the sum of the delays.
func (d draw) fault(faults []Fault) (a Action, delay time.Duration) {
	u, hit := d.unit(0), false
	for i := range faults {
		f := &faults[i]
		switch {
		case f.Slow > 0:
			if d.unit(2+uint64(i)) < f.Share {
				delay += f.Slow
			}
		case hit:
		case u < f.Share:
			a, hit = f.Action, true
		default:
			u -= f.Share
		}
	}
	return a, delay
}

func (d draw) latency(l Latency) time.Duration {
	if l.Spread == 0 {
		return l.Mean
	}
	return l.Mean + time.Duration((2*d.unit(1)-1)*float64(l.Spread))
}
