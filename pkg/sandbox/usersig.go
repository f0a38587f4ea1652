package sandbox

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxUserSig   = 8 << 10 // bytes; a longer UserSig is malformed; the vendor's are about 200 bytes
	maxClaims    = 4 << 10 // bytes; a UserSig that unpacks to more is malformed
	maxSigCached = 1 << 12 // verified UserSigs that are remembered
)

// claims is the content of a UserSig (version 2; from the documents and the vendor's module).
type claims struct {
	Version    string `json:"TLS.ver"`
	Identifier string `json:"TLS.identifier"`
	SDKAppID   uint64 `json:"TLS.sdkappid"`
	Expire     int64  `json:"TLS.expire"`
	Time       int64  `json:"TLS.time"`
	UserBuf    string `json:"TLS.userbuf,omitempty"` // base64; only in the media services' signatures
	Sig        string `json:"TLS.sig"`
}

var sigSpelling = strings.NewReplacer("*", "+", "-", "/", "_", "=")

// decodeUserSig unpacks a UserSig; it verifies nothing.
func decodeUserSig(usersig string) (claims, bool) {
	var c claims
	if usersig == "" || len(usersig) > maxUserSig {
		return c, false
	}
	packed, err := base64.StdEncoding.DecodeString(sigSpelling.Replace(usersig))
	if err != nil {
		return c, false
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return c, false
	}
	text, err := io.ReadAll(io.LimitReader(z, maxClaims+1))
	if err != nil || len(text) > maxClaims {
		return c, false
	}
	if json.Unmarshal(text, &c) != nil || c.Version != "2.0" || c.Sig == "" {
		return c, false
	}
	return c, true
}

var sigEscapes = strings.NewReplacer("+", "*", "/", "-", "=", "_")

// encode packs and signs c as a UserSig.
func (c claims) encode(key string) string {
	c.Sig = c.sum(key)
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // it is text and numbers
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(text) // a bytes.Buffer takes everything
	_ = z.Close()
	return sigEscapes.Replace(base64.StdEncoding.EncodeToString(packed.Bytes()))
}

// sum is the TLS.sig that c should have.
func (c *claims) sum(key string) string {
	content := "TLS.identifier:" + c.Identifier +
		"\nTLS.sdkappid:" + strconv.FormatUint(c.SDKAppID, 10) +
		"\nTLS.time:" + strconv.FormatInt(c.Time, 10) +
		"\nTLS.expire:" + strconv.FormatInt(c.Expire, 10) + "\n"
	if c.UserBuf != "" {
		content += "TLS.userbuf:" + c.UserBuf + "\n"
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(content))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// check is the service's code for c in a call of identifier to app. The order is our choice: first the fields that
// must be those of the query, then the signature; expiry comes last and is not checked here.
func (c *claims) check(app uint64, identifier, key string) int {
	switch {
	case c.SDKAppID != app:
		return codeSigOtherApp
	case c.Identifier != identifier:
		return codeSigOtherUser
	case !hmac.Equal([]byte(c.Sig), []byte(c.sum(key))):
		return codeSigOtherKey
	}
	return codeOK
}

// expired tells whether c is no longer valid. It is valid while now <= time + expire.
func (c *claims) expired(now time.Time) bool {
	return c.Expire < 0 || now.Unix()-c.Time > c.Expire
}

// signature is a UserSig that was verified.
type signature struct {
	claims
	first uint64 // see firstUse
}

// firstUse is the number of the call that used the UserSig first, which is this one if there was none before. It is
// under the Sandbox's mutex.
func (s *signature) firstUse(call uint64) uint64 {
	if s.first == 0 {
		s.first = call
	}
	return s.first
}

// sigCache remembers verified UserSigs, so that the hash is made once for each and not for each call.
// Invalid UserSigs are not remembered, because there may be any number of them.
type sigCache struct {
	mu   sync.RWMutex
	seen map[string]*signature
}

func (s *sigCache) get(usersig string) *signature {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.seen[usersig]
}

func (s *sigCache) put(usersig string, sig *signature) *signature {
	s.mu.Lock()
	defer s.mu.Unlock()
	if was, ok := s.seen[usersig]; ok {
		return was
	}
	if s.seen == nil || len(s.seen) >= maxSigCached {
		s.seen = make(map[string]*signature)
	}
	s.seen[strings.Clone(usersig)] = sig
	return sig
}

// verify checks the UserSig of a query. Those in the cache were verified for this app; the identifier and the expiry
// are checked each time.
func (a *app) verify(usersig, identifier string, now time.Time) (*signature, int) {
	sig := a.sigs.get(usersig)
	switch {
	case sig == nil:
		c, ok := decodeUserSig(usersig)
		if !ok {
			return nil, codeSigMalformed
		}
		if code := c.check(a.id, identifier, a.key); code != codeOK {
			return nil, code
		}
		sig = &signature{claims: c}
		if !c.expired(now) {
			sig = a.sigs.put(usersig, sig)
		}
	case sig.Identifier != identifier:
		return nil, codeSigOtherUser
	}
	if sig.expired(now) {
		return nil, codeSigExpired
	}
	return sig, codeOK
}
