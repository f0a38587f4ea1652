package reader

import (
	"fmt"
	"slices"
	"strings"
)

const (
	maxUserID  = 32  // bytes, document 1047/34953
	maxProfile = 500 // bytes of Nick and of FaceUrl, code 40601
)

// The classes of the bytes of a UserID.
const (
	idPlain   = iota // letters, digits, _ and -: all of the service's documents allow them
	idPrint          // other printable ASCII: some documents allow it
	idForeign        // none allows it
)

var idClass = func() (class [256]uint8) {
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
}()

var reserved = []struct{ prefix, warning string }{
	{"@TLS#", "UserID begins with @TLS#, which the service reserves for itself"},
	{"@RBT#", "UserID begins with @RBT#, which the service reserves for robots"},
	{"@TOA#_", "UserID begins with @TOA#_, which the service reserves for official accounts"},
}

// fault applies the rules for an account to a row whose text is valid. The message is "" for a valid row.
func (s *sheet) fault(row *Row, f form) (kind, msg string) {
	id := row.UserID
	row.worst = idWorst(id)
	if id == "" || len(id) > maxUserID || id[0] == ' ' || id[len(id)-1] == ' ' || row.worst == idForeign {
		switch kind, msg = judgeID(id); {
		case kind == KindNonASCII && strings.ContainsAny(id, "\r\n") && !s.accepts(KindLineBreak, row):
			return lineBreak()
		case kind != KindNonASCII || !s.accepts(kind, row):
			return kind, msg
		case len(id) > maxUserID:
			return tooLong(id)
		}
	}
	if kind, msg = s.suspect(row, f); kind != "" {
		return kind, msg
	}
	if len(row.Nick) > maxProfile {
		return KindTooLong, fmt.Sprintf("Nick has %d bytes, %d at most", len(row.Nick), maxProfile)
	}
	if len(row.FaceURL) > maxProfile {
		return KindTooLong, fmt.Sprintf("FaceUrl has %d bytes, %d at most", len(row.FaceURL), maxProfile)
	}
	return "", ""
}

// IsUserID tells whether id has the length and the characters of a UserID.
func IsUserID(id string) bool {
	return id != "" && len(id) <= maxUserID && idWorst(id) != idForeign
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
		return KindSpace, "UserID has space before or after it (trim cuts it)"
	case strings.HasPrefix(id, utf8Mark):
		return KindNonASCII, KindNonASCII + ": UserID begins with a byte order mark: were files joined here?"
	case idWorst(id) == idForeign:
		return KindNonASCII, KindNonASCII + ": UserID has characters that are not printable ASCII"
	}
	return tooLong(id)
}

func tooLong(id string) (kind, msg string) {
	if isUUID(id) {
		return KindTooLong, "UserID is a UUID of 36 bytes, 32 at most (uuid compact sends its 32 digits)"
	}
	return KindTooLong, fmt.Sprintf("UserID has %d bytes, %d at most", len(id), maxUserID)
}

// isUUID tells whether id is a UUID in its usual form.
func isUUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if id[i] != '-' {
				return false
			}
		} else if !isHex([]byte{id[i]}) {
			return false
		}
	}
	return true
}

// doubt is the warning for a valid row, "" for none.
func (row *Row) doubt(f form) (kind, msg string) {
	switch {
	case row.worst != idPlain:
		for _, r := range reserved {
			if strings.HasPrefix(row.UserID, r.prefix) {
				return KindReserved, r.warning
			}
		}
		return KindUserIDChars, "UserID has characters other than letters, digits, _ and -"
	case f.left != "":
		return KindType, f.left
	case row.FaceURL != "" && !isWebAddress(row.FaceURL):
		return KindFaceURL, "FaceUrl is no absolute http or https URL"
	}
	return "", ""
}

// isWebAddress tells whether s is an absolute http or https URL: a scheme, a host and no space.
func isWebAddress(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		var scheme string
		scheme, rest, _ = strings.Cut(s, "://")
		ok = slices.Contains([]string{"http", "https"}, strings.ToLower(scheme))
	}
	if !ok || rest == "" {
		return false
	}
	switch rest[0] {
	case '/', '?', '#', ':':
		return false
	}
	return !hasSpace(rest)
}

// hasSpace tells whether a text has white space or control characters of ASCII, eight bytes at a time.
func hasSpace(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(s) >= 8 {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		del := w ^ ones*0x7f
		if ((w-ones*0x21)&^w|(del-ones)&^del)&highs != 0 {
			return true
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}
