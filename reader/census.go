package reader

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"imimport/pkg/fault"
)

// census counts the lines of an input by how they are encoded.
type census struct {
	*content
	decoder *encoding.Decoder
	lines   int64
	bad     int64 // lines with bytes that do not decode
	good    int64 // lines with characters beyond ASCII that do
	utf8    int64 // of all of them, those that are valid UTF-8
	wide    int64 // of these, those with a character of three bytes or more
	samples []sample
}

// sample is a line that did not decode, or its text in the encoding that it is likely to be in.
type sample struct {
	line int64
	text string
}

const mostSamples = 200

// refuseHead refuses an input whose head does not decode.
func (c *content) refuseHead() error {
	seen := &census{content: c}
	seen.add(c.head.text)
	return seen.refuse(fault.Hint{})
}

// add looks at some lines.
func (c *census) add(b []byte) {
	for len(b) > 0 {
		begin, end := len(b), len(b)
		if high := firstHigh(b); high >= 0 {
			begin = bytes.LastIndexByte(b[:high], '\n') + 1
			if nl := bytes.IndexByte(b[high:], '\n'); nl >= 0 {
				end = high + nl + 1
			}
		}
		c.lines += int64(bytes.Count(b[:begin], []byte("\n")))
		if begin < end {
			c.line(b[begin:end])
			c.lines += int64(bytes.Count(b[begin:end], []byte("\n")))
		}
		b = b[end:]
	}
}

// line counts a line with bytes beyond ASCII.
func (c *census) line(b []byte) {
	valid := utf8.Valid(b)
	if valid {
		c.utf8++
		if bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x800 }) {
			c.wide++
		}
	}
	good := valid
	switch {
	case c.charset.whole:
		good = !bytes.Contains(b, []byte(replacement))
	case c.charset.encoding != nil:
		if c.decoder == nil {
			c.decoder = c.charset.encoding.NewDecoder()
		}
		text, err := c.decoder.Bytes(b)
		good = err == nil && !bytes.Contains(text, []byte(replacement))
	}
	if good {
		c.good++
		return
	}
	c.bad++
	if len(c.samples) < mostSamples {
		c.samples = append(c.samples, sample{c.lines + 1, string(b[:min(len(b), rawSample)])})
	}
}

func firstHigh(b []byte) int {
	i := 0
	for ; i+32 <= len(b) && isASCII(b[i:i+32]); i += 32 {
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

// judge refuses an input that is not in the encoding that it is to be read in. A few damaged lines are rows that fail.
func (c *census) judge() error {
	isUTF8, most := c.charset.encoding == nil, c.bad > 0 && c.bad >= c.good
	switch {
	case isUTF8 && most && c.cfg.Encoding == "":
		return c.refuse(fault.Hintf("; with %s those lines fail and the others are imported", fault.Option{Key: "encoding", Value: "utf-8"}))
	case !isUTF8 && most:
		return c.refuse(fault.Hint{})
	case isUTF8 || c.charset.whole:
	case c.utf8 > 0 && c.utf8 == c.good+c.bad && (c.wide > 0 || c.utf8 >= 3):
		return refuse(c.show, fault.Hintf("leave %s out", fault.Option{Key: "encoding"}), "is UTF-8 throughout: as %s its text would be garbled", c.charset.name)
	case 20*c.wide > c.good+c.bad: // now and then a name is valid in both
		return refuse(c.show, fault.Hintf(joined), "is not %s throughout: %s UTF-8, and would be garbled", c.charset.name, lines(c.wide, "is", "are"))
	}
	return nil
}

const joined = "were files of two encodings joined? Take them apart, or convert the lines that are not UTF-8"

// refuse says what does not decode, and which encoding would.
func (c *census) refuse(besides fault.Hint) error {
	isUTF8, name := c.charset.encoding == nil, c.charset.name
	if isUTF8 {
		name = "UTF-8"
	}
	err := refuse(c.show, fault.Hint{}, "is not %s: %s", name, lines(c.bad, "does not decode", "do not decode"))
	if len(c.samples) > 0 {
		err.Place.Line = c.samples[0].line
	}
	if c.charset.whole {
		err.Hint = fault.Hintf("give the right %s", fault.Option{Key: "encoding"})
		return err
	}
	if isUTF8 && c.good > 0 {
		err.Err = fmt.Errorf("is not UTF-8 throughout: %s, and %s", lines(c.bad, "does not decode", "do not decode"), lines(c.good, "does", "do"))
		err.Hint = fault.Hintf("%s%s", joined, besides)
		return err
	}
	delimiter := c.format.comma
	if c.format.json {
		delimiter = ""
	}
	likely := detect(c.samples, delimiter)
	if likely.name == "" {
		err.Hint = fault.Hintf("no known encoding fits it; convert it to UTF-8%s", besides)
		return err
	}
	s := likely.rows[0]
	err.Hint = fault.Hintf("it looks like %s%s. If that is right: %s%s",
		likely.name, fault.Private(fault.Hintf(", by which line %d has %q", s.line, s.text)), fault.Option{Key: "encoding", Value: likely.name}, besides)
	return err
}

func lines(n int64, one, many string) string {
	if n == 1 {
		return "1 line " + one
	}
	return fmt.Sprintf("%d lines %s", n, many)
}
