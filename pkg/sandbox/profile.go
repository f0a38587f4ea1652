package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const (
	tagNick   = "Tag_Profile_IM_Nick"
	tagImage  = "Tag_Profile_IM_Image"
	tagCustom = "Tag_Profile_Custom_"

	maxCustomName = 8  // letters after tagCustom
	maxTags       = 64 // our choice: tags of one call, and of one account; the service has 11, and 20 custom ones
)

// value is a profile value: a string or a uint32.
type value struct {
	text   string
	number uint32
	isText bool
}

func (v value) append(dst []byte) []byte {
	if v.isText {
		return appendString(dst, v.text)
	}
	return strconv.AppendUint(dst, uint64(v.number), 10)
}

// UnmarshalJSON reads a value from the data file.
func (v *value) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		v.isText = true
		return json.Unmarshal(text, &v.text)
	}
	return json.Unmarshal(text, &v.number)
}

// tagRule says which values a tag may have (1047/33520).
type tagRule struct {
	number bool     // uint32, else a string of at most maxProfile bytes
	words  []string // the only strings allowed; nil is any
}

var tagRules = map[string]tagRule{
	tagNick:                          {},
	tagImage:                         {},
	"Tag_Profile_IM_SelfSignature":   {},
	"Tag_Profile_IM_Location":        {},
	"Tag_Profile_IM_Gender":          {words: []string{"Gender_Type_Unknown", "Gender_Type_Female", "Gender_Type_Male"}},
	"Tag_Profile_IM_AllowType":       {words: []string{"AllowType_Type_NeedConfirm", "AllowType_Type_AllowAny", "AllowType_Type_DenyAny"}},
	"Tag_Profile_IM_AdminForbidType": {words: []string{"AdminForbid_Type_None", "AdminForbid_Type_SendOut"}},
	"Tag_Profile_IM_BirthDay":        {number: true},
	"Tag_Profile_IM_Language":        {number: true},
	"Tag_Profile_IM_Level":           {number: true},
	"Tag_Profile_IM_Role":            {number: true},
}

// tagRule is the rule of a tag, of an app's own only if they are set up.
func (r *Rules) tagRule(tag string) (tagRule, bool) {
	if name, ok := strings.CutPrefix(tag, tagCustom); ok {
		return tagRule{}, slices.Contains(r.Custom, name)
	}
	rule, ok := tagRules[tag]
	return rule, ok
}

func isCustomName(name string) bool {
	letters := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	return letters && name != "" && len(name) <= maxCustomName
}

// check is the code for setting a tag to v.
func (r tagRule) check(v value) int {
	switch {
	case r.number == v.isText:
		return codeWrongType
	case r.number:
		return codeOK
	case r.words != nil && !slices.Contains(r.words, v.text):
		return codeBadValue
	case r.words == nil && len(v.text) > maxProfile:
		return codeTooLong
	}
	return codeOK
}

// profileItem is a tag that portrait_set is to set.
type profileItem struct {
	tag string
	value
	typed bool // the value is a string or a uint32
}

func (c *call) portraitSetField(name []byte) (err error) {
	switch string(name) {
	case "From_Account":
		c.items = append(c.items[:0], item{})
		c.items[0].id, err = c.json.userID()
		return err
	case "ProfileItem":
		return c.json.array(func() error {
			c.profile = append(c.profile, profileItem{})
			it := &c.profile[len(c.profile)-1]
			return c.json.object(func(name []byte) (err error) {
				switch string(name) {
				case "Tag":
					it.tag, err = c.json.text()
				case "Value":
					it.value, it.typed, err = c.json.profileValue()
				default:
					err = c.json.SkipValue()
				}
				return err
			})
		})
	}
	return c.json.SkipValue()
}

// profileValue reads a profile value. One that is neither a string nor a uint32 is not typed; it is no bad JSON.
func (r *jsonReader) profileValue() (v value, typed bool, err error) {
	switch r.PeekKind() {
	case '"':
		v.isText, typed = true, true
		v.text, err = r.text()
		return v, typed, err
	case '0':
		raw, err := r.ReadValue()
		if err != nil {
			return v, false, err
		}
		n, notUint := strconv.ParseUint(string(raw), 10, 32)
		v.number = uint32(n)
		return v, notUint == nil, nil
	}
	return v, false, r.SkipValue()
}

