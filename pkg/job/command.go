package job

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"imimport/pkg/fault"
	"imimport/report"
)

// The commands that a job names work as they are printed, in the directory and environment of the run. What is not kept
// stands in them as one of the words of [report.Blanks].

// access is how a run came by the target's secret, as options of a command. The secret itself is not in it.
type access []fault.Option

// near names the files as one does in the current directory.
func (a access) near() []fault.Option {
	here, err := os.Getwd()
	list := slices.Clone(a)
	for i, o := range list {
		if rel, relErr := filepath.Rel(here, o.Value); err == nil && relErr == nil && filepath.IsLocal(rel) {
			list[i].Value = rel
		}
	}
	return list
}

// do is a command about the job, with what it needs to reach the target.
func (s *spec) do(verb string, args ...string) fault.Command {
	c := fault.Do(verb, args...)
	c.Options = s.Access.near()
	return c
}

// resume is the command that goes on with the job in dir.
func (s *spec) resume(dir string) fault.Command {
	if s.Sync != nil {
		return fault.Command{Text: s.Sync.Next}
	}
	c := s.do(fault.Resume, dir)
	named := slices.ContainsFunc(s.Inputs, func(in input) bool { return in.Partial || in.passing() })
	for _, in := range s.Inputs {
		name := in.Name
		switch {
		case in.Path == "-":
			c.Stdin = report.BlankInput
		case in.Partial:
			name += "?" + report.BlankQuery
		case in.passing():
			name = report.BlankInput
		}
		if named {
			c.Args = append(c.Args, name)
		}
	}
	return c
}

// resumeMoved is the command that goes on once the inputs that are gone are named where they are now.
func (s *spec) resumeMoved(dir string) fault.Command {
	c := s.do(fault.Resume, dir)
	for _, in := range s.Inputs {
		if in.isGone() {
			c.Args = append(c.Args, filepath.Join(report.BlankPlace, filepath.Base(in.Path)))
		} else {
			c.Args = append(c.Args, in.Name)
		}
	}
	return c
}

// Import is the command that imports files into the target, at the rate that was asked for. dir is its job directory, ""
// for the usual one.
func (o Options) Import(secret []fault.Option, dir string, files ...string) fault.Command {
	c := fault.Do(fault.Run, files...)
	if dir != "" {
		c = c.With("job", dir)
	}
	return aim(c, Options{Target: o.Target, Rate: o.Rate}, secret)
}

// ping is the command that asks the target, nil for one that ends with its process.
func (o Options) ping(secret []fault.Option) *fault.Command {
	if o.Target.Sandbox {
		return nil
	}
	c := aim(fault.Do(fault.Ping), Options{Target: o.Target}, secret)
	return &c
}

// aim gives a command the target and what else is asked for.
func aim(c fault.Command, asked Options, secret []fault.Option) fault.Command {
	t := &asked.Target
	switch {
	case t.Sandbox:
		*t = Target{Sandbox: true}
	case t.Region != "":
		t.Endpoint = ""
	}
	if t.Identifier == DefaultIdentifier {
		t.Identifier = ""
	}
	c = withRows(c, &asked, func(row) bool { return true })
	c.Options = append(c.Options, access(secret).near()...)
	return c
}

// withRows gives a command the options of some rows that are asked for.
func withRows(c fault.Command, asked *Options, some func(row) bool) fault.Command {
	for _, r := range table {
		if !some(r) {
			continue
		}
		for _, text := range r.Texts(asked) {
			if r.Switch {
				text = ""
			}
			c = c.With(r.Key, text)
		}
	}
	return c
}

// check is the command that looks at the inputs as the job reads them, and refuses what is only warned of.
func (j *job) check() fault.Command {
	c := fault.Do(fault.Check, j.spec.inputNames()...)
	c = withRows(c, &j.options, func(r row) bool { return r.Group == GroupRead && r.Key != "strict" })
	return c.With("strict", "")
}

// retryCommand sends again what is worth it; of a sync it is the next one.
func (j *job) retryCommand() fault.Command {
	if j.spec.Sync != nil {
		return j.spec.resume(j.dir.path)
	}
	return j.spec.do(fault.Retry, j.dir.path)
}

// importMended is the command for rows of the job that somebody has mended.
func (j *job) importMended(file string) fault.Command {
	dir := strings.TrimSuffix(j.dir.path, jobSuffix) + ".mended" + jobSuffix
	return j.options.Import(j.spec.Access, dir, file)
}
