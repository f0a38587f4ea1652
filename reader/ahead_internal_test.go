package reader

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
)

// closing tells when it is closed.
type closing struct {
	io.Reader
	closed chan struct{}
}

func (c *closing) Close() error {
	close(c.closed)
	return nil
}

func TestAheadPassesAllBytesThenTheError(t *testing.T) {
	broken := errors.New("broken")
	content := bytes.Repeat([]byte("0123456789"), aheadBlocks*aheadSize/4)
	for name, end := range map[string]error{"whole": nil, "broken": broken} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // fails if the goroutine does not end
				src := io.Reader(bytes.NewReader(content))
				if end != nil {
					src = io.MultiReader(src, iotest.ErrReader(end))
				}
				s := newStream(&closing{iotest.HalfReader(src), make(chan struct{})})
				s.readAhead()
				got, err := io.ReadAll(s)
				require.ErrorIs(t, err, end)
				require.Equal(t, content, got)
				_, again := s.Read(make([]byte, 1))
				require.Error(t, again, "the end stays the end")
				require.Equal(t, int64(len(content)), s.raw.n.Load())
				require.NoError(t, s.close())
			})
		})
	}
}

func TestAPanicBelowArrivesAtTheReader(t *testing.T) {
	for name, after := range map[string]int{"at once": 0, "within a block": 1000, "behind many": 2 * aheadBlocks * aheadSize} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				left := after
				raw := &closing{readerFunc(func(p []byte) (int, error) {
					if left == 0 {
						panic("oh no")
					}
					n := min(left, len(p))
					left -= n
					return n, nil
				}), make(chan struct{})}
				s := newStream(raw)
				s.readAhead()
				_, err := io.Copy(io.Discard, s)
				require.Equal(t, fault.Internal, fault.KindOf(err))
				require.ErrorContains(t, err, "oh no")
				<-raw.closed
				require.NoError(t, s.close())
			})
		})
	}
}

func TestAheadEndsWhenItsStreamIsClosed(t *testing.T) {
	endless := readerFunc(func(p []byte) (int, error) { return len(p), nil })
	for name, read := range map[string]int{"unread": 0, "within a block": 10, "behind many": 3 * aheadBlocks * aheadSize} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				raw := &closing{endless, make(chan struct{})}
				s := newStream(raw)
				s.readAhead()
				_, err := io.ReadFull(s, make([]byte, read))
				require.NoError(t, err)
				require.NoError(t, s.close())
				<-raw.closed
			})
		})
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
