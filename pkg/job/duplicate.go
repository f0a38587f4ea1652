package job

import (
	"context"

	"imimport/reader"
)

// duplicate tells the rows that are not sent because another row of the same UserID counts; nil where
// all are sent, in order.
func (j *job) duplicate(*source) (func(*reader.Row) string, error) {
	if j.state.Retry {
		l, err := j.findLater(context.Background())
		if err != nil {
			return nil, err
		}
		return l.reason, nil
	}
	return nil, nil
}
