// Package option is a table of a program's options: a row each, from which its flags, environment variables,
// config keys, help, completion, stored settings and checks are derived.
//
// A [Row] binds a key to a field of a settings struct. The struct's zero value is "not asked for"; a row knows how
// text becomes the field's value and back, so that nothing else has to.
//
// # Decisions
//
// Rows are values bound by functions, not struct tags: a tag cannot hold a parser, and a misspelt one is found by
// nobody. A test that reflects over the struct finds a field without a row.
package option

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Scope is what becomes of an option when a job goes on.
type Scope int

const (
	Kept   Scope = iota // the job keeps it; a later run may ask for another value
	Direct              // kept, and only a word on the command line changes it: what surrounds the program does not
	Fixed               // as Direct, and with another value it is another job: refused
	Once                // of one run; not kept
)

// Row is one option of a settings struct S.
type Row[S any] struct {
	Key     string   // lower case, words joined by -
	Group   string   // the heading that help puts it under
	Scope   Scope    //
	In      Set      // the commands that take it
	Text    string   // help; the name of its value stands between backquotes
	Default string   // what the zero value means, as help says it; "" says nothing
	Words   []string // values to offer: all there are, or usual ones
	Suffix  Suffix   // the files to offer
	Binding[S]
}

// Set is a set of commands, a bit each. Who makes a table numbers them.
type Set uint

// Has tells whether the set has any of the commands.
func (s Set) Has(commands Set) bool { return s&commands != 0 }

// Suffix says which files are a value.
type Suffix int

const (
	NoFiles Suffix = iota
	AnyFile
	Directories
)

// Binding is a field as text. It is made by [Bind], [BindSwitch] or [BindList].
type Binding[S any] struct {
	field  func(*S) any // a pointer
	set    func(*S, string) error
	texts  func(*S) []string // as set takes them; none for the zero value
	Switch bool              // it needs no value
	Repeat bool              // each further value adds to those before
}

// Kind is how text becomes a T. What Parse says of a text that it refuses follows the key and the text: "must be …".
type Kind[T any] struct {
	Parse  func(string) (T, error)
	Format func(T) string // nil is fmt.Sprint
}

// Bind binds a field of the kind.
func Bind[S, T any](field func(*S) *T, kind Kind[T]) Binding[S] {
	format := kind.Format
	if format == nil {
		format = func(v T) string { return fmt.Sprint(v) }
	}
	b := Binding[S]{field: func(s *S) any { return field(s) }}
	b.set = func(s *S, text string) error {
		v, err := kind.Parse(text)
		if err == nil {
			*field(s) = v
		}
		return err
	}
	b.texts = func(s *S) []string {
		if b.IsZero(s) {
			return nil
		}
		return []string{format(*field(s))}
	}
	return b
}

// BindSwitch binds a field that is set or not.
func BindSwitch[S any](field func(*S) *bool) Binding[S] {
	b := Bind(field, Switch)
	b.Switch = true
	return b
}

// BindList binds a field to which each value adds.
func BindList[S, T any](field func(*S) *T, add func(*T, string) error, texts func(T) []string) Binding[S] {
	return Binding[S]{Repeat: true, field: func(s *S) any { return field(s) },
		set:   func(s *S, text string) error { return add(field(s), text) },
		texts: func(s *S) []string { return texts(*field(s)) }}
}

// Set sets the field, or adds to it.
func (b Binding[S]) Set(s *S, text string) error { return b.set(s, text) }

// Texts are the field's values as Set takes them, none where it is zero.
func (b Binding[S]) Texts(s *S) []string { return b.texts(s) }

// Field is a pointer to the field.
func (b Binding[S]) Field(s *S) any { return b.field(s) }

// IsZero tells whether the option is not asked for.
func (b Binding[S]) IsZero(s *S) bool { return b.value(s).IsZero() }

// Copy takes the field over.
func (b Binding[S]) Copy(to, from *S) { b.value(to).Set(b.value(from)) }

// Same tells whether the field is the same in both. A list or map that is empty is the same as none.
func (b Binding[S]) Same(a, c *S) bool {
	v, w := b.value(a), b.value(c)
	if (v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.Len() == 0 {
		return w.Len() == 0
	}
	return reflect.DeepEqual(v.Interface(), w.Interface())
}

func (b Binding[S]) value(s *S) reflect.Value { return reflect.ValueOf(b.field(s)).Elem() }

// Validate holds each field that is set against what its row takes, and tells every fault at once.
func Validate[S any](rows []Row[S], s *S) error {
	var faults []error
	for _, row := range rows {
		scratch := new(S)
		for _, text := range row.Texts(s) {
			if err := row.Set(scratch, text); err != nil {
				faults = append(faults, fmt.Errorf("%s %q: %w", row.Key, text, err))
			}
		}
	}
	return errors.Join(faults...)
}

// Name is the option's key as a name in JSON.
func (r Row[S]) Name() string { return strings.ReplaceAll(r.Key, "-", "_") }

// Unshown is a fault of a value that must not be repeated in a message: it may hold a secret.
type Unshown struct{ Err error }

func (u Unshown) Error() string { return u.Err.Error() }
func (u Unshown) Unwrap() error { return u.Err }
