package job

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"imimport/pkg/fault"
	"imimport/reader"
)

type input struct {
	Name    string `json:"name"`              // as it was given; a URL as [reader.PublicName] has it
	Path    string `json:"path"`              // absolute; a URL or "-" like the name
	Partial bool   `json:"partial,omitempty"` // a URL without the part that is not kept
	Exact   *exact `json:"exact,omitempty"`   // of names that are not UTF-8, which JSON cannot hold

	whole string // what this process was given of a partial one
}

// exact are the names of an input with their bytes escaped as in Go.
type exact struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

func (in *input) keep() {
	if in.Exact = nil; !utf8.ValidString(in.Path + in.Name) {
		in.Exact = &exact{strconv.Quote(in.Name), strconv.Quote(in.Path)}
	}
}

func (in *input) restore() (err error) {
	if in.Exact == nil {
		return nil
	}
	if in.Name, err = strconv.Unquote(in.Exact.Name); err == nil {
		in.Path, err = strconv.Unquote(in.Exact.Path)
	}
	return err
}

// restate takes the inputs that are named once more: the whole of a URL that is kept in part, and the new place of a
// file that has moved. Others are refused.
func (s *spec) restate(dir string, inputs []string) (err error) {
	if len(inputs) == 0 {
		return nil
	}
	if matches, err := reader.Expand(inputs); err == nil { // as a new job does; names that are not there are told below
		inputs = matches
	}
	var public []string
	same := len(inputs) == len(s.Inputs)
	for i, given := range inputs {
		public = append(public, reader.PublicName(given))
		if !same {
			continue
		}
		switch in := &s.Inputs[i]; {
		case in.Path == "-" || reader.IsURL(in.Path):
			same, in.whole = public[i] == in.Path, given
		case in.isAt(given):
		case in.isGone() && (in.passing() || filepath.Base(given) == filepath.Base(in.Path)):
			if in.Path, err = filepath.Abs(given); err != nil {
				return err
			}
			in.Name, s.unsaved = given, true
		default:
			same = false
		}
	}
	if !same {
		return fault.New(fault.Usage, fault.Hintf("leave the files out; others are imported as a new job, in another directory (%s)", jobOption),
			"the job in %s imports %s, and not %s", dir, strings.Join(s.inputNames(), " "), strings.Join(public, " "))
	}
	return nil
}

// isAt tells whether a file's name leads to the input.
func (in *input) isAt(name string) bool {
	path, err := filepath.Abs(name)
	return err == nil && path == in.Path
}

// passing tells whether the input's name is of one process alone, as a shell's <(…) is.
func (in *input) passing() bool {
	return strings.HasPrefix(in.Path, "/dev/fd/") || strings.HasPrefix(in.Path, "/proc/")
}

func (in *input) isGone() bool {
	if in.Path == "-" || reader.IsURL(in.Path) {
		return false
	}
	_, err := os.Stat(in.Path)
	return errors.Is(err, fs.ErrNotExist)
}

// paths are what the reader opens.
func (s *spec) paths(dir string) ([]string, error) {
	if i := slices.IndexFunc(s.Inputs, func(in input) bool { return in.isGone() }); i >= 0 {
		return nil, fault.New(fault.Usage, fault.Hintf("put it back, or name the inputs where they are now: %s", s.resumeMoved(dir)),
			"%s: there is no such file", s.Inputs[i].Path)
	}
	paths := make([]string, len(s.Inputs))
	for i, in := range s.Inputs {
		if paths[i] = in.Path; in.Partial {
			paths[i] = in.whole
		}
		if paths[i] == "" {
			return nil, fault.New(fault.Usage, fault.Hintf("name the input once more, with them: %s", s.resume(dir)),
				"the user and the query of %s may be secret and are not kept", in.Name)
		}
	}
	return paths, nil
}
