package im

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	redacted = "[secret]"
	gram     = 12      // bytes in a row that no text shares with a secret by chance
	maxInfo  = 200     // bytes of a text from elsewhere that are shown
	maxLook  = 8 << 10 // bytes of one that are looked at
)

// redactor takes secrets out of texts, whole or in parts. It does not change once it is made.
type redactor struct {
	grams map[string]struct{}
	short []string // secrets of fewer bytes
}

func newRedactor(secrets []string) *redactor {
	r := &redactor{grams: make(map[string]struct{})}
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			if len(form) < gram {
				r.short = append(r.short, form)
			}
			for i := 0; i+gram <= len(form); i++ {
				r.grams[form[i:i+gram]] = struct{}{}
			}
		}
	}
	return r
}

// forms are the ways in which a secret gets into a text.
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	query := url.QueryEscape(secret)
	asJSON, _ := json.Marshal(secret) // a string always can be
	quoted := strconv.Quote(secret)
	return []string{secret, query, url.PathEscape(secret), url.QueryEscape(query), lowerEscapes(query), lowerEscapes(url.PathEscape(secret)),
		html.EscapeString(secret), strings.Trim(string(asJSON), `"`), strings.Trim(quoted, `"`)}
}

// lowerEscapes writes %2A as %2a.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

func (r *redactor) clean(text string) string {
	var out strings.Builder
	kept := 0 // text[:kept] is written, or left out
	for i := 0; i+gram <= len(text); i++ {
		if _, found := r.grams[text[i:i+gram]]; !found {
			continue
		}
		if i > kept || kept == 0 {
			out.WriteString(text[kept:i])
			out.WriteString(redacted)
		}
		kept = i + gram
	}
	if kept > 0 {
		out.WriteString(text[kept:])
		text = out.String()
	}
	for _, secret := range r.short {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

// clean makes a text from elsewhere fit for a log and a report: without secrets, in one line, not long.
func (c *Client) clean(text string) string {
	text = c.signer.redactor.Load().clean(text[:min(len(text), maxLook)])
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
	return shorten(strings.Join(strings.Fields(text), " "), maxInfo)
}

// shorten cuts between runes.
func shorten(s string, most int) string {
	const more = "…"
	if len(s) <= most {
		return s
	}
	cut := most - len(more)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}

// sample is the beginning of a body that is no answer. It is cut only after it was cleaned, for a part of a
// secret is one as well.
func (c *Client) sample(body []byte) string {
	if len(body) == 0 {
		return "it is empty"
	}
	return strconv.Quote(shorten(c.clean(string(body[:min(len(body), maxLook)])), 80))
}

// spelling is a UserSig's alphabet in that of base64.
var spelling = strings.NewReplacer("*", "+", "-", "/", "_", "=")

// insides are UserSigs with what they hold: whoever reads the signature in one can make the UserSig of it.
func insides(userSigs []string) (secrets []string) {
	for _, text := range userSigs {
		plain := spelling.Replace(text)
		secrets = append(secrets, text, plain)
		packed, err := base64.StdEncoding.DecodeString(plain)
		if err != nil {
			continue
		}
		z, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			continue
		}
		var holds struct {
			Sig string `json:"TLS.sig"`
		}
		if json.NewDecoder(io.LimitReader(z, maxLook)).Decode(&holds) == nil && holds.Sig != "" {
			secrets = append(secrets, holds.Sig)
		}
	}
	return secrets
}
