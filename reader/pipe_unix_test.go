//go:build unix

package reader_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/reader"
	"imimport/reader/readertest"
)

// A named pipe, or a descriptor as <(query) gives it, holds nobody longer than its context lasts: while nobody has opened
// it for writing, in its head, and in its middle.
func TestAStalledPipeEndsWithItsContext(t *testing.T) {
	text, want := bigTable(200_000) // more than the head
	half := text[:len(text)-len(text)/8]
	stopped := errors.New("stopped")
	for _, c := range []struct{ name, before, cause string }{
		{name: "nobody opens it"}, {name: "nothing is written", before: "open"},
		{name: "in its head", before: text[:1000]}, {name: "in its middle", before: half},
		{name: "packed, in its head", before: readertest.Gzip(t, text)[:20_000]}, {name: "packed, in its middle", before: readertest.Gzip(t, half)},
	} {
		for _, kind := range []string{"named pipe", "descriptor"} {
			if kind == "descriptor" && c.before == "" {
				continue
			}
			t.Run(c.name+", "+kind, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "pipe.csv")
				require.NoError(t, syscall.Mkfifo(path, 0o600))
				if kind == "descriptor" {
					r, err := os.OpenFile(path, os.O_RDWR, 0) // does not wait
					require.NoError(t, err)
					defer r.Close()
					path = fmt.Sprintf("/dev/fd/%d", r.Fd())
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				written := make(chan struct{})
				if c.before == "" {
					close(written)
					cancel(stopped)
				} else {
					go func() { // ends when all was read
						defer close(written)
						f, err := os.OpenFile(path, os.O_WRONLY, 0)
						if !assert.NoError(t, err) {
							return
						}
						t.Cleanup(func() { _ = f.Close() })
						if c.before != "open" {
							_, err = io.Copy(f, strings.NewReader(c.before))
							assert.NoError(t, err)
						}
						cancel(stopped) // the reader waits for more, or soon will
					}()
				}
				r, err := reader.Open(ctx, []string{path}, reader.Config{})
				if err == nil {
					defer r.Close()
					var rows []reader.Row
					rows, err = readAll(r)
					require.Equal(t, want[:len(rows)], accounts(rows))
				}
				require.ErrorIs(t, err, stopped)
				<-written
			})
		}
	}
}
