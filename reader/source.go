package reader

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"os"
	"path"
	"strings"

	"imimport/pkg/fault"
)

const standardInput = "-"

// IsURL tells whether an input is named by a URL: a scheme of two letters or more, in either case, before "://".
func IsURL(name string) bool {
	scheme, _, found := strings.Cut(name, "://")
	return found && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\.`)
}

// ReadableTwice tells whether an input can be read again from its start. Standard input, pipes and devices give their
// bytes only once. A file that is not there is readable twice.
func ReadableTwice(name string) bool {
	if name == standardInput || IsURL(name) {
		return name != standardInput
	}
	info, err := os.Stat(name)
	return err != nil || info.Mode().IsRegular() || info.IsDir()
}

// PublicName is an input's name without the parts of a URL that may be secret: the user, the query and the fragment.
// A name without such parts stays as it is.
func PublicName(name string) string {
	if !IsURL(name) {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		scheme, _, _ := strings.Cut(name, "://")
		return scheme + "://…"
	}
	if u.User == nil && !strings.ContainsAny(name, "?#") {
		return name
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}

// source is where the bytes of an input come from: a file, standard input or a URL.
type source struct {
	name  string // as it was given
	show  string // as messages have it
	once  bool   // it can be opened only once
	stdin io.Reader
	url   *remote // nil for the others
	file  *file   // a regular file; nil for the others
	size  int64   // bytes as they are stored; -1 is not known
}

// newSource opens a regular file, and nothing else. keep has its descriptor stay open.
func newSource(cfg *Config, name string, keep bool) (*source, error) {
	s := &source{name: name, show: name, once: !ReadableTwice(name), stdin: cfg.Stdin, size: -1}
	switch {
	case name == standardInput:
		s.show = "standard input"
	case IsURL(name):
		u, err := newRemote(cfg.HTTP, name)
		if err != nil {
			return nil, err
		}
		s.url, s.show = u, u.show
	default:
		info, err := os.Stat(name)
		if err != nil {
			return nil, refuse(name, fault.Hintf("check the path"), "%w", cause(err))
		}
		if info.IsDir() {
			return nil, isDirectory(name)
		}
		if s.once {
			break
		}
		if s.file, err = openFile(name, keep); err != nil {
			return nil, s.unreadable(err)
		}
		s.size = s.file.info.Size()
	}
	return s, nil
}

// base is the file's name in lower case, without its directory and query.
func (s *source) base() string {
	return strings.ToLower(path.Base(strings.ReplaceAll(s.show, `\`, "/")))
}

// openAt opens the stored bytes, from an offset on. What is no file and no URL is opened by the first Read.
func (s *source) openAt(ctx context.Context, from int64) (io.ReadCloser, error) {
	switch {
	case s.url != nil:
		body, err := s.url.open(ctx, from)
		s.size = s.url.size
		return body, err
	case s.file != nil:
		return s.file.view(from)
	}
	return io.NopCloser(Interruptible(ctx, func() (io.Reader, error) {
		if s.name == standardInput {
			return struct{ io.Reader }{cmp.Or[io.Reader](s.stdin, os.Stdin)}, nil // which is not ours to close
		}
		return os.Open(s.name)
	})), nil
}

// drop closes the file.
func (s *source) drop() error {
	if s.file == nil {
		return nil
	}
	return s.file.close()
}

// unreadable is the error of a source that could not be opened.
func (s *source) unreadable(err error) error {
	hint := fault.Hintf("see that it can be read")
	if s.url != nil {
		hint = fault.Hintf("check the URL; a signed one may have expired")
	}
	return refuse(s.show, hint, "%w", cause(err))
}

// isTagged tells whether a URL's file is known to be the one that a position was in: its tag is strong, and the same.
func (s *source) isTagged(p Position) bool {
	return s.url != nil && isStrong(p.Tag) && p.Tag == s.url.tag
}
