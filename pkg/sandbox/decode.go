package sandbox

import (
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonReader reads a body token by token, without reflection. Names are case-sensitive. The same name twice in one
// object, and text that is not UTF-8, are bad JSON.
type jsonReader struct {
	*jsontext.Decoder
	scratch []byte
}

// errParameter is for a body that is JSON, but not what the command wants.
var errParameter = errors.New("parameter missing or invalid")

// errNotText is for a UserID that is a JSON number.
var errNotText = errors.New("UserID is a number")

// decode reads the body into c and notes in c.bad what is wrong with it.
func (c *call) decode() {
	if c.bad != codeOK {
		return
	}
	c.json.Reset(&c.body)
	err := c.decodeBody()
	if err == nil {
		if _, end := c.json.ReadToken(); !errors.Is(end, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	switch {
	case errors.Is(err, errNotText):
		c.bad = codeNotText
	case errors.Is(err, errParameter):
		c.bad = c.cmd.badParameter()
	case err != nil:
		c.bad = codeBadJSON
	}
}

func (c *call) decodeBody() error {
	switch c.cmd {
	case accountImport, kick:
		return c.appendItem()
	case multiaccountImport, accountCheck, accountDelete:
		return c.json.object(func(name []byte) error {
			switch {
			case string(name) == commands[c.cmd].list:
				return c.json.array(c.appendItem)
			case string(name) == "Accounts" && c.cmd == multiaccountImport:
				return c.json.array(c.appendName)
			}
			return c.json.SkipValue()
		})
	case portraitSet:
		return c.json.object(c.portraitSetField)
	case queryOnlineStatus:
		return c.json.object(func(name []byte) error {
			if string(name) == "To_Account" {
				return c.json.array(c.appendName)
			}
			return c.json.SkipValue()
		})
	default:
		return c.json.object(c.portraitGetField)
	}
}

// object reads an object and calls field for each of its fields, which must read the value. The name is valid
// until then.
func (r *jsonReader) object(field func(name []byte) error) error {
	if r.PeekKind() != '{' {
		if r.StackDepth() == 0 {
			return errors.New("not an object")
		}
		return r.wrongType()
	}
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	for r.PeekKind() != '}' {
		raw, err := r.ReadValue()
		if err != nil {
			return err
		}
		if r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], raw); err != nil {
			return err
		}
		if err := field(r.scratch); err != nil {
			return err
		}
	}
	_, err := r.ReadToken()
	return err
}

// array reads an array and calls element for each element, which must read it.
func (r *jsonReader) array(element func() error) error {
	if r.PeekKind() != '[' {
		return r.wrongType()
	}
	if _, err := r.ReadToken(); err != nil {
		return err
	}
	for r.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := r.ReadToken()
	return err
}

// wrongType tells bad JSON from a value of the wrong type.
func (r *jsonReader) wrongType() error {
	if err := r.SkipValue(); err != nil {
		return err
	}
	return errParameter
}

// text reads a string.
func (r *jsonReader) text() (string, error) {
	if r.PeekKind() != '"' {
		return "", r.wrongType()
	}
	raw, err := r.ReadValue()
	if err != nil {
		return "", err
	}
	r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], raw)
	return string(r.scratch), err
}

// userID reads a UserID, which many a client sends as a number.
func (r *jsonReader) userID() (string, error) {
	if r.PeekKind() != '0' {
		return r.text()
	}
	if err := r.SkipValue(); err != nil {
		return "", err
	}
	return "", errNotText
}

// appendItem reads {"UserID", "Nick", "FaceUrl"}. UserID wins over the older Identifier. Of too many accounts, one more
// than allowed is kept, which is enough to refuse the call.
func (c *call) appendItem() error {
	if len(c.items) > c.cmd.perCall() {
		return c.json.SkipValue()
	}
	c.items = append(c.items, item{})
	it := &c.items[len(c.items)-1]
	var older string
	err := c.json.object(func(name []byte) (err error) {
		switch string(name) {
		case "UserID":
			it.id, err = c.json.userID()
		case "Identifier":
			older, err = c.json.userID()
		case "Nick":
			it.nick.given = true
			it.nick.value, err = c.json.text()
		case "FaceUrl":
			it.face.given = true
			it.face.value, err = c.json.text()
		default:
			err = c.json.SkipValue()
		}
		return err
	})
	if it.id == "" {
		it.id = older
	}
	return err
}

// appendName reads an account of the older form, which has no profile.
func (c *call) appendName() error {
	if len(c.items) > c.cmd.perCall() {
		return c.json.SkipValue()
	}
	id, err := c.json.userID()
	c.items = append(c.items, item{id: id})
	return err
}
