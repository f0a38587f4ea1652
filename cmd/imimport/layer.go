package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/fault"
	"imimport/pkg/option"
)

// layer is where a setting comes from; the higher one counts.
type layer int

const (
	byDefault layer = iota
	byConfig
	byEnvironment
	byFlag
)

// origin is the layer and the place in it, as faults name it: --rate, IMIMPORT_RATE, imimport.yaml:3: rate.
type origin struct {
	layer layer
	place string
}

// layered keeps what the command line says of a flag. The flag's own value is set once, when every layer is
// known, so that all faults can be told at once.
type layered struct {
	pflag.Value
	typed []string
	from  origin
}

func (l *layered) Set(text string) error {
	l.typed = append(l.typed, text)
	return nil
}

// Append, Replace and GetSlice tell the completion that the flag is repeatable.
type layeredSlice struct{ *layered }

func (l layeredSlice) Append(text string) error { return l.Set(text) }
func (l layeredSlice) GetSlice() []string       { return l.typed }
func (l layeredSlice) Replace(all []string) error { //nolint:unparam // pflag.SliceValue has it so
	l.typed = all
	return nil
}

func layerOf(f *pflag.Flag) *layered {
	switch v := f.Value.(type) {
	case *layered:
		return v
	case layeredSlice:
		return v.layered
	}
	return nil // --help
}

// repeatable tells whether each further value adds to those before it.
func repeatable(f *pflag.Flag) bool {
	return strings.HasPrefix(f.Value.Type(), "string") && f.Value.Type() != "string"
}

// layerFlags makes every flag of every command a layered one.
func layerFlags(cmd *cobra.Command) {
	eachFlag(cmd, func(f *pflag.Flag) {
		if layerOf(f) != nil {
			return
		}
		l := &layered{Value: f.Value}
		if f.Value = l; repeatable(f) {
			f.Value = layeredSlice{l}
		}
	})
}

// eachFlag calls visit with every flag of a command and of its subcommands.
func eachFlag(cmd *cobra.Command, visit func(*pflag.Flag)) {
	cmd.PersistentFlags().VisitAll(visit)
	cmd.Flags().VisitAll(visit)
	for _, sub := range cmd.Commands() {
		eachFlag(sub, visit)
	}
}

// flagNames are the names of all flags of all commands.
func flagNames(cmd *cobra.Command) []string {
	var names []string
	eachFlag(cmd, func(f *pflag.Flag) { names = append(names, f.Name) })
	slices.Sort(names)
	return slices.Compact(names)
}

const configFlag = "config"

// resolve sets the command's flags: flag over environment over config file, and has the command look at what
// they say together. Its error is every fault.
func (a *app) resolve(cmd *cobra.Command, args []string) error {
	file, err := a.loadConfig(cmd)
	faults := []error{err}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		l := layerOf(f)
		if l == nil {
			return
		}
		var values []string
		values, l.from = a.pick(f, l, file)
		if l.from.layer == byConfig && len(values) > 1 && !repeatable(f) {
			faults = append(faults, fmt.Errorf("%s: takes one value, and there are %d", l.from.place, len(values)))
			return
		}
		for _, text := range values {
			if err := l.Value.Set(text); err != nil {
				faults = append(faults, refused(l.from, text, err))
			}
		}
	})
	a.ran = cmd.Flag(logFormatFlag) != nil
	a.asked = &fault.Command{Verb: cmd.Name()}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { a.asked.Options = append(a.asked.Options, typed(f)...) })
	if check := a.checks[cmd]; check != nil {
		faults = append(faults, check(args))
	}
	a.stray = slices.Concat(file.gone, strayVariables(a.environ, flagNames(cmd.Root())))
	if err := errors.Join(faults...); err != nil {
		return &fault.Error{Kind: fault.Usage, Err: err}
	}
	return nil
}

func refused(from origin, text string, err error) error {
	var hidden option.Unshown
	if errors.As(err, &hidden) {
		return fmt.Errorf("%s: %w", from.place, err)
	}
	return fmt.Errorf("%s %s: %w", from.place, shown(text), plainCause(err))
}

// pick is what the highest layer that speaks of the flag says. An empty variable says nothing.
func (a *app) pick(f *pflag.Flag, l *layered, file config) ([]string, origin) {
	if len(l.typed) > 0 {
		return l.typed, origin{byFlag, "--" + f.Name}
	}
	if text := a.getenv(variable(f.Name)); text != "" {
		values := []string{text}
		if repeatable(f) {
			values = splitList(text)
		}
		return values, origin{byEnvironment, variable(f.Name)}
	}
	if e := file.entries[f.Name]; len(e.values) > 0 && f.Name != configFlag {
		return e.values, origin{byConfig, fmt.Sprintf("%s:%d: %s", file.name, e.line, f.Name)}
	}
	return nil, origin{}
}

// typed is a flag as the command line has it. A secret from standard input has to come from a file the next time.
func typed(f *pflag.Flag) (options []fault.Option) {
	l := layerOf(f)
	if l == nil || l.from.layer != byFlag {
		return nil
	}
	for _, text := range l.typed {
		o := fault.Option{Key: f.Name, Value: text}
		switch blank := secretBlanks[f.Name]; {
		case f.NoOptDefVal != "" && text == f.NoOptDefVal: // a switch
			o.Value = ""
		case f.NoOptDefVal != "":
			o = fault.Option{Key: f.Name + "=" + text}
		case blank != "" && text == "-":
			o.Value = blank
		}
		options = append(options, o)
	}
	return options
}

// variable is the environment's name of a flag.
func variable(flag string) string {
	return "IMIMPORT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// splitList splits a variable with several values at its newlines, or else at its commas.
func splitList(text string) []string {
	separator := ","
	if strings.Contains(text, "\n") {
		separator = "\n"
	}
	var list []string
	for _, item := range strings.Split(text, separator) {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// plainCause drops the names of Go functions from an error.
func plainCause(err error) error {
	var number *strconv.NumError
	if errors.As(err, &number) {
		return errors.New("must be a number: " + number.Err.Error())
	}
	return err
}

// strayVariables are those of the environment that look like settings and are none: misspelt ones, as a rule.
func strayVariables(environ, flags []string) []string {
	known := []string{secretKeyVariable, userSigVariable}
	for _, name := range flags {
		known = append(known, variable(name))
	}
	var stray []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "IMIMPORT_") || slices.Contains(known, name) {
			continue
		}
		text := name + " in the environment is no setting"
		if near := option.Nearest(name, known); near != "" {
			text += ": did you mean " + near + "?"
		}
		stray = append(stray, text)
	}
	slices.Sort(stray)
	return stray
}

func (a *app) getenv(name string) string {
	if a.lookup != nil {
		return a.lookup(name)
	}
	return os.Getenv(name)
}
