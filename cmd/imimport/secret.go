package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"imimport/pkg/fault"
	"imimport/report"
)

const (
	secretKeyFlag     = "secret-key-file"
	userSigFlag       = "usersig-file"
	secretKeyVariable = "IMIMPORT_SECRET_KEY"
	userSigVariable   = "IMIMPORT_USERSIG"

	secretHint = "a secret is never given as a flag's value, where others on the machine can see it: put it into a file and name that with --" + secretKeyFlag +
		" (- is standard input), or set " + secretKeyVariable + "; a ready UserSig goes with --" + userSigFlag + " or " + userSigVariable

	maxSecret = 64 << 10
)

// secretName tells whether people would look for a secret under this name of a flag or key.
func secretName(name string) bool {
	name = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	return slices.Contains([]string{"secretkey", "secret", "key", "appkey", "appsecret", "sdksecret", "sdkappkey", "privatekey",
		"usersig", "sig", "usersignature", "token", "password", "pass"}, name)
}

// secrets are the key or a ready UserSig. They are in memory only.
type secrets struct{ key, userSig string }

// String keeps them out of whatever prints them.
func (secrets) String() string   { return "[secrets]" }
func (secrets) GoString() string { return "[secrets]" }

// secretSource is a place that a secret can come from.
type secretSource struct {
	origin
	value string // of the variable that holds it
	file  string // or where it stands
}

// secrets reads the key or the UserSig, whichever the highest layer names.
func (s *settings) secrets(a *app) (secrets, error) {
	key, keyErr := s.secretSource(a, secretKeyFlag, s.secretKeyFile, secretKeyVariable)
	sig, sigErr := s.secretSource(a, userSigFlag, s.userSigFile, userSigVariable)
	if err := errors.Join(keyErr, sigErr); err != nil {
		return secrets{}, err
	}
	switch {
	case key.layer == byDefault && sig.layer == byDefault:
		return secrets{}, usage("name its file with --"+secretKeyFlag+", or set "+secretKeyVariable+"; to rehearse without one: --sandbox",
			"no secret key and no UserSig")
	case key.layer == sig.layer:
		return secrets{}, fmt.Errorf("%s and %s: give one of them", key.place, sig.place)
	case key.layer > sig.layer:
		text, err := s.readSecret(a, key)
		return secrets{key: text}, err
	}
	text, err := s.readSecret(a, sig)
	return secrets{userSig: text}, err
}

func (s *settings) secretSource(a *app, flag, file, variableName string) (secretSource, error) {
	from := s.origin(flag)
	value := a.getenv(variableName)
	switch {
	case value == "" || from.layer == byFlag:
		return secretSource{origin: from, file: file}, nil
	case from.layer == byEnvironment:
		return secretSource{}, fmt.Errorf("%s and %s: give one of them", variableName, from.place)
	}
	return secretSource{origin: origin{byEnvironment, variableName}, value: value}, nil
}

// access is where the secret comes from, as options for the next command: the environment says its part again.
func (s *settings) access() []fault.Option {
	name, file := s.flagOfSecret()
	if name == "" || s.options.Target.Sandbox {
		return nil
	}
	if file == "-" {
		return []fault.Option{{Key: name, Value: secretBlanks[name]}}
	}
	path, err := filepath.Abs(file)
	if err != nil {
		path = file
	}
	return []fault.Option{{Key: name, Value: path}}
}

var secretBlanks = map[string]string{secretKeyFlag: report.BlankKey, userSigFlag: report.BlankUserSig}

// flagOfSecret is the flag of the command line that leads to the secret, and the file that it names. "" is the environment.
func (s *settings) flagOfSecret() (name, file string) {
	key, sig := s.origin(secretKeyFlag).layer, s.origin(userSigFlag).layer
	switch config := layerOf(s.flags.Lookup(configFlag)); {
	case key == byFlag:
		return secretKeyFlag, s.secretKeyFile
	case sig == byFlag:
		return userSigFlag, s.userSigFile
	case max(key, sig) == byConfig && config.from.layer == byFlag:
		return configFlag, config.typed[len(config.typed)-1]
	}
	return "", ""
}

func (s *settings) readSecret(a *app, from secretSource) (string, error) {
	text, name := from.value, from.place
	if from.file != "" {
		var err error
		if text, err = s.readSecretFile(a, from); err != nil {
			return "", err
		}
		name += " " + from.file
	}
	text = strings.TrimRight(strings.TrimPrefix(text, "\ufeff"), "\r\n")
	switch {
	case text == "":
		return "", fmt.Errorf("%s: there is nothing in it", name)
	case strings.ContainsAny(text, " \t\r\n\x00"):
		return "", fmt.Errorf("%s: holds more than one word; it must hold the secret and nothing else", name)
	}
	return text, nil
}

// openSecret opens the file of a secret. One that is not there may be the secret itself, and is shown only if it is
// short, or stands in a directory that is there.
func openSecret(name string) (*os.File, error) {
	file, err := os.Open(name)
	if err == nil || !likeSecret(name) {
		return file, err
	}
	dir, base := filepath.Split(name)
	if info, missing := os.Stat(dir); missing == nil && info.IsDir() && !likeSecret(base) {
		return nil, err
	}
	return nil, usage(secretHint, "no such file; its name is not shown, for it may be the secret itself")
}

// likeSecret tells whether a text is as long as a key or a UserSig, which people put into the wrong place.
func likeSecret(text string) bool { return len(text) >= 32 }

// shown is a value as an error shows it.
func shown(text string) string {
	if likeSecret(text) {
		return "(not shown, for it may be a secret)"
	}
	return strconv.Quote(text)
}

func (s *settings) readSecretFile(a *app, from secretSource) (string, error) {
	in := a.stdin
	if from.file != "-" {
		file, err := openSecret(from.file)
		if err != nil {
			return "", fmt.Errorf("%s: %w", from.place, err)
		}
		defer file.Close() //nolint:errcheck // only read
		s.warnReadable(file, from)
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSecret))
	if err != nil {
		return "", fmt.Errorf("%s: %w", from.place, err)
	}
	return string(text), nil
}

// warnReadable warns of a file that everyone on the machine can read. Windows has no such bits.
func (s *settings) warnReadable(file *os.File, from secretSource) {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS == "windows" || info.Mode().Perm()&0o004 == 0 {
		return
	}
	s.warnings = append(s.warnings, fmt.Sprintf("%s can be read by everyone on this machine: chmod 600 %s", from.file, shellQuote(from.file)))
}
