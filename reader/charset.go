package reader

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"imimport/pkg/fault"
)

const utf8Mark = "\uFEFF"

// charset is how an input's characters are written.
type charset struct {
	name     string
	encoding encoding.Encoding // nil is UTF-8
	whole    bool              // the stream is decoded as a whole, before it is cut into rows
}

// keepASCII are the encodings of several bytes a character in which the bytes below '0' and from ':' to '?' are never part of
// another character. Rows are cut off as bytes, so that offsets are those of the file, and fields are decoded later.
var keepASCII = map[string]bool{"gbk": true, "gb18030": true, "big5": true, "shift_jis": true, "euc-kr": true, "euc-jp": true}

// charsetNamed is an encoding by any of its usual names; "" is UTF-8.
func charsetNamed(name string) (charset, error) {
	key := strings.ToLower(strings.TrimSpace(name))
	switch strings.NewReplacer("-", "", "_", "").Replace(key) {
	case "", "utf8", "utf8sig", "utf8bom":
		return charset{name: "utf-8"}, nil
	case "utf16le", "utf16", "ucs2":
		return charset{name: "utf-16le", encoding: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), whole: true}, nil
	case "utf16be":
		return charset{name: "utf-16be", encoding: unicode.UTF16(unicode.BigEndian, unicode.UseBOM), whole: true}, nil
	case "gb18030":
		key = "gb18030"
	case "gbk", "cp936", "gb2312", "windows936":
		key = "gbk"
	case "latin1", "iso88591", "cp1252", "windows1252", "ansi":
		key = "windows-1252"
	case "sjis", "cp932", "windows932":
		key = "shift_jis"
	case "cp949", "uhc", "windows949":
		key = "euc-kr"
	case "cp950", "windows950":
		key = "big5"
	}
	e, err := htmlindex.Get(key)
	if err != nil {
		return charset{}, refuse("", fault.Hintf("known are utf-8, utf-16le, utf-16be, gb18030, gbk, big5, shift_jis, euc-kr, windows-1252 and the other names of the WHATWG encoding standard"),
			"encoding %q is not known", name)
	}
	canonical, _ := htmlindex.Name(e)
	_, oneByte := e.(*charmap.Charmap)
	return charset{canonical, e, !oneByte && !keepASCII[canonical]}, nil
}

// cutsBytes tells whether no byte of the delimiter can be part of another character, in the encodings that keep ASCII.
func cutsBytes(comma string) bool {
	return len(comma) == 1 && (comma[0] < '0' || '9' < comma[0] && comma[0] < '@')
}

// charsetOf is what a byte order mark says, else what was asked for, else UTF-8.
func charsetOf(show, encoding string, first []byte) (charset, error) {
	asked, err := charsetNamed(encoding)
	switch {
	case err != nil:
		return charset{}, err
	case bytes.HasPrefix(first, []byte(utf8Mark)):
		return charsetNamed("utf-8")
	case bytes.HasPrefix(first, []byte("\xff\xfe")):
		return charsetNamed("utf-16le")
	case bytes.HasPrefix(first, []byte("\xfe\xff")):
		return charsetNamed("utf-16be")
	case asked.encoding == nil:
		if guess := withoutMark(first); guess != "" {
			return charset{}, refuseLine(show, 1, fault.Hintf("give %s", fault.Option{Key: "encoding", Value: guess}), "looks like UTF-16 without a byte order mark")
		}
	case asked.whole && strings.HasPrefix(asked.name, "utf-16") && len(first) > 1 && bytes.IndexByte(first, 0) < 0 && utf8.Valid(bytes.TrimRight(first, "\x80-\xff")):
		return charset{}, refuse(show, fault.Hintf("leave %s out: the input looks like UTF-8", fault.Option{Key: "encoding"}), "is not %s", asked.name)
	}
	return asked, nil
}

// withoutMark recognizes UTF-16 by the NULs of its ASCII characters.
func withoutMark(first []byte) string {
	var nul [2]int
	for i, c := range first {
		if c == 0 {
			nul[i%2]++
		}
	}
	switch most := len(first) / 4; {
	case nul[1] > most && nul[0] == 0:
		return "utf-16le"
	case nul[0] > most && nul[1] == 0:
		return "utf-16be"
	}
	return ""
}

// decodeAll decodes the fields of a record in place.
func (c charset) decodeAll(fields []string) []string {
	if c.encoding == nil || c.whole {
		return fields
	}
	d := fieldDecoder{Decoder: c.encoding.NewDecoder()}
	for i, f := range fields {
		fields[i] = d.text(f)
	}
	return fields
}
