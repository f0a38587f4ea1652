package sandbox

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonReader walks a body token by token, without reflection. Names are case-sensitive; a name twice in one
// object, and text that is not UTF-8, are bad JSON.
type jsonReader struct {
	*jsontext.Decoder
	src bytes.Buffer
}

// errParameter is what is wrong with a body that is JSON but not this command's.
var errParameter = errors.New("parameter missing or invalid")

// decode reads the body into c and notes in c.bad what is wrong with it.
func (c *call) decode() {
	if c.bad != codeOK {
		return
	}
	c.json.src = *bytes.NewBuffer(c.body)
	if c.json.Decoder == nil {
		c.json.Decoder = jsontext.NewDecoder(&c.json.src)
	} else {
		c.json.Reset(&c.json.src)
	}
	err := c.decodeBody()
	if err == nil {
		if _, err = c.json.ReadToken(); errors.Is(err, io.EOF) {
			err = nil // and nothing after it
		} else {
			err = errors.New("more than one value")
		}
	}
	switch {
	case err == nil:
	case !errors.Is(err, errParameter):
		c.bad = codeBadJSON
	case c.cmd.profile():
		c.bad = codeBadProfileCall
	default:
		c.bad = codeBadParameter
	}
}

func (c *call) decodeBody() error {
	switch c.cmd {
	case accountImport:
		c.items = append(c.items, item{})
		if c.json.PeekKind() != '{' {
			return errNotObject
		}
		return c.readItem(&c.items[0])
	case multiaccountImport:
		return c.object(func(name []byte) error {
			switch string(name) {
			case "AccountList":
				return c.array(c.appendItem)
			case "Accounts":
				return c.array(c.appendName)
			}
			return c.json.SkipValue()
		})
	case accountCheck, accountDelete:
		field := "CheckItem"
		if c.cmd == accountDelete {
			field = "DeleteItem"
		}
		return c.object(func(name []byte) error {
			if string(name) == field {
				return c.array(c.appendItem)
			}
			return c.json.SkipValue()
		})
	case portraitSet:
		return c.object(c.portraitSetField)
	default:
		return c.object(c.portraitGetField)
	}
}

var errNotObject = errors.New("not an object")

// object reads an object, its fields through field, which must read the value. The name is only good
// until then.
func (c *call) object(field func(name []byte) error) error {
	switch c.json.PeekKind() {
	case '{':
	case 0:
		_, err := c.json.ReadToken()
		return err
	default:
		if c.json.StackDepth() == 0 {
			return errNotObject
		}
		return c.wrongType()
	}
	if _, err := c.json.ReadToken(); err != nil {
		return err
	}
	for c.json.PeekKind() != '}' {
		raw, err := c.json.ReadValue()
		if err != nil {
			return err
		}
		if c.scratch, err = jsontext.AppendUnquote(c.scratch[:0], raw); err != nil {
			return err
		}
		if err := field(c.scratch); err != nil {
			return err
		}
	}
	_, err := c.json.ReadToken()
	return err
}

// array reads an array, its elements through element.
func (c *call) array(element func() error) error {
	if c.json.PeekKind() != '[' {
		return c.wrongType()
	}
	if _, err := c.json.ReadToken(); err != nil {
		return err
	}
	for c.json.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := c.json.ReadToken()
	return err
}

// wrongType tells bad JSON from a value of the wrong type.
func (c *call) wrongType() error {
	if err := c.json.SkipValue(); err != nil {
		return err
	}
	return errParameter
}

// text reads a string.
func (c *call) text() (string, error) {
	if c.json.PeekKind() != '"' {
		return "", c.wrongType()
	}
	raw, err := c.json.ReadValue()
	if err != nil {
		return "", err
	}
	c.scratch, err = jsontext.AppendUnquote(c.scratch[:0], raw)
	return string(c.scratch), err
}

// appendItem reads an account with its profile. One more than a call may name is as bad as many more.
func (c *call) appendItem() error {
	if len(c.items) > perCall {
		return c.json.SkipValue()
	}
	c.items = append(c.items, item{})
	return c.readItem(&c.items[len(c.items)-1])
}

// appendName reads an account of the older form, which has no profile.
func (c *call) appendName() error {
	if len(c.items) > perCall {
		return c.json.SkipValue()
	}
	id, err := c.text()
	c.items = append(c.items, item{id: id})
	return err
}

// readItem reads {"UserID", "Nick", "FaceUrl"}. UserID wins over the older Identifier.
func (c *call) readItem(it *item) error {
	var older optional
	err := c.object(func(name []byte) (err error) {
		switch string(name) {
		case "UserID":
			it.id, err = c.text()
		case "Identifier":
			older.value, err = c.text()
		case "Nick":
			it.nick.set = true
			it.nick.value, err = c.text()
		case "FaceUrl":
			it.face.set = true
			it.face.value, err = c.text()
		default:
			err = c.json.SkipValue()
		}
		return err
	})
	if it.id == "" {
		it.id = older.value
	}
	return err
}
