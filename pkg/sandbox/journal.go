package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"imimport/pkg/plain"
)

const (
	journalVersion = 1
	journalPerm    = 0o600 // names and pictures of people
	slackLines     = 1000  // a file with this many more lines than twice its accounts is rewritten when opened
)

// journal is the data file: a header line, then a line of JSON for each change of an account, with the whole
// account after it; an account's last line counts. Lines are written before their call is answered, in one write,
// so the file survives the process however that ends. It is synced when it is closed. A last line without its end
// belongs to a call that was never answered, and is cut off. All methods do nothing on nil.
type journal struct {
	path string
	app  uint64
	file file
	lock *flock.Flock
	size int64  // of the whole lines in the file
	buf  []byte // lines not yet in the file
}

// file is what a journal needs of an *os.File.
type file interface {
	io.Reader
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

type journalHeader struct {
	Version  int    `json:"imimport_sandbox"`
	SDKAppID uint64 `json:"sdkappid"`
}

type journalLine struct {
	UserID   string           `json:"id"`
	Nick     string           `json:"nick"`
	Face     string           `json:"face"`
	Tags     map[string]value `json:"tags"`
	Imported bool             `json:"imported"`
	Deleted  int64            `json:"deleted"`
}

// openJournal locks the file for this process, makes it if it is missing, and reads it into as.
func openJournal(path string, app uint64, as *accounts) (*journal, error) {
	j := &journal{path: path, app: app, lock: lockFile(path)}
	switch ok, err := j.lock.TryLock(); {
	case err != nil:
		return nil, err
	case !ok:
		return nil, fmt.Errorf("%s: another sandbox uses it", path)
	}
	err := j.open(as)
	if err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

func lockFile(path string) *flock.Flock {
	return flock.New(path+".lock", flock.SetPermissions(journalPerm), flock.SetFlag(os.O_CREATE|os.O_RDONLY|plain.Flags))
}

func (j *journal) open(as *accounts) error {
	f, err := plain.OpenFile(j.path, os.O_RDWR|os.O_CREATE, journalPerm) // a link would be replaced when the file is rewritten
	if err != nil {
		return err
	}
	j.file = f
	lines, err := j.load(as)
	if err != nil {
		return fmt.Errorf("%s: %w", j.path, err)
	}
	if j.size == 0 || lines > 2*len(as.byID)+slackLines {
		return j.rewrite(as)
	}
	return j.file.Truncate(j.size)
}

// load reads all whole lines and leaves their length in j.size.
func (j *journal) load(as *accounts) (lines int, err error) {
	r := bufio.NewReaderSize(j.file, 1<<16)
	if err := j.foreign(r); err != nil {
		return 0, err
	}
	for {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		if lines++; lines == 1 {
			err = j.checkHeader(text)
		} else {
			err = loadLine(text, as)
		}
		if err != nil {
			return lines, fmt.Errorf("line %d: %w", lines, err)
		}
		j.size += int64(len(text))
	}
}

// foreign refuses a file that is neither empty nor begins as ours do, before anything is cut off it. A file of
// ours may have lost its end.
func (j *journal) foreign(r *bufio.Reader) error {
	const begin = `{"imimport_sandbox":`
	head, err := r.Peek(len(begin))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !strings.HasPrefix(begin, string(head)) {
		return errors.New("not a sandbox's data file, and not written over")
	}
	return nil
}

func (j *journal) checkHeader(text []byte) error {
	var h journalHeader
	switch err := json.Unmarshal(text, &h); {
	case err != nil || h.Version == 0:
		return errors.New("not a sandbox's data file")
	case h.Version != journalVersion:
		return fmt.Errorf("version %d: this program knows %d", h.Version, journalVersion)
	case h.SDKAppID != j.app:
		return fmt.Errorf("holds the accounts of SDKAppID %d, not of %d", h.SDKAppID, j.app)
	}
	return nil
}

func loadLine(text []byte, as *accounts) error {
	var l journalLine
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("damaged: %w", err)
	}
	if !validUserID(l.UserID) {
		return errors.New("damaged: no UserID")
	}
	a := as.need(l.UserID)
	switch {
	case l.Imported && !a.imported:
		as.imported++
	case !l.Imported && a.imported:
		as.imported--
	}
	*a = account{nick: l.Nick, face: l.Face, tags: l.Tags, imported: l.Imported, deleted: l.Deleted}
	return nil
}

// rewrite replaces the file atomically by one that has a line for each account.
func (j *journal) rewrite(as *accounts) error {
	if j == nil {
		return nil
	}
	next, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*") // 0600
	if err != nil {
		return err
	}
	size, err := writeAll(next, j.app, as)
	if err == nil {
		err = next.Sync()
	}
	if err == nil {
		err = os.Rename(next.Name(), j.path)
	}
	if err != nil {
		return errors.Join(err, next.Close(), os.Remove(next.Name()))
	}
	old := j.file
	j.file, j.size, j.buf = next, size, j.buf[:0]
	if old == nil {
		return nil
	}
	return old.Close()
}

func writeAll(w io.Writer, app uint64, as *accounts) (size int64, err error) {
	buf, err := json.Marshal(journalHeader{journalVersion, app})
	if err != nil {
		return 0, err
	}
	buf = append(buf, '\n')
	for id, a := range as.byID {
		if a.imported || a.deleted != 0 {
			buf = appendLine(buf, id, a)
		}
		if len(buf) > 1<<16 {
			if _, err := w.Write(buf); err != nil {
				return 0, err
			}
			size, buf = size+int64(len(buf)), buf[:0]
		}
	}
	_, err = w.Write(buf)
	return size + int64(len(buf)), err
}

func appendLine(dst []byte, id string, a *account) []byte {
	dst = appendString(append(dst, `{"id":`...), id)
	if a.nick != "" {
		dst = appendString(append(dst, `,"nick":`...), a.nick)
	}
	if a.face != "" {
		dst = appendString(append(dst, `,"face":`...), a.face)
	}
	if len(a.tags) > 0 {
		dst = append(dst, `,"tags":{`...)
		for _, tag := range slices.Sorted(maps.Keys(a.tags)) {
			dst = append(appendString(appendComma(dst), tag), ':')
			dst = a.tags[tag].append(dst)
		}
		dst = append(dst, '}')
	}
	dst = strconv.AppendBool(append(dst, `,"imported":`...), a.imported)
	if a.deleted != 0 {
		dst = strconv.AppendInt(append(dst, `,"deleted":`...), a.deleted, 10)
	}
	return append(dst, "}\n"...)
}

// put notes that an account changed.
func (j *journal) put(id string, a *account) {
	if j != nil {
		j.buf = appendLine(j.buf, id, a)
	}
}

// flush writes the lines in buf. If that fails they are kept, and the next flush writes them, and the lines added since,
// at the same place.
func (j *journal) flush() error {
	if j == nil || len(j.buf) == 0 {
		return nil
	}
	n, err := j.file.WriteAt(j.buf, j.size)
	if err != nil {
		return err
	}
	j.size += int64(n)
	j.buf = j.buf[:0]
	return nil
}

// close may be called twice.
func (j *journal) close() error {
	if j == nil || j.lock == nil {
		return nil
	}
	var err error
	if j.file != nil {
		err = errors.Join(j.flush(), j.file.Sync(), j.file.Close())
	}
	err = errors.Join(err, j.lock.Unlock())
	j.lock = nil
	return err
}
