package sandbox

import "time"

const recentCalls = 40

// tally counts calls and their answers.
type tally struct {
	start    time.Time // times are nanoseconds since then
	calls    uint64
	first    int64 // the time of the first call; -1 before it
	commands [commandCount]commandTally
	codes    map[int]uint64
	actions  map[string]uint64 // by the text of the action
	recent   [recentCalls]Call // a ring by number
}

type commandTally struct {
	calls, accepted, refused uint64
	arrived, let             second
}

func newTally(start time.Time) tally {
	return tally{start: start, first: -1, codes: make(map[int]uint64), actions: make(map[string]uint64)}
}

// arrive counts a call, whatever becomes of it, and returns its time.
func (ta *tally) arrive(c *call, now time.Time) int64 {
	t := int64(now.Sub(ta.start))
	if ta.first < 0 {
		ta.first = t
	}
	ta.calls++
	ct := &ta.commands[c.cmd]
	ct.calls++
	ct.arrived.add(t)
	return t
}

// accept counts a call that the limit lets through.
func (ta *tally) accept(c *call, t int64) {
	ct := &ta.commands[c.cmd]
	ct.accepted++
	ct.let.add(t)
}

// record notes what became of a call.
func (ta *tally) record(c *call, v verdict, t int64) {
	if v.code == codeTooOften && v.Kind == KindOK {
		ta.commands[c.cmd].refused++
	}
	if v.Kind == KindOK || v.Kind == KindCode {
		ta.codes[v.code]++
	}
	if v.Kind != KindOK || v.Commit {
		ta.actions[v.Action.String()]++
	}
	r := &ta.recent[ta.calls%recentCalls]
	*r = Call{
		Number: ta.calls, At: ta.start.Add(time.Duration(t)), Command: c.cmd.String(),
		Accounts: len(c.items), Code: v.code, Action: v.Action, Delay: v.delay,
	}
	if len(c.items) > 0 && validUserID(c.items[0].id) {
		r.UserID = c.items[0].id
	}
}
