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

// keepASCII are the multibyte encodings in which bytes below '0' and from ':' to '?' are never part of another character.
// Rows are cut off as bytes, so that offsets are those of the file, and fields are decoded later.
var keepASCII = map[string]bool{"gbk": true, "gb18030": true, "big5": true, "shift_jis": true, "euc-kr": true, "euc-jp": true}

// otherNames are usual names without '-' and '_', and what the WHATWG encoding standard calls that encoding.
var otherNames = map[string]string{
	"": "utf-8", "utf8": "utf-8", "utf8sig": "utf-8", "utf8bom": "utf-8",
	"utf16le": "utf-16le", "utf16": "utf-16le", "ucs2": "utf-16le", "utf16be": "utf-16be",
	"gb18030": "gb18030", "gbk": "gbk", "cp936": "gbk", "gb2312": "gbk", "windows936": "gbk",
	"latin1": "windows-1252", "iso88591": "windows-1252", "cp1252": "windows-1252", "windows1252": "windows-1252", "ansi": "windows-1252",
	"sjis": "shift_jis", "cp932": "shift_jis", "windows932": "shift_jis",
	"cp949": "euc-kr", "uhc": "euc-kr", "windows949": "euc-kr",
	"cp950": "big5", "windows950": "big5",
}

// charsetNamed is an encoding by any of its usual names; "" is UTF-8.
func charsetNamed(name string) (charset, error) {
	key := strings.ToLower(strings.TrimSpace(name))
	if other, ok := otherNames[strings.NewReplacer("-", "", "_", "").Replace(key)]; ok {
		key = other
	}
	switch key {
	case "utf-8":
		return charset{name: key}, nil
	case "utf-16le":
		return charset{name: key, encoding: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), whole: true}, nil
	case "utf-16be":
		return charset{name: key, encoding: unicode.UTF16(unicode.BigEndian, unicode.UseBOM), whole: true}, nil
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
