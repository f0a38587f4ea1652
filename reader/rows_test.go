package reader_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
)

func TestRowsGivesAllRowsThenTheError(t *testing.T) {
	gone := errors.New("gone")
	big := "user_id\n" + strings.Repeat("u\n", 5000)
	for name, c := range map[string]struct {
		content string
		stopAt  int64 // the context ends in the body of this row
		rows    int64
		says    string
	}{
		"whole":                       {"user_id\nu1\n\nu2", 0, 2, ""},
		"empty":                       {"user_id\n", 0, 0, ""},
		"a quote that does not close": {big + "\"u\n", 0, 5000, "not closed"},
		"an ended context":            {big, 1500, 2047, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			told := 0
			r, err := reader.Open(ctx, []string{write(t, "u.csv", c.content)}, reader.Config{Progress: func(_, _ int64) { told++ }})
			require.NoError(t, err)
			defer r.Close()
			rows, last := int64(0), error(nil)
			for row, err := range r.Rows() {
				require.NoError(t, last, "an error is the last")
				if last = err; err != nil {
					assert.Nil(t, row)
					continue
				}
				rows++
				assert.Equal(t, rows, row.Number)
				if row.Number == c.stopAt {
					cancel(gone)
				}
			}
			assert.Equal(t, c.rows, rows)
			assert.Equal(t, c.rows >= 2000, told > 0)
			if c.says == "" {
				require.NoError(t, last)
				return
			}
			require.ErrorContains(t, last, c.says)
			assert.Equal(t, c.stopAt == 0, fault.KindOf(last) == fault.Input)
		})
	}
}

func TestRowsGoesOnAfterABreak(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "u.csv", "user_id\nu1\nu2\nu3\n"))
	for row, err := range r.Rows() {
		require.NoError(t, err)
		require.Equal(t, "u1", row.UserID)
		break
	}
	require.Equal(t, []string{"u2||", "u3||"}, accounts(rest(t, r)))
}
