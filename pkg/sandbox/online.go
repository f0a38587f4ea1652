package sandbox

import "strconv"

// kick is the command of that name, which invalidates an account's logins. Nobody ever logs in here.
func (as *accounts) kick(c *call) int {
	it := &c.items[0]
	switch {
	case !validUserID(it.id):
		return codeBadParameter
	case it.account == nil || !it.account.imported:
		return codeNotExist
	}
	c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`...)
	return codeOK
}

// onlineStatus is query_online_status (1047/35477): everybody who is known is offline.
func (as *accounts) onlineStatus(c *call) int {
	const list = `,"ErrorList":[`
	failed := []byte(list)
	c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"QueryResult":[`...)
	for i := range c.items {
		it := &c.items[i]
		code := it.code
		if code == codeOK && (it.account == nil || !it.account.imported) {
			code = codeNotExist
		}
		if code != codeOK {
			failed = appendString(append(appendComma(failed), `{"To_Account":`...), it.id)
			failed = append(strconv.AppendInt(append(failed, `,"ErrorCode":`...), int64(code), 10), '}')
			continue
		}
		c.out = appendString(append(appendComma(c.out), `{"To_Account":`...), it.id)
		c.out = append(c.out, `,"Status":"Offline"}`...)
	}
	c.out = append(c.out, ']')
	if len(failed) > len(list) {
		c.out = append(append(c.out, failed...), ']')
	}
	c.out = append(c.out, '}')
	return codeOK
}
