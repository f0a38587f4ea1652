package im

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
)

// Error is a fault and what to do about it. It holds no secret.
type Error struct {
	text string
	hint string
	kind error // context.Canceled or context.DeadlineExceeded, else nil: causes themselves could print a URL
}

func (e *Error) Error() string { return e.text }

// Hint names the setting to mend, or is "".
func (e *Error) Hint() string { return e.hint }

func (e *Error) Unwrap() error { return e.kind }

// GoString keeps %#v to the words.
func (e *Error) GoString() string { return fmt.Sprintf("im.Error{%q}", e.text) }

// MarshalText is for JSON.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.text), nil }

var errTimeout = errors.New("no answer within the timeout")

// describe puts an error into one line for people: without net/http's URL, without a secret, without
// what differs from one attempt to the next. The hint stays.
func (c *Client) describe(ctx context.Context, err error) error {
	out := &Error{}
	var own *Error
	var prints *url.Error
	cause := context.Cause(ctx) // which net/http gives back in place of the context's own error
	switch {
	case cause != nil && (errors.Is(err, cause) || errors.Is(err, ctx.Err())):
		out.kind = ctx.Err()
		switch {
		case errors.Is(cause, errTimeout):
			out.text = fmt.Sprintf("%v of %s", errTimeout, c.timeout)
		case errors.Is(out.kind, context.DeadlineExceeded):
			out.text = "no answer in time"
		default:
			out.text = "cut off by a stop"
		}
	case untrusted(err):
		out.text, out.hint = "the server's certificate is not trusted: "+c.clean(certificateFault(err)), certificateHint(err)
	case errors.As(err, &own):
		out.text, out.hint = c.clean(own.text), own.hint
	case errors.As(err, &prints):
		return c.describe(ctx, prints.Err)
	default:
		out.text = c.clean(networkFault(err))
	}
	return out
}

// networkFault leaves out the ports of this side, so that equal faults read alike.
func networkFault(err error) string {
	var lookup *net.DNSError
	var operation *net.OpError
	switch {
	case errors.As(err, &lookup):
		return "look up " + lookup.Name + ": " + lookup.Err
	case errors.As(err, &operation) && operation.Op == "dial" && operation.Addr != nil:
		return "connect to " + operation.Addr.String() + ": " + operation.Err.Error()
	case errors.As(err, &operation) && (operation.Op == "read" || operation.Op == "write"):
		return operation.Op + ": " + operation.Err.Error()
	case err == io.EOF: //nolint:errorlint // as net/http says it, and no truncated body, which wraps it
		return "the server closed the connection without an answer"
	}
	return err.Error()
}

// classOfFault: a certificate that is not trusted will not be trusted on the next try.
func classOfFault(err error) Class {
	if untrusted(err) {
		return ClassFatal
	}
	return ClassTransient
}

func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

func certificateFault(err error) string {
	var verification *tls.CertificateVerificationError
	if errors.As(err, &verification) {
		return verification.Err.Error()
	}
	return err.Error()
}

func certificateHint(err error) string {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return "the certificate is another host's: check --endpoint"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "check this machine's clock; if it is right, the server needs a new certificate"
	}
	return "trust its authority with --ca-file (a proxy that looks into TLS has its own), or check --endpoint"
}
