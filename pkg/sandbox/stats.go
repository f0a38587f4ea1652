package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Account is an imported account.
type Account struct {
	UserID  string `json:"UserID"`
	Nick    string `json:"Nick"`
	FaceURL string `json:"FaceUrl"`
	Calls   int    `json:"Calls"` // calls of any command that named it, refused ones too

	Profile map[string]any `json:"Profile,omitempty"` // the other tags: strings and uint32
}

// Accounts lists the imported accounts by UserID.
func (s *Sandbox) Accounts() []Account {
	s.mu.Lock()
	list := make([]Account, 0, s.judge.accounts.imported)
	for id, a := range s.judge.accounts.byID {
		if a.imported {
			list = append(list, Account{id, a.nick, a.face, a.allCalls(), a.profile()})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.UserID, b.UserID) })
	return list
}

// Account finds one imported account.
func (s *Sandbox) Account(userID string) (Account, bool) {
	a := s.account(userID)
	if !a.imported {
		return Account{}, false
	}
	return Account{userID, a.nick, a.face, a.allCalls(), a.profile()}, true
}

// Calls is how many calls of any command named a UserID, imported or not.
func (s *Sandbox) Calls(userID string) int {
	return s.account(userID).allCalls()
}

// Imports is how many import calls named a UserID, without those that were refused for the rate.
func (s *Sandbox) Imports(userID string) int {
	return int(s.account(userID).calls[commands[accountImport].attempt])
}

// account is a copy of what is known of a UserID, the zero account for nothing.
func (s *Sandbox) account(userID string) account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.judge.accounts.byID[userID]; a != nil {
		return *a
	}
	return account{}
}

// Call is one of the last calls.
type Call struct {
	Number   uint64        `json:"number"`
	At       time.Time     `json:"at"`
	Command  string        `json:"command"`
	UserID   string        `json:"userid"` // the first that it named
	Accounts int           `json:"accounts"`
	Code     int           `json:"code"`
	Action   Action        `json:"action"`
	Delay    time.Duration `json:"delay_ns"`
}

// Recent lists the last calls, the newest first.
func (s *Sandbox) Recent() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge.seen.list()
}

func (ta *tally) list() []Call {
	list := make([]Call, 0, recentCalls)
	for n := ta.calls; n > 0 && len(list) < recentCalls; n-- {
		list = append(list, ta.recent[n%recentCalls])
	}
	return list
}

// Stats is what /_sandbox/stats gives.
type Stats struct {
	StartedAt time.Time         `json:"started_at"`
	SDKAppID  uint64            `json:"sdkappid"`
	Edition   string            `json:"edition"`
	Accounts  int               `json:"accounts"`
	Quota     int               `json:"quota"` // -1 is none
	Calls     uint64            `json:"calls"`
	Commands  []CommandStats    `json:"commands"`
	Codes     map[int]uint64    `json:"codes"`   // answers by ErrorCode
	Actions   map[string]uint64 `json:"actions"` // calls by what a fault or the scenario did to them
}

// CommandStats is the figures of one command.
type CommandStats struct {
	Command       string `json:"command"`
	Limit         int    `json:"limit"` // calls a second, -1 is none
	Calls         uint64 `json:"calls"`
	Accepted      uint64 `json:"accepted"`       // within the limit
	Refused       uint64 `json:"refused"`        // 60007
	WorstSecond   int    `json:"worst_second"`   // the most calls that arrived in any one second
	WorstAccepted int    `json:"worst_accepted"` // the most that were accepted in any one second
	LastSecond    int    `json:"last_second"`    // calls in the last second
}

// Stats returns the figures of now.
func (s *Sandbox) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats()
}

func (s *Sandbox) stats() Stats {
	j := &s.judge
	return Stats{
		StartedAt: j.seen.start, SDKAppID: s.app.id, Edition: j.rules.edition(), Accounts: j.accounts.imported, Quota: j.rules.quota(),
		Calls: j.seen.calls, Commands: j.seen.perCommand(&j.rules, s.now()), Codes: maps.Clone(j.seen.codes), Actions: maps.Clone(j.seen.actions),
	}
}

func (ta *tally) perCommand(rules *Rules, now time.Time) []CommandStats {
	t := int64(now.Sub(ta.start))
	var list []CommandStats
	for cmd := range commandCount {
		ct := &ta.commands[cmd]
		list = append(list, CommandStats{
			Command: commands[cmd].name, Limit: rules.limit(cmd),
			Calls: ct.calls, Accepted: ct.accepted, Refused: ct.refused,
			WorstSecond: ct.arrived.worst, WorstAccepted: ct.let.worst, LastSecond: ct.arrived.expire(t),
		})
	}
	return list
}

// Command finds the figures of one command.
func (st Stats) Command(name string) CommandStats {
	for _, c := range st.Commands {
		if c.Command == name {
			return c
		}
	}
	return CommandStats{}
}
