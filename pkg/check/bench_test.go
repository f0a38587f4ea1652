package check_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"imimport/pkg/check"
)

// The check of ten million rows, 1 GB, of which two in a hundred repeat a UserID; s/op is the time of one,
// and peak-MB what the process ever had, as Linux counts it:
//
//	go test ./pkg/check -run '^$' -bench TenMillionRows -benchtime 1x
//
// The same of a file, and the duplicates by a plain sort (rows, UserIDs):
//
//	/usr/bin/time -v imimport check big.csv
//	tail -n +2 big.csv | cut -d, -f1 | LC_ALL=C sort | LC_ALL=C uniq -c | awk '$1>1 {k++; d+=$1-1} END {print d, k}'
func BenchmarkTenMillionRows(b *testing.B) {
	const rows = 10_000_000
	path := filepath.Join(b.TempDir(), "big.csv")
	size, repeats := writeBig(b, path, rows)
	b.SetBytes(size)
	for b.Loop() {
		res, err := check.Run(b.Context(), check.Config{Inputs: []string{path}, TempDir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if res.Valid != rows || res.Duplicates.Rows != repeats {
			b.Fatalf("%d valid and %d duplicates, want %d and %d", res.Valid, res.Duplicates.Rows, rows, repeats)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(peak(), "peak-MB")
}

func writeBig(b *testing.B, path string, rows int) (size, repeats int64) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "UserID,Nick,FaceUrl")
	random := rand.New(rand.NewPCG(1, 2))
	seen := make([]bool, rows)
	for i := range rows {
		id := i
		if random.IntN(50) == 0 {
			id = random.IntN(rows)
		}
		if seen[id] {
			repeats++
		}
		seen[id] = true
		fmt.Fprintf(w, "user_%010d,Nick %d of many,https://img.example.com/avatars/large/%012d/p%d.png?size=640\n", id, i, i*31, i%97)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return info.Size(), repeats
}

// peak is the most memory that the process ever had, in MB; 0 where the system does not tell.
func peak() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kB float64
	_, _ = fmt.Sscan(string(rest), &kB)
	return kB / 1000
}
