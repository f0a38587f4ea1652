package job

import (
	"context"
	"io"
)

// Interruptible is r, with a Read that returns when ctx ends, also while r waits.
func Interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &interruptible{ctx: ctx, r: r}
}