func (c *call) portraitGetField(name []byte) error {
	switch string(name) {
	case "To_Account":
		return c.json.array(c.appendName)
	case "TagList":
		return c.json.array(func() error {
			tag, err := c.json.text()
			c.tags = append(c.tags, tag)
			return err
		})
	}
	return c.json.SkipValue()
}

// setPortrait is portrait_set. It sets all tags or none.
func (as *accounts) setPortrait(c *call, rules *Rules) int {
	if c.items[0].id == "" || len(c.profile) == 0 || len(c.profile) > maxTags {
		return codeBadProfileCall
	}
	a := c.items[0].account
	if a == nil || !a.imported {
		return codeNoAccount
	}
	for _, it := range c.profile {
		rule, ok := rules.tagRule(it.tag)
		if _, has := a.tags[it.tag]; !ok || !has && len(a.tags)+len(c.profile) > maxTags {
			return codeNoTag
		}
		if !it.typed {
			return codeWrongType
		}
		if code := rule.check(it.value); code != codeOK {
			return code
		}
	}
	for _, it := range c.profile {
		a.set(it.tag, it.value)
	}
	as.file.put(c.items[0].id, a)
	as.latest = c.items[0].id
	c.out = append(c.out[:0], `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}`...)
	return codeOK
}

// profile is the profile as JSON has it, nil if nothing is set.
func (a *account) profile() map[string]any {
	if len(a.tags) == 0 {
		return nil
	}
	values := make(map[string]any, len(a.tags))
	for tag, v := range a.tags {
		if values[tag] = v.number; v.isText {
			values[tag] = v.text
		}
	}
	return values
}

func (a *account) set(tag string, v value) {
	switch tag {
	case tagNick:
		a.nick = v.text
	case tagImage:
		a.face = v.text
	default:
		tags := maps.Clone(a.tags) // few
		if tags == nil {
			tags = make(map[string]value)
		}
		tags[tag] = v
		a.tags = tags
	}
}

func (a *account) get(tag string) (value, bool) {
	switch tag {
	case tagNick:
		return value{text: a.nick, isText: true}, a.nick != ""
	case tagImage:
		return value{text: a.face, isText: true}, a.face != ""
	}
	v, ok := a.tags[tag]
	return v, ok
}

// getPortraits is portrait_get. Tags that are not set are left out. Unknown accounts are in Fail_Account, and in
// their place in the list too.
func (as *accounts) getPortraits(c *call, rules *Rules) int {
	if len(c.tags) == 0 || len(c.tags) > maxTags {
		return codeBadProfileCall
	}
	for _, tag := range c.tags {
		if _, ok := rules.tagRule(tag); !ok {
			return codeNoTag
		}
	}
	var failed []string
	c.out = append(c.out[:0], `{"UserProfileItem":[`...)
	for i := range c.items {
		it := &c.items[i]
		code := it.code
		if code == codeOK && (it.account == nil || !it.account.imported) {
			code = codeNoAccount
		}
		c.out = append(appendComma(c.out), `{"To_Account":`...)
		c.out = append(appendString(c.out, it.id), `,"ProfileItem":[`...)
		if code == codeOK {
			c.appendProfile(it.account)
		} else {
			failed = append(failed, it.id)
		}
		c.out = append(appendResult(append(c.out, ']'), code), '}')
	}
	c.out = append(c.out, ']')
	if len(failed) > 0 {
		c.out = append(c.out, `,"Fail_Account":[`...)
		for _, id := range failed {
			c.out = appendString(appendComma(c.out), id)
		}
		c.out = append(c.out, ']')
	}
	c.out = append(c.out, `,"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}`...)
	return codeOK
}

func (c *call) appendProfile(a *account) {
	for _, tag := range c.tags {
		if v, ok := a.get(tag); ok {
			c.out = append(appendComma(c.out), `{"Tag":`...)
			c.out = append(appendString(c.out, tag), `,"Value":`...)
			c.out = append(v.append(c.out), '}')
		}
	}
}
