package sandbox

import (
	"strings"
	"time"
)

const maxUserID, maxProfile = 32, 500 // bytes (1047/34953)

// account is what the sandbox knows of a UserID, imported or not.
type account struct {
	nick, face string
	tags       map[string]value // the profile's other tags; nil for none
	imported   bool
	deleted    int64            // Unix seconds of the last deletion, 0 for none
	calls      [counters]uint32 // that named it
}

func (a account) allCalls() (n int) {
	for _, k := range a.calls {
		n += int(k)
	}
	return n
}

// accounts is all accounts, and the file that they are kept in. Commands do to it what their calls ask for, and leave
// the answer for code 0 in the call.
type accounts struct {
	byID     map[string]*account
	imported int
	file     *journal // nil without a DataFile
	latest   string   // the UserID of the last profile that was set
}

func newAccounts() accounts { return accounts{byID: make(map[string]*account)} }

// reset forgets all accounts, in the file too.
func (as *accounts) reset() error {
	empty := newAccounts()
	empty.file = as.file
	if err := empty.file.rewrite(&empty); err != nil {
		return err
	}
	*as = empty
	return nil
}

// need finds an account or adds one.
func (as *accounts) need(id string) *account {
	a := as.byID[id]
	if a == nil {
		a = new(account)
		as.byID[id] = a
	}
	return a
}

// find gives the call's items their accounts. An item whose UserID is not valid gets none. One that is not known
// yet gets a new account from the import commands only, or from all with create.
func (as *accounts) find(c *call, create bool) {
	if c.refused != codeOK || c.bad != codeOK {
		return
	}
	create = create || c.cmd == accountImport || c.cmd == multiaccountImport
	for i := range c.items {
		it := &c.items[i]
		if !validUserID(it.id) {
			continue
		}
		if create {
			it.account = as.need(it.id)
		} else {
			it.account = as.byID[it.id]
		}
	}
}

// count counts a call at the accounts that it names.
func (as *accounts) count(c *call, counter int, create bool) {
	as.find(c, create)
	for i := range c.items {
		if a := c.items[i].account; a != nil {
			a.calls[counter]++
		}
	}
}

// validUserID wants at most 32 bytes of printable ASCII. The documents disagree on the characters, and the wider
// set is allowed: a rehearsal must not refuse what the service may accept.
func validUserID(id string) bool {
	return id != "" && len(id) <= maxUserID && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' })
}

// apply does what the call asks for and returns the code of the answer.
func (as *accounts) apply(c *call, rules *Rules, now time.Time) int {
	if n := len(c.items); n == 0 || n > c.cmd.perCall() {
		return c.cmd.badParameter()
	}
	switch c.cmd {
	case accountImport:
		return as.importOne(c, rules, now)
	case multiaccountImport:
		return as.importBatch(c, rules, now)
	case accountCheck:
		return as.check(c)
	case accountDelete:
		return as.delete(c, rules, now)
	case portraitSet:
		return as.setPortrait(c, rules)
	case kick:
		return as.kick(c)
	case queryOnlineStatus:
		return as.onlineStatus(c)
	default:
		return as.getPortraits(c, rules)
	}
}

// importOne is account_import.
func (as *accounts) importOne(c *call, rules *Rules, now time.Time) int {
	code := as.importItem(&c.items[0], rules, !rules.KeepOnRepeat, now)
	if code == codeOK {
		c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`...)
	}
	return code
}

// importBatch is multiaccount_import. In its answer, accounts that fail have no reason; the documents give them none.
func (as *accounts) importBatch(c *call, rules *Rules, now time.Time) int {
	if code := as.wholeBatch(c, rules, now); code != codeOK {
		return code
	}
	full := 0
	c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","FailAccounts":[`...)
	for i := range c.items {
		it := &c.items[i]
		planned := it.code
		if planned == codeOK || it.commit {
			it.code = as.importItem(it, rules, true, now)
		}
		if planned != codeOK {
			it.code = planned
		} else if it.code == codeQuota {
			full++
		}
		if it.code != codeOK {
			c.out = appendString(appendComma(c.out), it.id)
		}
	}
	if full == len(c.items) {
		return codeQuota
	}
	c.out = append(c.out, `]}`...)
	return codeOK
}

// wholeBatch applies the rules under which one account fails the whole call.
func (as *accounts) wholeBatch(c *call, rules *Rules, now time.Time) int {
	if !rules.WholeBatch && !rules.AllOrNoneQuota {
		return codeOK
	}
	fresh := make(map[*account]bool)
	for i := range c.items {
		it := &c.items[i]
		if rules.WholeBatch && rules.refuse(it, now) != codeOK {
			return codeBadParameter
		}
		if it.account != nil && !it.account.imported && rules.refuse(it, now) == codeOK {
			fresh[it.account] = true
		}
	}
	if quota := rules.quota(); rules.AllOrNoneQuota && quota != None && as.imported+len(fresh) > quota {
		return codeQuota
	}
	return codeOK
}

// importItem imports one account, or updates one that is imported already.
func (as *accounts) importItem(it *item, rules *Rules, update bool, now time.Time) int {
	if code := rules.refuse(it, now); code != codeOK {
		return code
	}
	a := it.account
	if !a.imported {
		if quota := rules.quota(); quota != None && as.imported >= quota {
			return codeQuota
		}
		as.imported++
		a.imported, update = true, true
	}
	if update {
		it.nick.set(&a.nick, rules.EmptyClears)
		it.face.set(&a.face, rules.EmptyClears)
		as.file.put(it.id, a)
	}
	return codeOK
}

// check is account_check.
func (as *accounts) check(c *call) int {
	c.beginResults()
	for i := range c.items {
		it := &c.items[i]
		code, status := it.code, "NotImported"
		switch {
		case code == codeOK && !validUserID(it.id):
			code = codeBadParameter
		case it.account != nil && it.account.imported:
			status = "Imported"
		}
		c.beginResult(it.id, code)
		c.out = append(c.out, `,"AccountStatus":`...)
		c.out = append(appendString(c.out, status), '}')
	}
	c.out = append(c.out, `]}`...)
	return codeOK
}

// delete is account_delete.
func (as *accounts) delete(c *call, rules *Rules, now time.Time) int {
	if rules.NoDeletion && !rules.free() {
		return codeNoDeletion
	}
	c.beginResults()
	for i := range c.items {
		it := &c.items[i]
		code := it.code
		if code == codeOK || it.commit {
			if a := it.account; a == nil || !a.imported {
				code = codeNotExist
			} else {
				as.imported--
				*a = account{deleted: now.Unix(), calls: a.calls}
				as.file.put(it.id, a)
			}
		}
		c.beginResult(it.id, code)
		c.out = append(c.out, '}')
	}
	c.out = append(c.out, `]}`...)
	return codeOK
}

func (c *call) beginResults() {
	c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":[`...)
}

func (c *call) beginResult(id string, code int) {
	c.out = append(appendComma(c.out), `{"UserID":`...)
	c.out = appendString(c.out, id)
	c.out = appendResult(c.out, code)
}
