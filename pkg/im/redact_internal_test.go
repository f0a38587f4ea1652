package im

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRedactionLeavesNothingOfASecret(t *testing.T) {
	const sig = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy*0zLBwol-FmalFuUX5eTnJ-cmlmTmg5U_c*"
	const odd = `key "with" <odd> & 安 %41 \ bytes`
	r := newRedactor([]string{sig, odd, "short", ""})
	for text, want := range map[string]string{
		"nothing here":                          "nothing here",
		"usersig=" + sig + "&x=1":               "usersig=[secret]&x=1",
		"usersig=" + url.QueryEscape(sig) + "&": "usersig=[secret]&",
		strings.ToLower(url.QueryEscape("*")) + lowerEscapes(url.QueryEscape(sig)): "%2a[secret]",
		"next=" + url.QueryEscape(url.QueryEscape(sig)):                            "next=[secret]",
		"a part: " + sig[20:40] + ".":                                              "a part: [secret].",
		sig + sig:                                                                  "[secret]",
		sig + " " + sig:                                                            "[secret] [secret]",
		odd + "|" + url.PathEscape(odd) + "|" + url.QueryEscape(odd):               "[secret]|[secret]|[secret]",
		`{"k":"key \"with\" \u003codd\u003e \u0026 安 %41 \\ bytes"}`:               `{"k":"[secret]"}`,
		"a short one":   "a [secret] one",
		"eJyrVgrxCdY":   "eJyrVgrxCdY", // 11 bytes of what every UserSig begins with
		"":              "",
		"[secret]":      "[secret]",
		sig[:12]:        "[secret]",
		"x" + sig[5:16]: "x" + sig[5:16],
	} {
		assert.Equal(t, want, r.clean(text))
	}
}

// FuzzRedact: whatever part of a secret stands wherever in a text, none of 12 bytes is left.
func FuzzRedact(f *testing.F) {
	const sig = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy*0zLBwol-FmalFuUX5eTnJ-cmlmTmg5U_c*"
	f.Add("GET /?usersig=", uint8(0), uint8(70), "&random=1", false)
	f.Add("", uint8(3), uint8(20), "", true)
	f.Add(sig[:11], uint8(11), uint8(30), sig[30:], false)
	f.Fuzz(func(t *testing.T, before string, from, length uint8, after string, escaped bool) {
		start := int(from) % len(sig)
		part := sig[start:min(len(sig), start+int(length))]
		if escaped {
			part = url.QueryEscape(part)
		}
		r := newRedactor([]string{sig})
		got := r.clean(before + part + after)
		for _, form := range forms(sig) {
			for i := 0; i+gram <= len(form); i++ {
				assert.NotContains(t, got, form[i:i+gram])
			}
		}
	})
}
