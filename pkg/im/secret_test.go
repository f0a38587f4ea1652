package im_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"log"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/im"
)

var discard = log.New(io.Discard, "", 0)

func debugLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func pemOf(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// requireNoSecret prints things in every way there is and looks for any part of the key and the UserSig.
func requireNoSecret(t *testing.T, sig string, things ...any) {
	t.Helper()
	var printed strings.Builder
	text, asJSON := debugLog(&printed), slog.New(slog.NewJSONHandler(&printed, nil))
	for _, thing := range things {
		encoded, _ := json.Marshal(thing)
		fmt.Fprintf(&printed, "%v %+v %#v %s %q %x %d %s\n", thing, thing, thing, thing, thing, fmt.Sprint(thing), thing, encoded)
		text.Debug("text", "thing", thing)
		asJSON.Info("json", "thing", thing)
	}
	for _, secret := range []string{key, sig} {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), fmt.Sprintf("%x", secret)} {
			for i := 0; i+16 <= len(form); i++ {
				if !assert.NotContains(t, printed.String(), form[i:i+16]) {
					return
				}
			}
		}
	}
}

func TestTypesWithSecretsPrintNone(t *testing.T) {
	log := &strings.Builder{}
	cfg := im.Config{Endpoint: "https://im.example.com", SDKAppID: 1, Identifier: "administrator", SecretKey: key, Logger: debugLog(log)}
	c := newClient(t, "https://im.example.com", func(other *im.Config) { *other = cfg })
	ready := cfg
	ready.SecretKey, ready.UserSig = "", key
	requireNoSecret(t, key, cfg, &cfg, ready, []im.Config{cfg, ready}, map[string]im.Config{"a": cfg}, struct{ C im.Config }{cfg}, c, struct{ C *im.Client }{c}, log.String())
	assert.Contains(t, log.String(), "usersig.made")
	assert.Contains(t, fmt.Sprint(cfg), "administrator")
}
