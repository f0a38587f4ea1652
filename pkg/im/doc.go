// Package im is a client of the account commands of Tencent Cloud IM (Chat). A call is one attempt: the package
// retries nothing and limits nothing.
//
// A call is a POST over HTTPS whose query holds the admin's UserSig. Its answer, a failure too, is JSON in an HTTP 200,
// and the code in it decides (document 1047/34620). [Answer.Class] says what a code means for a run, [Answer.Hint]
// what to mend. Other statuses, and bodies that are no valid answer, are network faults and transient. The words of an
// answer (ErrorInfo, Content-Type) decide nothing.
//
// Secrets: the key and the UserSig leave this package only in requests. Every text that the package returns or logs is
// redacted by value, because net/http's errors print URLs, and gateways print them in their pages.
//
// # Decisions
//
// HTTP/1.1 over as many kept connections as there are calls in flight: measured at 44,000 requests a second
// on two cores, against 3,600 with the default transport, which makes a handshake for most requests. HTTP/2 is
// off: hundreds of calls on one connection wait for each other's lost packets, a reset ends all of them at once, and
// a service that allows fewer streams than we have calls would slow us down without a sign.
//
// The caller decides about every attempt and counts it: net/http sends a POST again only when not a byte of it was
// written, as on a kept connection that the server has closed meanwhile. That much is wanted, and is why requests
// have a GetBody. Redirects are not followed: they would carry the UserSig elsewhere.
//
// Proxies of the environment (HTTPS_PROXY, NO_PROXY) are used, except for loopback addresses. That is also why plain
// http is allowed for loopback addresses only.
//
// A UserSig is made by the vendor's own module for seven days, and renewed a day before its end, by the wall clock:
// the monotonic clock stands still while a machine sleeps. When a UserSig is refused, a new one is made. When that one
// is refused too before it was ever accepted, [Client.Resign] fails. An answer knows which UserSig it belongs to, so
// that hundreds of refusals in flight cause one renewal. 70050 (too many wrong UserSigs: refused for a minute) says
// nothing about the newest UserSig, and ends a run only when the service still answers it after that minute.
//
// Redaction finds any 12 bytes in a row that a secret shares with a text, as they are or escaped for a URL, HTML or
// JSON. Replacing whole values would miss a UserSig that a gateway, or we ourselves, have cut.
//
// Bodies are appended by hand, at a quarter of encoding/json's time and a third of jsontext.AppendQuote's; a fuzz
// test compares them with encoding/json's. Text that is not UTF-8 is not sent. Answers are decoded strictly (names as
// they are spelled, none twice); the answer of every successful account_import is compared as bytes.
//
// A call costs what net/http's own client costs, 2 to 3 µs beside the network. Over TLS it takes 1.1 times the
// processor time of a bare loop (28 µs against 26); the difference is its timeout. Both are measured side by side:
//
//	go test ./pkg/im -run '^$' -bench 'Client|TLS' -benchtime 50000x
package im
