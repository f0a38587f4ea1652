package reader

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Expand makes inputs of a command's arguments: patterns become the files that match them, in order of their
// names. "-" and URLs stay.
func Expand(args []string) ([]string, error) {
	if len(args) == 0 {
		return nil, refuse("", "name a file, or - for standard input", "no input")
	}
	var inputs []string
	for _, arg := range args {
		matches, err := expand(arg)
		if err != nil {
			return nil, err
		}
		for _, name := range matches {
			if slices.Contains(inputs, name) {
				return nil, refuse(PublicName(name), "name each input once; do two patterns match it?", "is named twice")
			}
			inputs = append(inputs, name)
		}
	}
	return inputs, nil
}

func expand(arg string) ([]string, error) {
	switch {
	case arg == "":
		return nil, refuse("", "name a file, or - for standard input", "an input's name is empty")
	case arg == "-" || isURL(arg):
		return []string{arg}, nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return nil, isDirectory(arg)
	case err == nil:
		return []string{arg}, nil
	case !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(arg, "*?["):
		return nil, &InputError{File: arg, Err: cause(err), Hint: "check the path", Usage: true}
	}
	matches, err := filepath.Glob(arg)
	if err != nil {
		return nil, refuse("", "quote names that have brackets in them", "pattern %q: %w", arg, err)
	}
	matches = slices.DeleteFunc(matches, func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.IsDir()
	})
	if len(matches) == 0 {
		return nil, refuse("", "check the path", "no file matches %q", arg)
	}
	return matches, nil
}

func isDirectory(name string) error {
	return refuse(name, fmt.Sprintf("name the files in it, for example '%s'", filepath.Join(name, "*.csv")), "is a directory")
}

func isURL(name string) bool {
	scheme, _, found := strings.Cut(name, "://")
	return found && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\.`)
}
