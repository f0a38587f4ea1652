package dobyte

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// serveDNS answers every question for an IPv4 address with ip, has this process ask it alone until the test
// ends, and tells the names that were asked for.
func serveDNS(t *testing.T, ip net.IP) (names func() []string) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	asked := make(map[string]bool)
	ended := make(chan struct{})
	go func() { // ends when conn is closed
		defer close(ended)
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if name, answer := answerDNS(buf[:max(n, 0)], ip); answer != nil {
				asked[name] = true
				_, _ = conn.WriteTo(answer, from) // a lost answer is asked for again
			}
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	stop := func() {
		net.DefaultResolver = before
		_ = conn.Close()
		<-ended
	}
	t.Cleanup(stop)
	return func() (list []string) {
		stop()
		for name := range asked {
			list = append(list, name)
		}
		return list
	}
}

// answerDNS is the answer to one question (RFC 1035, section 4), nil to what is none.
func answerDNS(query []byte, ip net.IP) (name string, answer []byte) {
	const header, typeA = 12, 1
	if len(query) < header || binary.BigEndian.Uint16(query[4:]) != 1 {
		return "", nil
	}
	end := header
	for end < len(query) && query[end] != 0 {
		label := end + 1
		end = label + int(query[end])
		if end > len(query) {
			return "", nil
		}
		name += string(query[label:end]) + "."
	}
	end++ // the empty label
	if end+4 > len(query) {
		return "", nil
	}
	isA := binary.BigEndian.Uint16(query[end:]) == typeA
	answer = append(answer, query[0], query[1], 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0) // an answer, with authority
	answer = append(answer, query[header:end+4]...)
	if isA {
		answer[7] = 1
		answer = append(answer, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4) // the name above, class IN, kept for 0 s
		answer = append(answer, ip.To4()...)
	}
	return name, answer
}
