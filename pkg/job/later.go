package job

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"imimport/reader"
	"imimport/report"
)

// later knows, for the rows of a retry pass, what later rows of the same UserID have given the account: sending a row as it
// is would put its older values over those. A row that has nothing left to give is passed over; another is sent with the
// newer values in the place of its own. The account is then as if all had been sent in order. An empty field is not sent,
// and leaves what is there.
//
// Memory: 24 bytes a row of the pass, and the values of those that a later row was accepted for.
type later struct {
	seeds [2]maphash.Seed
	users []retried         // by hash, and by row where the hash is one
	newer map[int]*accepted // by the place in users
}

// retried is a UserID of the pass, with its first row there.
type retried struct {
	hash [2]uint64 // 128 bits: two UserIDs that share one are not to be expected in any job's lifetime
	row  int64
}

// accepted is what the service has accepted for a UserID in rows behind the first one of the pass.
type accepted struct {
	row    int64            // the last
	values map[string]given // by field
}

// The fields beside those of the profile, which have names of their own.
const nickField, faceURLField = "Nick", "FaceUrl"

// given is the last value of a field that is not empty, and its row.
type given struct {
	row  int64
	text string
}

func (l *later) hash(userID string) [2]uint64 {
	return [2]uint64{maphash.String(l.seeds[0], userID), maphash.String(l.seeds[1], userID)}
}

func compareHash(a, b [2]uint64) int { return slices.Compare(a[:], b[:]) }

// findLater reads the pass's rows, and then what was accepted for their UserIDs, and in which row.
func (j *job) findLater(ctx context.Context) (*later, error) {
	l := &later{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, newer: map[int]*accepted{}}
	err := eachRow(ctx, j.retryInput(j.state.Pass), j.outcomeConfig(), -1, func(row *reader.Row) error {
		l.users = append(l.users, retried{l.hash(row.UserID), row.Origin()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(l.users, func(a, b retried) int {
		if c := compareHash(a.hash, b.hash); c != 0 {
			return c
		}
		return int(a.row - b.row)
	})
	l.users = slices.CompactFunc(l.users, func(a, b retried) bool { return a.hash == b.hash })
	return l, j.eachSettled(ctx, report.Succeeded, func(row *reader.Row) error {
		l.accept(row)
		return nil
	})
}

func (l *later) find(userID string) (int, bool) {
	return slices.BinarySearchFunc(l.users, l.hash(userID), func(u retried, hash [2]uint64) int { return compareHash(u.hash, hash) })
}

// accept takes in a row that the service has accepted.
func (l *later) accept(row *reader.Row) {
	i, found := l.find(row.UserID)
	if !found || row.Origin() <= l.users[i].row {
		return
	}
	a := l.newer[i]
	if a == nil {
		a = &accepted{values: map[string]given{}}
		l.newer[i] = a
	}
	a.row = max(a.row, row.Origin())
	a.take(row.Origin(), nickField, row.Nick)
	a.take(row.Origin(), faceURLField, row.FaceURL)
	for _, v := range row.Profile {
		a.take(row.Origin(), v.Name, v.Text)
	}
}

func (a *accepted) take(row int64, field, text string) {
	if text != "" && row > a.values[field].row {
		a.values[field] = given{row, strings.Clone(text)}
	}
}

// overtake puts newer values into a row that is about to be sent, or says why it need not be.
func (l *later) overtake(row *reader.Row) (reason string) {
	i, found := l.find(row.UserID)
	a := l.newer[i]
	if !found || a == nil || a.row <= row.Origin() {
		return ""
	}
	left := a.over(row.Origin(), nickField, &row.Nick)
	left = a.over(row.Origin(), faceURLField, &row.FaceURL) || left
	for i := range row.Profile {
		left = a.over(row.Origin(), row.Profile[i].Name, &row.Profile[i].Text) || left
	}
	if left {
		return ""
	}
	return fmt.Sprintf("not sent: row %d has the same UserID, came later and was accepted", a.row)
}

// over puts a newer value in the place of an earlier row's, and tells whether that is left.
func (a *accepted) over(row int64, field string, value *string) (left bool) {
	if newer := a.values[field]; newer.row > row {
		*value = newer.text
		return false
	}
	return *value != ""
}
