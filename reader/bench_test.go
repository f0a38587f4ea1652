package reader_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/simplifiedchinese"

	"imimport/reader"
	"imimport/reader/readertest"
)

// The figures of a benchmark are rows a second; those to compare come from one run:
//
//	go test ./reader -run '^$' -bench Read -count 5

const benchRows = 500_000

// benchTable writes rows that compress like real ones: pictures are named by their digests.
func benchTable(format string) []byte {
	var b bytes.Buffer
	random := rand.New(rand.NewPCG(1, 2))
	for i := range benchRows {
		fmt.Fprintf(&b, format, 1_000_000+i, i, random.Uint64())
	}
	return b.Bytes()
}

func benchCSV() []byte {
	return append([]byte("user_id,nickname,avatar\n"), benchTable("u%d,Nick %d,https://img.example.com/avatars/%016x.png\n")...)
}

func benchJSON() []byte {
	return benchTable(`{"user_id":"u%d","nickname":"Nick %d","avatar":"https://img.example.com/avatars/%016x.png"}` + "\n")
}

// perSecond runs read, which returns how many rows it read.
func perSecond(b *testing.B, size int, read func() int) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		rows += read()
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func benchFile(b *testing.B, name string, content []byte) string {
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchReader(b *testing.B, name string, content []byte, cfg reader.Config) {
	path := benchFile(b, name, content)
	perSecond(b, len(content), func() (rows int) {
		r, err := reader.Open(context.Background(), []string{path}, cfg)
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		for row := new(reader.Row); ; rows++ {
			switch err := r.Read(row); {
			case errors.Is(err, io.EOF):
				return rows
			case err != nil || row.Fault != nil:
				b.Fatal(err, row.Fault)
			}
		}
	})
}

func BenchmarkReadCSV(b *testing.B)   { benchReader(b, "users.csv", benchCSV(), reader.Config{}) }
func BenchmarkReadJSONL(b *testing.B) { benchReader(b, "users.jsonl", benchJSON(), reader.Config{}) }

func BenchmarkReadGzip(b *testing.B) {
	benchReader(b, "users.csv.gz", []byte(readertest.Gzip(b, string(benchCSV()))), reader.Config{})
}

func BenchmarkReadGBK(b *testing.B) {
	content, err := simplifiedchinese.GBK.NewEncoder().Bytes(bytes.ReplaceAll(benchCSV(), []byte("Nick"), []byte("张伟")))
	if err != nil {
		b.Fatal(err)
	}
	benchReader(b, "users.csv", content, reader.Config{Encoding: "gbk"})
}

// BenchmarkReadGzipBare is the decompressor alone.
func BenchmarkReadGzipBare(b *testing.B) {
	content := []byte(readertest.Gzip(b, string(benchCSV())))
	path := benchFile(b, "users.csv.gz", content)
	perSecond(b, len(content), func() int {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, z); err != nil {
			b.Fatal(err)
		}
		return benchRows
	})
}

// BenchmarkReadScan and BenchmarkReadSeek are what a run and a resume begin with.
func BenchmarkReadScan(b *testing.B) {
	benchOpen(b, func(r *reader.Reader, _ reader.Position) error { return r.Scan() })
}

func BenchmarkReadSeek(b *testing.B) {
	benchOpen(b, func(r *reader.Reader, end reader.Position) error { return r.Seek(end, false) })
}

func benchOpen(b *testing.B, do func(*reader.Reader, reader.Position) error) {
	content := bytes.ReplaceAll(benchCSV(), []byte("Nick"), []byte("张伟"))
	path := benchFile(b, "users.csv", content)
	open := func() *reader.Reader {
		r, err := reader.Open(context.Background(), []string{path}, reader.Config{})
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	r := open()
	for r.Read(new(reader.Row)) == nil {
	}
	end := r.Position()
	r.Close()
	perSecond(b, len(content), func() int {
		r := open()
		defer r.Close()
		if err := do(r, end); err != nil {
			b.Fatal(err)
		}
		return benchRows
	})
}

func BenchmarkReadCSVBare(b *testing.B) {
	content := benchCSV()
	path := benchFile(b, "users.csv", content)
	perSecond(b, len(content), func() (rows int) {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		for r := csv.NewReader(f); ; rows++ {
			r.ReuseRecord = true
			switch _, err := r.Read(); {
			case errors.Is(err, io.EOF):
				return rows
			case err != nil:
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReadJSONBare(b *testing.B) {
	content := benchJSON()
	path := benchFile(b, "users.jsonl", content)
	perSecond(b, len(content), func() (rows int) {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		for d := json.NewDecoder(f); ; rows++ {
			var row struct {
				UserID  string `json:"user_id"`
				Nick    string `json:"nickname"`
				FaceURL string `json:"avatar"`
			}
			switch err := d.Decode(&row); {
			case errors.Is(err, io.EOF):
				return rows
			case err != nil:
				b.Fatal(err)
			}
		}
	})
}
