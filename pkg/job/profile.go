package job

import (
	"cmp"
	"errors"
	"slices"

	"imimport/limiter"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/profile"
)

// beside is the way of a command beside the one that carries the rows: a lower rate holds for it too, a higher one does not.
func (o Options) beside(c im.Command) (importer.Lane, error) {
	l, err := limiter.New(o.besideLimit(c))
	return importer.Lane{Command: c, Limiter: l}, err
}

func (o Options) besideLimit(c im.Command) float64 {
	return min(cmp.Or(o.Rate, c.PerSecond), c.PerSecond)
}

// hasProfile tells whether a mapping names a field of the profile.
func hasProfile(m map[string]string) bool {
	for field, column := range m {
		if _, ok := profile.Find(field); ok && column != "" {
			return true
		}
	}
	return false
}

// CustomFields are the NAMEs of the profile fields that the app must have set up for itself.
func (o Options) CustomFields() (names []string) {
	for field := range o.Map {
		if f, ok := profile.Find(field); ok && f.Custom() != "" {
			names = append(names, f.Custom())
		}
	}
	slices.Sort(names)
	return names
}

// batchAndProfile refuses batches of rows with a profile: each takes a call of its own, and those are the limit either way.
func (o Options) batchAndProfile(m map[string]string) error {
	if o.Batch <= 1 || !hasProfile(m) {
		return nil
	}
	return &fault.Error{Kind: fault.Usage, Place: fault.Place{Option: "batch"}, Err: errors.New("cannot be used where columns of the profile are sent: each row takes a call of its own for them"),
		Hint: fault.Hintf("leave it out: %g profiles a second are the limit, in batches or not", im.PortraitSet.PerSecond)}
}
