package main_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// settledRow is a line of an outcome file.
type settledRow struct {
	row            int
	id, nick, face string
	level          string
	outcome, class string
}

// render is what one of the inputs holds.
func render(kind string, rows []oracleRow, file int) []byte {
	var b bytes.Buffer
	if kind == "jsonl" {
		for _, r := range rows {
			line, _ := json.Marshal(map[string]any{"UserID": r.id, "Nick": r.nick, "FaceUrl": r.face, "note": r.note, "level": r.level})
			b.Write(append(line, '\n'))
		}
		return b.Bytes()
	}
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"UserID", "Nick", "FaceUrl", "note", "level"})
	for _, r := range rows {
		if r.file == file {
			_ = w.Write([]string{r.id, r.nick, r.face, r.note, r.level})
		}
	}
	w.Flush()
	if kind == "csv.gz" {
		return gzipped(b.Bytes())
	}
	return b.Bytes()
}

// settled reads the outcome files, as far as lengths say; nil is the whole files.
func settled(job string, lengths []int64) (rows []settledRow, err error) {
	for i, name := range []string{"succeeded", "failed", "quota_exceeded"} {
		for _, ext := range []string{".csv", ".jsonl"} {
			content, err := os.ReadFile(filepath.Join(job, name+ext))
			if err != nil {
				continue
			}
			if lengths != nil {
				content = content[:min(int64(len(content)), lengths[i])]
			}
			more, err := linesOf(content, ext, name)
			if err != nil {
				return nil, fmt.Errorf("%s%s: %w", name, ext, err)
			}
			rows = append(rows, more...)
		}
	}
	return rows, nil
}

func linesOf(content []byte, ext, outcome string) (rows []settledRow, err error) {
	if ext == ".jsonl" {
		for line := range bytes.Lines(content) {
			var r struct {
				UserID, Nick, FaceURL string
				Level                 string `json:"level"`
				Row                   int    `json:"_row"`
				Class                 string `json:"_class"`
			}
			if err := json.Unmarshal(line, &r); err != nil {
				return nil, err
			}
			rows = append(rows, settledRow{r.Row, r.UserID, r.Nick, r.FaceURL, r.Level, outcome, r.Class})
		}
		return rows, nil
	}
	records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, err
	}
	at, class, level := slices.Index(records[0], "_row"), slices.Index(records[0], "_class"), slices.Index(records[0], "level")
	for _, rec := range records[1:] {
		row, err := strconv.Atoi(rec[at])
		if err != nil {
			return nil, err
		}
		rows = append(rows, settledRow{row, rec[0], rec[1], rec[2], rec[level], outcome, rec[class]})
	}
	return rows, nil
}

// progress is what the oracle has to know of a job that stopped: how much of its outcome files counts.
type progress struct {
	State struct {
		Complete bool    `json:"complete"`
		Retry    bool    `json:"retry"`
		Lengths  []int64 `json:"lengths"`
	} `json:"state"`
}

func loadProgress(job string) (p progress, there bool) {
	content, err := os.ReadFile(filepath.Join(job, "checkpoint.json"))
	return p, err == nil && json.Unmarshal(content, &p) == nil
}

type oracleSummary struct {
	State      string `json:"state"`
	StopReason string `json:"stop_reason"`
	ExitCode   int    `json:"exit_code"`
	Rows       struct {
		Read, Succeeded, Failed int
		QuotaExceeded           int `json:"quota_exceeded"`
		NotAttempted            int `json:"not_attempted"`
	} `json:"rows"`
}

func loadSummary(job string) (s oracleSummary, err error) {
	content, err := os.ReadFile(filepath.Join(job, "summary.json"))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(content, &s)
}

// nextCommand is the command that the program printed last, "" for none.
func nextCommand(stderr string) []string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	command, ok := strings.CutPrefix(lines[len(lines)-1], "imimport ")
	if !ok {
		return nil
	}
	return strings.Fields(command)
}
