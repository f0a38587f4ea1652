package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/check"
	"imimport/reader"
)

func TestCheckTextForPeople(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.csv")
	require.NoError(t, os.WriteFile(path, []byte("uid;nickname;avatar;note\nu1;One;;\nu2;Two;;\"two\nlines\"\n;nobody;;\nu1;Again;;\nu3;;;\nu4;;;\nu5;;;\nu2;Again;;\n"), 0o600))
	res, err := check.Run(t.Context(), check.Config{Inputs: []string{path}, Reader: reader.Config{Delimiter: ';'}, PerSecond: 195, TempDir: t.TempDir()})
	require.NoError(t, err)
	res.Files, res.ElapsedSeconds = []string{"users.csv"}, 0.1
	res.Valid, res.EstimatedSeconds = 1_234_567, 1_234_567/195.
	for i := range res.Duplicates.First {
		res.Duplicates.First[i].File, res.Duplicates.First[i].FirstFile = "users.csv", "users.csv"
	}
	var b strings.Builder
	require.NoError(t, writeCheck(&b, res))
	for _, want := range []string{
		`users.csv: CSV, UTF-8, delimiter ;, UserID is "uid", Nick is "nickname", FaceUrl is "avatar"`,
		"              8  rows in 0.1 s\n",
		"      1,234,567  valid\n",
		"              2  repeat the UserID of an earlier row, 2 UserIDs in all: each is sent, and the later row wins\n",
		"              1  no_userid\n",
		":5: no UserID\n",
		"users.csv:10: the same UserID as users.csv:3\n",
		"To import 1,234,567 rows takes about 1 h 45 min, at 195 accounts a second.\n",
	} {
		assert.Contains(t, b.String(), want)
	}
}

func TestCheckTextHasNoControlCharactersOfNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "\x1b[31m\u202e\n.csv")
	require.NoError(t, os.WriteFile(path, []byte("UserID,\x1b[2J\u202e\n,x\n"), 0o600))
	res, err := check.Run(t.Context(), check.Config{Inputs: []string{path}, TempDir: t.TempDir()})
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, writeCheck(&b, res))
	assert.NotContains(t, b.String(), "\x1b")
	assert.NotContains(t, b.String(), "\u202e")
	assert.NotContains(t, b.String(), "\n.csv")
}
