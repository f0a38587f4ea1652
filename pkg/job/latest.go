package job

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Latest is the name that leads to the last of several job directories.
const Latest = "latest"

// Point makes [Latest] in dir lead to a job directory, which is named as seen from dir. It is a symbolic link, or, where
// none can be made, a file with the path: Windows wants a privilege for links, and some file systems have none.
func Point(dir, to string) error { return point(dir, to, os.Symlink) }

func point(dir, to string, link func(to, path string) error) error {
	tmp, latest := filepath.Join(dir, "."+Latest+".tmp"), filepath.Join(dir, Latest)
	_ = os.Remove(tmp) // what a crash left
	err := link(to, tmp)
	if err != nil {
		err = writeNew(tmp, filepath.ToSlash(to)+"\n")
	}
	if err == nil {
		err = os.Rename(tmp, latest)
	}
	if err != nil && os.Remove(latest) == nil { // Windows replaces no link to a directory
		err = os.Rename(tmp, latest)
	}
	if err != nil {
		return fmt.Errorf("point to the last job: %w", err)
	}
	return nil
}

func writeNew(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.WriteString(f, content); err != nil {
		_ = f.Close() // the first error is told
		return err
	}
	return f.Close()
}

// Dir is the job directory that a path names: the path itself, or the one that a file of [Point] leads to.
func Dir(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 4096 || filepath.Base(path) != Latest {
		return path
	}
	content, err := os.ReadFile(path)
	to := filepath.FromSlash(strings.TrimSuffix(string(content), "\n"))
	if err != nil || !filepath.IsLocal(to) { // a point leads down, never elsewhere
		return path
	}
	return filepath.Join(filepath.Dir(path), to)
}
