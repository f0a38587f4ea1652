package sandbox

import "time"

const maxUserID, maxProfile = 32, 500 // bytes (1047/34953)

// account is what the sandbox knows of a UserID, imported or not.
type account struct {
	nick, face string
	tags       map[string]value // the profile's other tags; nil for none
	imported   bool
	deleted    int64 // Unix seconds of the last deletion, 0 for none
	attempts   [attemptKinds]uint32
	refused    uint32 // calls that named it and were refused for the rate
}

func (a *account) calls() int {
	n := int(a.refused)
	for _, k := range a.attempts {
		n += int(k)
	}
	return n
}

// state is all accounts.
type state struct {
	accounts map[string]*account
	imported int
}

func newState() state { return state{accounts: make(map[string]*account)} }

// need finds an account or begins one.
func (st *state) need(id string) *account {
	a := st.accounts[id]
	if a == nil {
		a = new(account)
		st.accounts[id] = a
	}
	return a
}

// find binds the call's items to their accounts. What no account can be called has none, and neither has an
// unknown account in a command that makes none, unless attempts have to be counted.
func (st *state) find(c *call, count bool) {
	if c.refused != codeOK || c.bad != codeOK {
		return
	}
	create := count || c.cmd == accountImport || c.cmd == multiaccountImport
	for i := range c.items {
		it := &c.items[i]
		if !validUserID(it.id) {
			continue
		}
		if create {
			it.account = st.need(it.id)
		} else {
			it.account = st.accounts[it.id]
		}
	}
}

// countAttempt counts a call that got as far as the accounts it names.
func (st *state) countAttempt(c *call, count bool) {
	st.find(c, count)
	for i := range c.items {
		if a := c.items[i].account; a != nil {
			a.attempts[commands[c.cmd].attempt]++
		}
	}
}

// countRefused counts a call that was refused for the rate.
func (st *state) countRefused(c *call) {
	st.find(c, false)
	for i := range c.items {
		if a := c.items[i].account; a != nil {
			a.refused++
		}
	}
}

// validUserID: at most 32 bytes of printable ASCII. Where the documents disagree on the characters, the
// wider word holds: a rehearsal must not refuse what the service may take.
func validUserID(id string) bool {
	if id == "" || len(id) > maxUserID {
		return false
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// importOne is account_import.
func (s *Sandbox) importOne(c *call, now time.Time) int {
	code := s.importItem(&c.items[0], !s.rules.KeepOnRepeat, now)
	if code == codeOK {
		c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`...)
	}
	return code
}

// importBatch is multiaccount_import. The documents give names without reasons for what fails.
func (s *Sandbox) importBatch(c *call, now time.Time) int {
	if n := len(c.items); n == 0 || n > perCall {
		return codeBadParameter
	}
	if code := s.wholeBatch(c, now); code != codeOK {
		return code
	}
	full := 0
	c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","FailAccounts":[`...)
	none := len(c.out)
	for i := range c.items {
		it := &c.items[i]
		planned := it.code
		if planned == codeOK || it.commit {
			it.code = s.importItem(it, true, now)
		}
		if planned != codeOK {
			it.code = planned
		} else if it.code == codeQuota {
			full++
		}
		if it.code != codeOK {
			if len(c.out) > none {
				c.out = append(c.out, ',')
			}
			c.out = appendString(c.out, it.id)
		}
	}
	if full == len(c.items) {
		return codeQuota
	}
	c.out = append(c.out, `]}`...)
	return codeOK
}

// wholeBatch applies the rules by which one account fails the call.
func (s *Sandbox) wholeBatch(c *call, now time.Time) int {
	if !s.rules.WholeBatch && !s.rules.AllOrNoneQuota {
		return codeOK
	}
	fresh := make(map[*account]bool)
	for i := range c.items {
		it := &c.items[i]
		if s.rules.WholeBatch && s.refuses(it, now) != codeOK {
			return codeBadParameter
		}
		if it.account != nil && !it.account.imported && s.refuses(it, now) == codeOK {
			fresh[it.account] = true
		}
	}
	if quota := s.rules.quota(); s.rules.AllOrNoneQuota && quota != None && s.state.imported+len(fresh) > quota {
		return codeQuota
	}
	return codeOK
}

// refuses tells why an account may not be imported, the quota aside.
func (s *Sandbox) refuses(it *item, now time.Time) int {
	a := it.account
	switch {
	case a == nil:
		return codeBadParameter
	case len(it.nick.value) > maxProfile || len(it.face.value) > maxProfile:
		return codeTooLong
	case !a.imported && a.deleted != 0 && now.Before(time.Unix(a.deleted, 0).Add(s.rules.bar())):
		return codeDeleted
	}
	return codeOK
}

// importItem imports one account, or updates it where it is known.
func (s *Sandbox) importItem(it *item, update bool, now time.Time) int {
	if code := s.refuses(it, now); code != codeOK {
		return code
	}
	a := it.account
	if !a.imported {
		if quota := s.rules.quota(); quota != None && s.state.imported >= quota {
			return codeQuota
		}
		s.state.imported++
		a.imported, update = true, true
	}
	if update {
		s.setField(&a.nick, it.nick)
		s.setField(&a.face, it.face)
		s.file.put(it.id, a)
	}
	return codeOK
}

// setField leaves what a repeat does not give as it is.
func (s *Sandbox) setField(field *string, v optional) {
	if v.set && (v.value != "" || s.rules.EmptyClears) {
		*field = v.value
	}
}

// check is account_check.
func (s *Sandbox) check(c *call) int {
	if n := len(c.items); n == 0 || n > perCall {
		return codeBadParameter
	}
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
		c.beginResult(i, it.id, code)
		c.out = append(c.out, `,"AccountStatus":`...)
		c.out = append(appendString(c.out, status), '}')
	}
	c.out = append(c.out, `]}`...)
	return codeOK
}

// delete is account_delete.
func (s *Sandbox) delete(c *call, now time.Time) int {
	if n := len(c.items); n == 0 || n > perCall {
		return codeBadParameter
	}
	if s.rules.NoDeletion && !s.rules.trial() {
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
				s.state.imported--
				*a = account{deleted: now.Unix(), attempts: a.attempts, refused: a.refused}
				s.file.put(it.id, a)
			}
		}
		c.beginResult(i, it.id, code)
		c.out = append(c.out, '}')
	}
	c.out = append(c.out, `]}`...)
	return codeOK
}

func (c *call) beginResults() {
	c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":[`...)
}

func (c *call) beginResult(i int, id string, code int) {
	if i > 0 {
		c.out = append(c.out, ',')
	}
	c.out = append(c.out, `{"UserID":`...)
	c.out = appendString(c.out, id)
	c.out = appendResult(c.out, code)
}
