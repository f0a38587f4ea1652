package im

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"imimport/pkg/fault"
)

const (
	lifetime    = 7 * 24 * time.Hour // of a UserSig made here; the documents advise a day at least
	renewBefore = 24 * time.Hour     // its end
)

// signature is a UserSig and its number among those that were made.
type signature struct {
	generation   uint64
	query        string    // of a request, up to the random number
	renewAt      time.Time // by the wall clock; zero: never
	afterRefusal bool      // made because the UserSig before it was refused

	accepted atomic.Bool // by the service, at least once
}

// signer makes UserSigs from the app's key, or hands a ready one out. Safe for concurrent use.
type signer struct {
	appID      uint64
	identifier string
	key        string // "": the UserSig is a ready one
	now        func() time.Time
	log        *slog.Logger

	current  atomic.Pointer[signature]
	redactor atomic.Pointer[redactor]

	mu        sync.Mutex // held while a signature is judged or made
	texts     []string   // the newest few UserSigs: answers to older ones may still come
	blockedAt time.Time  // the first 70050 since a UserSig was accepted
}

func newSigner(cfg *Config) (*signer, error) {
	s := &signer{appID: cfg.SDKAppID, identifier: cfg.Identifier, key: cfg.SecretKey, now: cfg.Now, log: cfg.Logger}
	if s.key == "" {
		s.use(cfg.UserSig, &signature{generation: 1})
		return s, nil
	}
	return s, s.renew(false)
}

// Format keeps the secrets out of whatever prints a signer, with any verb.
func (s *signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "signer") }

// Format is the same for a signature.
func (s *signature) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "signature "+strconv.FormatUint(s.generation, 10))
}

// get is the signature to use now.
func (s *signer) get() (*signature, error) {
	sig := s.current.Load()
	if sig.fresh(s.now()) {
		return sig, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sig = s.current.Load(); sig.fresh(s.now()) {
		return sig, nil // another call was first
	}
	err := s.renew(false)
	return s.current.Load(), err
}

func (s *signature) fresh(now time.Time) bool {
	return s.renewAt.IsZero() || now.Round(0).Before(s.renewAt)
}

// renew makes a signature. The caller has the mutex, or the signer to itself.
func (s *signer) renew(afterRefusal bool) error {
	next := &signature{generation: 1, afterRefusal: afterRefusal}
	if last := s.current.Load(); last != nil {
		next.generation = last.generation + 1
	}
	// A second shorter each time: two that are made in one second would be the same text, refused twice.
	life := lifetime - time.Duration(next.generation)*time.Second
	text, err := tencentyun.GenUserSig(int(s.appID), s.key, s.identifier, int(life/time.Second)) //nolint:gosec // validated: it fits
	if err != nil {
		return errors.New("make UserSig: the vendor's module cannot use the key") // the cause could print it
	}
	next.renewAt = s.now().Round(0).Add(life - renewBefore)
	s.use(text, next)
	s.log.Debug("UserSig made", "event", "usersig.made", "number", next.generation, "renewed_at", next.renewAt)
	return nil
}

// use makes sig, whose UserSig is text, the current one. The redactor knows a UserSig before anything is sent with it.
func (s *signer) use(text string, sig *signature) {
	const kept = 8
	s.texts = append(s.texts, text)
	s.texts = s.texts[max(0, len(s.texts)-kept):]
	s.redactor.Store(newRedactor(append(insides(s.texts), s.key)))
	sig.query = "sdkappid=" + strconv.FormatUint(s.appID, 10) + "&identifier=" + url.QueryEscape(s.identifier) +
		"&usersig=" + url.QueryEscape(text) + "&contenttype=json&random="
	s.current.Store(sig)
}

// accepted notes that the service took a signature.
func (s *signer) accepted(sig *signature) {
	if sig.accepted.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sig.accepted.Store(true)
	if sig == s.current.Load() {
		s.blockedAt = time.Time{}
	}
}

// resign makes a new signature after one was refused; see [Client.Resign].
func (s *signer) resign(a Answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sig := s.current.Load()
	switch {
	case a.Code == codeBlocked:
		return s.blocked(a, sig)
	case a.SignedBy < sig.generation:
		return nil // another answer has brought a new one since
	case s.key == "":
		return fault.New(fault.Refused, a.afterClock(fault.Hintf("make a new one and give it with %s, or give the key with %s", userSigFile, secretKeyFile)),
			"a ready UserSig cannot be made anew here")
	case sig.afterRefusal && !sig.accepted.Load():
		return fault.New(fault.Refused, a.afterClock(fault.Hintf("check this machine's clock (a UserSig holds the time), %s and %s", sdkAppID, secretKeyFile)),
			"a UserSig that was just made is refused as well")
	}
	return s.renew(true)
}

// blocked is resign for a 70050. That code tells of wrong UserSigs of the past and nothing about the newest one, so it
// is an error only for a call that began a minute after the first 70050.
func (s *signer) blocked(a Answer, sig *signature) error {
	now := s.now()
	if s.blockedAt.IsZero() {
		s.blockedAt = now
	} else if now.Add(-a.Latency).Sub(s.blockedAt) >= BlockedFor {
		return fault.New(fault.Refused, fault.Hintf("another program of this app sends wrong UserSigs, or ours are wrong: check %s (or %s) and %s", secretKeyFile, userSigFile, sdkAppID),
			"UserSigs are refused for longer than a minute")
	}
	if s.key != "" && a.SignedBy == sig.generation && (!sig.afterRefusal || sig.accepted.Load()) {
		return s.renew(true)
	}
	sig.accepted.Store(false) // the next success ends the minute
	return nil
}
