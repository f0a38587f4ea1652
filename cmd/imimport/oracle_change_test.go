package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// fresh is a row that was not there before.
func (o *oracle) fresh(file int) oracleRow {
	n := len(o.ever)
	return oracleRow{id: fmt.Sprintf("new%d", n), nick: fmt.Sprintf("New %d", n), face: "https://x.example/new", note: fmt.Sprintf("note %d", n), file: file}
}

// changed is the input after a change, and the first row that it touches, counted from 0.
func (o *oracle) changed(s step) (rows []oracleRow, at int) {
	rows = slices.Clone(o.truth)
	at = s.place * len(rows) / 1000
	if len(rows) == 0 {
		return append(rows, o.fresh(0)), 0
	}
	switch strings.TrimSuffix(s.do, " during") {
	case "append", "append in two halves":
		at = len(rows)
		rows = append(rows, o.fresh(rows[at-1].file))
	case "insert":
		rows = slices.Insert(rows, at, o.fresh(rows[at].file))
	case "delete":
		rows = slices.Delete(rows, at, at+1)
	case "truncate":
		rows = rows[:at]
	case "rewrite", "replace by another", "replace":
		rows[at].nick, rows[at].face = rows[at].nick+" changed", "https://x.example/changed"
	}
	return rows, at
}

// between changes the input while no process runs. What has been settled may not change: then nothing is sent, and the
// input is put back.
func (o *oracle) between(s step) error {
	switch s.do {
	case "replace by the same":
		o.replace(o.truth)
		return nil
	case "empty":
		if !o.began {
			return nil
		}
		for _, name := range o.files {
			_ = os.Truncate(filepath.Join(o.dir, name), 0)
		}
		if o.furthest == 0 {
			o.writeInputs(o.truth)
			return nil
		}
		err := o.requireRefusal("resume", "job")
		o.writeInputs(o.truth)
		return err
	}
	rows, at := o.changed(s)
	if s.do == "replace by another" {
		o.replace(rows)
	} else {
		o.writeInputs(rows)
	}
	if at < o.furthest {
		err := o.requireRefusal("resume", "job")
		o.writeInputs(o.truth)
		return err
	}
	o.counts["changes behind what is settled"]++
	o.loose = o.loose || o.killed && at < len(o.truth)
	o.truth = rows
	for _, r := range rows {
		o.ever[r.id] = true
	}
	return nil
}

// replace puts new files in the place of the inputs, as an editor or a copy does.
func (o *oracle) replace(rows []oracleRow) {
	for i, name := range o.files {
		path := filepath.Join(o.dir, name)
		_ = os.WriteFile(path+".new", render(o.kind, rows, i), 0o600)
		_ = os.Rename(path+".new", path)
	}
}

// during changes the input under a process that reads it. It is put back when that has ended, but for what was appended.
func (o *oracle) during(s step) error {
	rows, _ := o.changed(s)
	last := o.files[len(o.files)-1]
	err := o.run(s.call, func(*exec.Cmd, *heard) {
		switch path := filepath.Join(o.dir, last); s.do {
		case "append during":
			o.growLast(path, rows)
		case "truncate during":
			if info, err := os.Stat(path); err == nil {
				_ = os.Truncate(path, info.Size()*int64(s.place)/1000)
			}
		case "empty during":
			_ = os.Truncate(path, 0)
		case "replace during":
			o.replace(rows)
		}
	})
	if s.do == "append during" {
		o.truth = rows
	}
	o.writeInputs(o.truth)
	return err
}

// growLast appends half of the new row, as a writer does whose buffer was full.
func (o *oracle) growLast(path string, rows []oracleRow) {
	content := render(o.kind, rows, len(o.files)-1)
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	behind := content[info.Size():]
	if f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0); err == nil {
		_, _ = f.Write(behind[:len(behind)/2])
		_ = f.Close()
	}
}

// editOutcome changes one letter of an outcome file, and puts it back when that was refused.
func (o *oracle) editOutcome() error {
	p, there := loadProgress(o.job)
	if !there {
		return nil
	}
	for i, name := range []string{"succeeded", "failed", "quota_exceeded"} {
		paths, _ := filepath.Glob(filepath.Join(o.job, name+".*"))
		if len(paths) != 1 || p.State.Lengths[i] == 0 {
			continue
		}
		content, _ := os.ReadFile(paths[0])
		header := strings.Index(string(content), "\n") + 1
		if strings.HasSuffix(paths[0], "jsonl") {
			header = 0
		}
		at := strings.IndexAny(string(content[header:p.State.Lengths[i]]), "abcdefghij")
		if at < 0 {
			continue
		}
		edited := slices.Clone(content)
		edited[header+at] ^= 1
		_ = os.WriteFile(paths[0], edited, 0o600)
		err := o.requireRefusal(o.next...)
		_ = os.WriteFile(paths[0], content, 0o600)
		return err
	}
	return nil
}
