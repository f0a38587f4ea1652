package im

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"
)

const (
	lifetime    = 7 * 24 * time.Hour // of a UserSig made here; the documents advise a day at least
	renewBefore = 24 * time.Hour     // its end
)

// signature is a UserSig and how many were made before it.
type signature struct {
	text       string
	generation uint64
	expires    time.Time // zero: it is not ours to know
}

// signer makes UserSigs from the app's key, or hands a ready one out. Safe for concurrent use. It prints as
// nothing of its secrets.
type signer struct {
	appID      uint64
	identifier string
	key        string
	now        func() time.Time

	mu       sync.Mutex
	current  signature
	accepted bool     // the current one was taken by the service at least once
	retired  []string // the last few before it: answers to them may still come
}

func (s *signer) String() string   { return "signer" }
func (s *signer) GoString() string { return "signer" }

// get is the signature to use now.
func (s *signer) get() (signature, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == "" || s.current.text != "" && s.now().Add(renewBefore).Before(s.current.expires) {
		return s.current, nil
	}
	return s.current, s.renew()
}

func (s *signer) renew() error {
	// A second shorter each time: two that are made in one second would be the same text, refused twice.
	life := lifetime - time.Duration(s.current.generation)*time.Second
	text, err := tencentyun.GenUserSig(int(s.appID), s.key, s.identifier, int(life/time.Second))
	if err != nil {
		return errors.New("make UserSig: the key cannot be used") // the cause could hold what it could not use
	}
	if s.current.text != "" {
		s.retired = append(s.retired, s.current.text)
		s.retired = s.retired[max(0, len(s.retired)-8):]
	}
	s.current = signature{text, s.current.generation + 1, s.now().Add(life)}
	s.accepted = false
	return nil
}

// took notes that the service took a signature.
func (s *signer) took(generation uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if generation == s.current.generation {
		s.accepted = true
	}
}

var (
	errReady = errors.New("a ready UserSig cannot be made anew here")
	errAgain = errors.New("a UserSig that was just made is refused as well")
)

// resign makes a new signature after one of this generation was refused.
func (s *signer) resign(generation uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.key == "":
		return &Error{errReady, "make a new UserSig and give it with --usersig-file, or give the key with --secret-key-file"}
	case generation < s.current.generation:
		return nil // another answer has brought a new one since
	case !s.accepted && generation > 1:
		return &Error{errAgain, "check this machine's clock (a UserSig holds the time), --sdkappid and --secret-key-file"}
	}
	return s.renew()
}

// redact takes every secret out of a text, by value, also where it is escaped for a URL.
func (s *signer) redact(text string) string {
	s.mu.Lock()
	secrets := append([]string{s.key, s.current.text}, s.retired...)
	s.mu.Unlock()
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, form, "[secret]")
		}
	}
	return text
}

// Error is an error with what to do about it. It holds no secret.
type Error struct {
	Err  error
	hint string
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint is the setting to mend.
func (e *Error) Hint() string { return e.hint }

func validate(cfg *Config) error {
	var errs []error
	if err := CheckEndpoint(cfg.Endpoint); err != nil {
		errs = append(errs, err)
	}
	if cfg.SDKAppID == 0 {
		errs = append(errs, errors.New("sdkappid: must be the app's number"))
	}
	if cfg.Identifier == "" {
		errs = append(errs, errors.New("identifier: must be an app admin"))
	}
	switch {
	case cfg.SecretKey == "" && cfg.UserSig == "":
		errs = append(errs, errors.New("no key and no UserSig"))
	case cfg.SecretKey != "" && cfg.UserSig != "":
		errs = append(errs, errors.New("a key and a UserSig: one of them is enough"))
	case strings.ContainsAny(cfg.SecretKey+cfg.UserSig, " \t\r\n\x00"):
		errs = append(errs, errors.New("the key or UserSig holds a space or line break: is the file right?"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	return nil
}
