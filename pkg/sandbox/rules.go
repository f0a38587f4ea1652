package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// None is no limit, no quota, no bar. Zero is always the default.
const None = -1

// Editions.
const (
	EditionPro       = "pro"       // the default: no account limit; a deleted account is barred for a while
	EditionDeveloper = "developer" // a deleted account may be imported again at once; that it has no account limit is ours
	EditionTrial     = "trial"     // the same, and 100 accounts
)

// Windows in which calls are counted.
const (
	SlidingWindow = "sliding" // the default: any one second
	FixedWindow   = "fixed"   // each second of the clock
)

const (
	trialQuota  = 100                 // 1047/34953
	deletionBar = 90 * 24 * time.Hour // "three months"
)

// Rules is what the service holds callers to. The zero value is the documented service, and our choice if the
// documents do not say; such fields are marked "ours". Rules can change while a sandbox runs. In JSON they are a rulesJSON.
type Rules struct {
	Edition string         `json:"edition"` // "" is "pro"
	Quota   int            `json:"-"`       // accounts; 0 is the edition's, None is none
	Limits  map[string]int `json:"-"`       // calls a second by command; missing or 0 is the documented limit, None is none

	Window       string        `json:"window"`        // ours: "" is "sliding"
	CountRefused bool          `json:"count_refused"` // ours: refused calls use the limit up too
	RetryAfter   time.Duration `json:"-"`             // ours: the header of a refused call; 0 is no header

	Custom []string `json:"custom"` // the NAMEs of Tag_Profile_Custom_NAME that the app has set up: up to 8 letters; other tags are 40009

	NoDeletion  bool          `json:"-"` // account_delete answers 71000
	DeletionBar time.Duration `json:"-"` // ours: how long "three months" are; 0 is 90 days, None is none

	EmptyClears    bool `json:"empty_clears"`      // ours: an empty Nick or FaceUrl clears the field; otherwise it changes nothing
	KeepOnRepeat   bool `json:"keep_on_repeat"`    // ours: account_import of a known account changes nothing
	WholeBatch     bool `json:"whole_batch"`       // ours: an invalid account in a batch fails the call (70402)
	AllOrNoneQuota bool `json:"all_or_none_quota"` // ours: a batch that crosses the quota fails whole (70398)

	Faults  []Fault `json:"faults"`
	Latency Latency `json:"latency"`
}

// validate returns all that is wrong with r, joined.
func (r *Rules) validate() error {
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if r.edition() != EditionPro && !r.free() {
		bad("edition %q: want %s, %s or %s", r.Edition, EditionPro, EditionDeveloper, EditionTrial)
	}
	if r.window() != SlidingWindow && r.Window != FixedWindow {
		bad("window %q: want %s or %s", r.Window, SlidingWindow, FixedWindow)
	}
	if r.Quota < None {
		bad("quota %d: must not be below 0", r.Quota)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Limits)) {
		if err := unknownCommand(name); err != nil {
			bad("limit: %w", err)
		}
		if r.Limits[name] < None {
			bad("limit of %s: must not be below 0", name)
		}
	}
	for _, name := range r.Custom {
		if !isCustomName(name) {
			bad("custom field %q: want up to %d letters", name, maxCustomName)
		}
	}
	if r.RetryAfter < 0 {
		bad("retry after %s: must not be below 0", r.RetryAfter)
	}
	var share float64
	for _, f := range r.Faults {
		if f.Slow == 0 {
			share += f.Share
		}
	}
	if share > 1+1e-9 {
		bad("faults: their shares come to %.4g%%, 100%% at most", share*100)
	}
	return errors.Join(faults...)
}

// clone is a copy that shares no map or slice with r.
func (r Rules) clone() Rules {
	r.Limits = maps.Clone(r.Limits)
	r.Faults, r.Custom = slices.Clone(r.Faults), slices.Clone(r.Custom)
	return r
}

func (r *Rules) edition() string { return cmp.Or(r.Edition, EditionPro) }
func (r *Rules) window() string  { return cmp.Or(r.Window, SlidingWindow) }
func (r *Rules) trial() bool     { return r.Edition == EditionTrial }

// free tells whether deleting is always enabled and bars nobody (269/36443).
func (r *Rules) free() bool { return r.trial() || r.Edition == EditionDeveloper }

func (r *Rules) limit(c command) int { return cmp.Or(r.Limits[commands[c].name], commands[c].limit) }

func (r *Rules) quota() int {
	switch {
	case r.Quota != 0:
		return r.Quota
	case r.trial():
		return trialQuota
	}
	return None
}

// bar is how long a deleted account may not be imported.
func (r *Rules) bar() time.Duration {
	switch {
	case r.free(), r.DeletionBar < 0:
		return 0
	case r.DeletionBar == 0:
		return deletionBar
	}
	return r.DeletionBar
}

// refuse is the code for an account that may not be imported, whatever the quota.
func (r *Rules) refuse(it *item, now time.Time) int {
	a := it.account
	switch {
	case a == nil:
		return codeBadParameter
	case len(it.nick.value) > maxProfile || len(it.face.value) > maxProfile:
		return codeTooLong
	case !a.imported && a.deleted != 0 && now.Before(time.Unix(a.deleted, 0).Add(r.bar())):
		return codeDeleted
	}
	return codeOK
}
