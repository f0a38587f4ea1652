package reader

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"imimport/pkg/fault"
)

// Expand makes inputs of a command's arguments. A pattern becomes the files that match it, in the order of their names;
// "-" and URLs stay as they are. Errors are of the kind [fault.Usage].
func Expand(args []string) ([]string, error) {
	if len(args) == 0 {
		return nil, refuse("", fault.Hintf("name a file, or - for standard input"), "no input")
	}
	var inputs []string
	for _, arg := range args {
		matches, err := expand(arg)
		if err != nil {
			return nil, err
		}
		for _, name := range matches {
			if slices.Contains(inputs, name) {
				return nil, refuse(PublicName(name), fault.Hintf("name each input once; do two patterns match it?"), "is named twice")
			}
			inputs = append(inputs, name)
		}
	}
	return inputs, nil
}

func expand(arg string) ([]string, error) {
	switch {
	case arg == "":
		return nil, refuse("", fault.Hintf("name a file, or - for standard input"), "an input's name is empty")
	case arg == standardInput || IsURL(arg):
		return []string{arg}, nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return nil, isDirectory(arg)
	case err == nil:
		return []string{arg}, nil
	case !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(arg, "*?["):
		return nil, refuse(arg, fault.Hintf("check the path"), "%w", cause(err))
	}
	matches, err := filepath.Glob(arg)
	if err != nil {
		return nil, refuse("", fault.Hintf("quote names that have brackets in them"), "pattern %q: %w", arg, err)
	}
	matches = slices.DeleteFunc(matches, func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.IsDir()
	})
	if len(matches) == 0 {
		return nil, refuse("", fault.Hintf("check the path"), "no file matches %q", arg)
	}
	return matches, nil
}

func isDirectory(name string) error {
	return refuse(name, fault.Hintf("name the files in it, for example '%s'", filepath.Join(name, "*.csv")), "is a directory")
}
