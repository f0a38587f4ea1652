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
	Calls   int    `json:"Calls"` // that named it, of any command, refused ones too
}

// Accounts lists what is imported, by UserID.
func (s *Sandbox) Accounts() []Account {
	s.mu.Lock()
	list := make([]Account, 0, s.state.imported)
	for id, a := range s.state.accounts {
		if a.imported {
			list = append(list, Account{id, a.nick, a.face, a.calls()})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.UserID, b.UserID) })
	return list
}

// Account finds one imported account.
func (s *Sandbox) Account(userID string) (Account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.state.accounts[userID]
	if a == nil || !a.imported {
		return Account{}, false
	}
	return Account{userID, a.nick, a.face, a.calls()}, true
}

// Calls is how many calls of any command named a UserID, imported or not.
func (s *Sandbox) Calls(userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.state.accounts[userID]; a != nil {
		return a.calls()
	}
	return 0
}

// Imports is how many import calls named a UserID and were not refused for the rate.
func (s *Sandbox) Imports(userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.state.accounts[userID]; a != nil {
		return int(a.attempts[commands[accountImport].attempt])
	}
	return 0
}

// Stats is a sandbox's state in figures, as /_sandbox/stats gives it.
type Stats struct {
	StartedAt time.Time         `json:"started_at"`
	SDKAppID  uint64            `json:"sdkappid"`
	Edition   string            `json:"edition"`
	Accounts  int               `json:"accounts"`
	Quota     int               `json:"quota"` // -1 is none
	Calls     uint64            `json:"calls"`
	Commands  []CommandStats    `json:"commands"`
	Codes     map[int]uint64    `json:"codes"`   // answers given, by ErrorCode
	Actions   map[string]uint64 `json:"actions"` // what befell calls, faults and scenario alike
}

// CommandStats is what was seen of one command.
type CommandStats struct {
	Command       string `json:"command"`
	Limit         int    `json:"limit"` // calls a second, -1 is none
	Calls         uint64 `json:"calls"`
	Accepted      uint64 `json:"accepted"`       // let through by the limit
	Refused       uint64 `json:"refused"`        // 60007
	WorstSecond   int    `json:"worst_second"`   // the most calls that arrived in any one second
	WorstAccepted int    `json:"worst_accepted"` // the most that were let through in any one second
	LastSecond    int    `json:"last_second"`    // calls in the second that ends now
}

// Stats tells how the sandbox stands.
func (s *Sandbox) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats()
}

func (s *Sandbox) stats() Stats {
	st := Stats{
		StartedAt: s.start, SDKAppID: s.app, Edition: s.rules.edition(),
		Accounts: s.state.imported, Quota: s.rules.quota(), Calls: s.seen.calls,
		Codes: maps.Clone(s.seen.codes), Actions: make(map[string]uint64),
	}
	for action, n := range s.seen.actions {
		st.Actions[action.String()] = n
	}
	t := int64(s.now().Sub(s.start))
	for cmd := range commandCount {
		ct := &s.seen.commands[cmd]
		st.Commands = append(st.Commands, CommandStats{
			Command: commands[cmd].name, Limit: s.rules.limit(cmd),
			Calls: ct.calls, Accepted: ct.accepted, Refused: ct.refused,
			WorstSecond: ct.arrived.worst, WorstAccepted: ct.let.worst, LastSecond: ct.arrived.expire(t),
		})
	}
	return st
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
