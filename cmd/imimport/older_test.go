package main_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// older is a copy of testdata/older, which an earlier version of the program has made (commit cfe7fb7): a job that was
// killed with rows waiting for their next try, one that stopped at the quota, and the state of two syncs. Their files
// hold the paths of that machine and the address of its sandbox: the copy has this test's.
func older(t *testing.T) *target {
	w := newTarget(t, `steps: [{userid: "bad*", answer: 70402}]`)
	require.NoError(t, os.CopyFS(w.dir, os.DirFS("testdata/older")))
	endpoint := w.env[len(w.env)-2]
	here := strings.NewReplacer("/tmp/older", w.dir, "http://127.0.0.1:18080", endpoint[strings.Index(endpoint, "http"):])
	require.NoError(t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || filepath.Base(path) == "checkpoint.json" {
			return err
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		text := here.Replace(string(content))
		if filepath.Base(path) == "state.json" { // its second line is the sum of the first
			body, _, _ := strings.Cut(text, "\n")
			text = fmt.Sprintf("%s\n%08x\n", body, crc32.ChecksumIEEE([]byte(body)))
		}
		return os.WriteFile(path, []byte(text), 0o600)
	}))
	return w
}

func (w *target) userIDs() (ids []string) {
	for _, a := range w.sandbox.Accounts() {
		ids = append(ids, a.UserID)
	}
	return ids
}

// An older job goes on as one of today: each row ends in one file, once, and only those are sent that had no outcome.
func TestOlderJobsGoOn(t *testing.T) {
	t.Parallel()
	bin := build(t)
	t.Run("killed", func(t *testing.T) {
		w := older(t)
		code, _, stderr := w.run(t, nil, bin, "resume", "killed", "--progress", "none")
		require.Equal(t, 1, code, stderr)
		assert.Contains(t, stderr, "complete: 57 of 60 rows succeeded")
		assert.Equal(t, []string{"slow23", "slow5"}, w.userIDs())
		requireOutcomes(t, filepath.Join(w.dir, "killed"), 60, []int{7, 12, 40})
	})
	t.Run("quota", func(t *testing.T) {
		w := older(t)
		code, _, stderr := w.run(t, nil, bin, "resume", "quota", "--progress", "none")
		require.Equal(t, 1, code, stderr)
		assert.Contains(t, stderr, "complete: 39 of 40 rows succeeded")
		assert.Len(t, w.userIDs(), 19)
		requireOutcomes(t, filepath.Join(w.dir, "quota"), 40, []int{9})
		code, _, stderr = w.run(t, nil, bin, "retry", "quota", "--progress", "none")
		require.Equal(t, 1, code, stderr)
		requireOutcomes(t, filepath.Join(w.dir, "quota"), 40, []int{9})
	})
	t.Run("changed input", func(t *testing.T) {
		w := older(t)
		content, err := os.ReadFile(filepath.Join(w.dir, "killed.csv"))
		require.NoError(t, err)
		w.write(t, "killed.csv", strings.Replace(string(content), "Nick, 2\"", "Nick, Z\"", 1))
		code, _, stderr := w.run(t, nil, bin, "resume", "killed", "--progress", "none")
		require.Equal(t, 6, code, stderr)
		assert.Contains(t, stderr, "imimport: hint: ")
		assert.Zero(t, w.sandbox.Stats().Calls)
	})
}

// requireOutcomes requires rows 1 to n once in the outcome files of a job, the failed ones in its failed file.
func requireOutcomes(t *testing.T, job string, n int, failed []int) {
	t.Helper()
	got := map[string][]int{}
	for _, name := range []string{"succeeded", "failed", "quota_exceeded"} {
		paths, err := filepath.Glob(filepath.Join(job, name+".*"))
		require.NoError(t, err)
		require.Len(t, paths, 1)
		got[name] = rowNumbers(t, paths[0])
	}
	slices.Sort(got["failed"])
	assert.Equal(t, failed, got["failed"])
	assert.Empty(t, got["quota_exceeded"])
	all := slices.Concat(got["succeeded"], got["failed"])
	slices.Sort(all)
	require.Len(t, all, n)
	for i, row := range all {
		require.Equal(t, i+1, row)
	}
}

