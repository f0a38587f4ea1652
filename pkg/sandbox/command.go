package sandbox

import (
	"fmt"
	"strings"
)

// command is one of the API's commands that the sandbox serves.
type command int

const (
	accountImport command = iota
	multiaccountImport
	accountCheck
	accountDelete
	portraitSet
	portraitGet
	kick
	queryOnlineStatus
	commandCount
)

// Names of the commands in limits, scenarios and statistics.
const (
	AccountImport      = "account_import"
	MultiaccountImport = "multiaccount_import"
	AccountCheck       = "account_check"
	AccountDelete      = "account_delete"
	PortraitSet        = "portrait_set"
	PortraitGet        = "portrait_get"
	Kick               = "kick"
	QueryOnlineStatus  = "query_online_status"
)

const (
	accountService = "/v4/im_open_login_svc/"
	profileService = "/v4/profile/"
	statusService  = "/v4/openim/"
)

// commands lists how the commands differ. Limits: 1047/34620, 1047/35477; that of kick is our choice.
var commands = [commandCount]struct {
	name    string
	path    string
	limit   int    // calls a second
	attempt int    // its counter in account.calls; the import commands share one
	list    string // the field with its accounts, "" if it is not a list of objects
}{
	accountImport:      {AccountImport, accountService + AccountImport, 200, 0, ""},
	multiaccountImport: {MultiaccountImport, accountService + MultiaccountImport, 100, 0, "AccountList"},
	accountCheck:       {AccountCheck, accountService + AccountCheck, 100, 1, "CheckItem"},
	accountDelete:      {AccountDelete, accountService + AccountDelete, 100, 2, "DeleteItem"},
	portraitSet:        {PortraitSet, profileService + PortraitSet, 200, 3, ""},
	portraitGet:        {PortraitGet, profileService + PortraitGet, 200, 4, ""},
	kick:               {Kick, accountService + Kick, 200, 5, ""},
	queryOnlineStatus:  {QueryOnlineStatus, statusService + QueryOnlineStatus, 200, 6, ""},
}

// Counters of an account besides those of the commands' attempts, and how many there are in all.
const (
	refusedForRate = 7
	counters       = 8
)

// perCall is how many accounts one call may name.
func (c command) perCall() int {
	if c == queryOnlineStatus {
		return 500 // 1047/35477
	}
	return 100
}

func (c command) String() string { return commands[c].name }

// profile tells whether it is a command of the profile service, whose answers have another shape.
func (c command) profile() bool { return c == portraitSet || c == portraitGet }

// badParameter is the code for a call whose body is JSON, but not what the command wants.
func (c command) badParameter() int {
	if c.profile() {
		return codeBadProfileCall
	}
	return codeBadParameter
}

// many tells whether a call names many accounts, each with a result of its own.
func (c command) many() bool { return c != accountImport && c != portraitSet && c != kick }

func commandOf(path string) (command, bool) {
	for c := range commandCount {
		if commands[c].path == path {
			return c, true
		}
	}
	return 0, false
}

// unknownCommand is the error for a name that no command has, nil for one of a command.
func unknownCommand(name string) error {
	var names []string
	for c := range commandCount {
		if commands[c].name == name {
			return nil
		}
		names = append(names, commands[c].name)
	}
	return fmt.Errorf("no command %q; there are %s", name, strings.Join(names, ", "))
}
