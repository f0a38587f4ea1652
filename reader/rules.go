package reader

import (
	"fmt"
	"strings"
)

const (
	maxUserID  = 32  // bytes, document 1047/34953
	maxProfile = 500 // bytes of Nick and of FaceUrl, code 40601
)

// The classes of the bytes of a UserID.
const (
	idPlain   = iota // letters, digits, _ and -, which all documents allow
	idPrint          // printable ASCII, which some do
	idForeign        // what none does
)

var idClass = classifyID()

func classifyID() (class [256]uint8) {
	for c := range class {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
			class[c] = idPlain
		case ' ' <= c && c <= '~':
			class[c] = idPrint
		default:
			class[c] = idForeign
		}
	}
	return class
}

var reserved = []struct{ prefix, warning string }{
	{"@TLS#", "UserID begins with @TLS#, which the service reserves for itself"},
	{"@RBT#", "UserID begins with @RBT#, which the service reserves for robots"},
	{"@TOA#_", "UserID begins with @TOA#_, which the service reserves for official accounts"},
}

// judge applies the rules for an account to a row whose text is sound. The message is "" for a valid row.
func (row *Row) judge(trim bool) (kind, msg string) {
	id := row.UserID
	if trim {
		id = strings.TrimSpace(id)
		row.UserID = id
	}
	if id == "" || len(id) > maxUserID || idWorst(id) == idForeign || id[0] == ' ' || id[len(id)-1] == ' ' {
		return judgeID(id)
	}
	if len(row.Nick) > maxProfile {
		return KindTooLong, fmt.Sprintf("Nick has %d bytes, %d at most", len(row.Nick), maxProfile)
	}
	if len(row.FaceURL) > maxProfile {
		return KindTooLong, fmt.Sprintf("FaceUrl has %d bytes, %d at most", len(row.FaceURL), maxProfile)
	}
	return "", ""
}

func idWorst(id string) uint8 {
	worst := uint8(idPlain)
	for i := range len(id) {
		worst = max(worst, idClass[id[i]])
	}
	return worst
}

func judgeID(id string) (kind, msg string) {
	trimmed := strings.TrimSpace(id)
	switch {
	case trimmed == "":
		return KindNoUserID, "no UserID"
	case trimmed != id:
		return KindSpace, "UserID has space before or after it (--trim cuts it)"
	case strings.HasPrefix(id, utf8Mark):
		return KindCharacters, "UserID begins with a byte order mark: were files joined here?"
	case idWorst(id) == idForeign:
		return KindCharacters, "UserID has characters that are not printable ASCII"
	}
	return KindTooLong, fmt.Sprintf("UserID has %d bytes, %d at most", len(id), maxUserID)
}

// doubt is what a valid row is warned of, "" for nothing.
func (row *Row) doubt(few bool) (kind, msg string) {
	switch {
	case row.UserID[0] == '@':
		for _, r := range reserved {
			if strings.HasPrefix(row.UserID, r.prefix) {
				return KindReserved, r.warning
			}
		}
		return KindUserIDChars, plainOnly
	case idWorst(row.UserID) != idPlain:
		return KindUserIDChars, plainOnly
	case row.FaceURL != "" && !isWebAddress(row.FaceURL):
		return KindFaceURL, "FaceUrl is no absolute http or https URL"
	case few:
		return KindFewFields, "fewer fields than columns: the missing ones are taken for empty"
	}
	return "", ""
}

const plainOnly = "UserID has characters other than letters, digits, _ and -"

// isWebAddress tells whether s is an absolute http or https URL: a scheme, a host and no space.
func isWebAddress(s string) bool {
	rest, ok := strings.CutPrefix(s, "http")
	if !ok {
		if len(s) < 5 || !strings.EqualFold(s[:4], "http") {
			return false
		}
		rest = s[4:]
	}
	if len(rest) > 0 && rest[0]|0x20 == 's' {
		rest = rest[1:]
	}
	rest, ok = strings.CutPrefix(rest, "://")
	if !ok || rest == "" || strings.IndexByte("/?#:", rest[0]) >= 0 {
		return false
	}
	for i := range len(rest) {
		if rest[i] <= ' ' || rest[i] == 0x7f {
			return false
		}
	}
	return true
}

// finish applies the rules and sets Fault or Warning.
func (in *input) finish(row *Row, kind, msg string, few bool) {
	if kind == "" {
		kind, msg = row.judge(in.cfg.Trim)
	}
	if kind == "" {
		if kind, msg = row.doubt(few); kind == "" {
			return
		}
		if !in.cfg.Strict {
			row.Warning, row.WarningKind = msg, kind
			return
		}
	}
	row.Fault = &RowError{File: in.show, Line: row.Line, Kind: kind, Msg: msg}
}