// rowNumbers are the _row of an outcome file's rows.
func rowNumbers(t *testing.T, path string) (rows []int) {
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	if strings.HasSuffix(path, ".jsonl") {
		for line := range bytes.Lines(content) {
			var row struct {
				Row int `json:"_row"`
			}
			require.NoError(t, json.Unmarshal(line, &row))
			rows = append(rows, row.Row)
		}
		return rows
	}
	records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	require.NoError(t, err)
	at := slices.Index(records[0], "_row")
	for _, record := range records[1:] {
		row, err := strconv.Atoi(record[at])
		require.NoError(t, err)
		rows = append(rows, row)
	}
	return rows
}

// A sync goes on from an older state: it sends what is new, changed or failed before, and nothing else.
func TestOlderStateGoesOn(t *testing.T) {
	t.Parallel()
	bin, w := build(t), older(t)
	table, err := os.ReadFile(filepath.Join(w.dir, "table.csv"))
	require.NoError(t, err)
	sync := func(content string) (code int, stderr string) {
		w.write(t, "table.csv", content)
		code, _, stderr = w.run(t, nil, bin, "sync", "table.csv", "--state", "state", "--rate", "none", "--progress", "none")
		return code, stderr
	}
	code, stderr := sync(strings.Replace(string(table), "Nick 1\n", "Nick one\n", 1) + "u40,Nick 40\n")
	require.Equal(t, 1, code, stderr)
	assert.Equal(t, []string{"u1", "u40"}, w.userIDs())
	assert.EqualValues(t, 3, w.sandbox.Stats().Calls, "bad8 failed before, and is sent again")
	code, stderr = sync(strings.Replace(string(table), "bad8", "u8", 1))
	require.Zero(t, code, stderr)
	assert.Equal(t, []string{"u1", "u40", "u8"}, w.userIDs())
	assert.EqualValues(t, 5, w.sandbox.Stats().Calls, "u1 is as before, and u8 is new")
}

// What of an older job or state is damaged, or of a version that is not known, is refused with the way on.
func TestDamagedOlderJobsAreRefused(t *testing.T) {
	t.Parallel()
	bin := build(t)
	for _, c := range []struct {
		name, file, old, new string
		says                 string
		args                 []string
	}{
		{"checkpoint damaged", "killed/checkpoint.json", `"watermark":{"file":0,"offset":1`, `"watermark":{"file":0,"offset":2`, "damaged", []string{"resume", "killed"}},
		{"checkpoint cut", "quota/checkpoint.json", `"ranges"`, "", "damaged", []string{"resume", "quota"}},
		{"checkpoint of another version", "killed/checkpoint.json", `{"version":1,`, `{"version":9,`, "version 9", []string{"resume", "killed"}},
		{"job of another version", "killed/job.json", `"version": 1,`, `"version": 9,`, "version 9", []string{"resume", "killed"}},
		{"state damaged", "state/state.json", `"generation":2`, `"generation":3`, "damaged", []string{"sync", "table.csv", "--state", "state"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := older(t)
			path := filepath.Join(w.dir, c.file)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			before, behind, found := strings.Cut(string(content), c.old)
			require.True(t, found)
			text := before + c.new + behind
			if c.new == "" {
				text = before
			}
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			code, _, stderr := w.run(t, nil, append([]string{bin}, append(c.args, "--progress", "none")...)...)
			assert.Equal(t, 6, code, stderr)
			assert.Contains(t, stderr, c.says)
			assert.Contains(t, stderr, "imimport: hint: ")
			assert.Zero(t, w.sandbox.Stats().Calls)
		})
	}
}
