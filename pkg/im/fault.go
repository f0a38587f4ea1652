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

	"imimport/pkg/fault"
)

// words are a cause in one line that holds no secret.
type words struct {
	text string
	kind error // context.Canceled or context.DeadlineExceeded, else nil: causes themselves could print a URL
}

func (w *words) Error() string { return w.text }

func (w *words) Unwrap() error { return w.kind }

var errTimeout = errors.New("no answer within the timeout")

// describe puts an error into one line for people: without net/http's URL, without a secret, without
// what differs from one attempt to the next. The hint stays.
func (c *Client) describe(ctx context.Context, err error) error {
	out := new(words)
	hint := fault.HintOf(err)
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
		hint = certificateHint(err)
		if verification, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			err = verification.Err
		}
		out.text = "the server's certificate is not trusted: " + c.clean(err.Error())
	case errors.As(err, &prints):
		return c.describe(ctx, prints.Err)
	default:
		out.text = c.clean(networkFault(err))
	}
	return &fault.Error{Kind: fault.Refused, Err: out, Hint: hint}
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

func noSuchHost(err error) bool {
	lookup, ok := errors.AsType[*net.DNSError](err)
	return ok && lookup.IsNotFound
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func untrusted(err error) bool {
	return is[*tls.CertificateVerificationError](err) || is[x509.UnknownAuthorityError](err) ||
		is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err)
}

func certificateHint(err error) fault.Hint {
	if is[x509.HostnameError](err) {
		return fault.Hintf("the certificate is another host's: check %s", endpointOption)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return fault.Text("check this machine's clock; if it is right, the server needs a new certificate")
	}
	return fault.Hintf("trust its authority with %s (a proxy that looks into TLS has its own), or check %s", fault.Option{Key: "ca-file"}, endpointOption)
}
