// Package im is a client of the account commands of Tencent Cloud IM (Chat). A call is one attempt: no retry
// and no limit is in here.
//
// A call is a POST over HTTPS whose query holds the admin's UserSig; its answer is JSON in an HTTP 200,
// failures too, and the code in it decides (document 1047/34620). [Answer.Class] says what a code means for a
// run, [Answer.Hint] what to mend. Other statuses, and bodies that are no valid answer, are network faults and
// transient. The words of an answer (ErrorInfo, Content-Type) decide nothing.
//
// Secrets: the key and the UserSig leave this package in requests only. Every text that it returns or logs is
// redacted at the edge, by value, for net/http's errors print URLs, and gateways print them in their pages.
//
// # Decisions
//
// HTTP/1.1 over as many kept connections as there are calls in flight: measured at 44,000 requests a second
// on two cores, against 3,600 with the default transport, which makes a handshake for most requests. HTTP/2 is
// off: one connection for hundreds of calls makes them wait for each other's lost packets, a reset takes all
// of them at once, and a service that allows fewer streams than we have calls would slow us down unseen.
//
// Every attempt is the caller's and under its limit: net/http replays a POST only when not a byte of it was
// written, as on a kept connection that the server has closed meanwhile. That much is wanted, and the reason
// why requests have a GetBody. Redirects are not followed: they would carry the UserSig elsewhere.
//
// Proxies of the environment (HTTPS_PROXY, NO_PROXY) are used, but for loopback addresses, which is also why
// plain http is allowed to those alone.
//
// A UserSig is made by the vendor's own module for seven days and anew a day before its end, by the wall
// clock: the monotonic one stands still while a machine sleeps. One that is refused is made anew once, and
// when the new one is refused before it was ever accepted, that is the end: [Client.Resign]. Answers know
// which UserSig they belong to, so that hundreds of refusals in flight cause one renewal. 70050 (too many
// wrong ones: refused for a minute) says nothing about the newest and ends a run only when it is still there
// after that minute.
//
// Redaction finds any run of 12 bytes that a secret shares with a text, as it is or escaped for a URL, HTML or
// JSON: whole-value replacement misses a UserSig that a gateway or we ourselves have cut.
//
// Bodies are appended by hand, at a quarter of encoding/json's time and a third of jsontext.AppendQuote's; a
// fuzz test holds them to encoding/json's. Text that is not UTF-8 is not sent. Answers are decoded strictly
// (names as they are spelled, none twice); the one answer of every good account_import is compared as bytes.
//
// A call costs what net/http's own client does, 2 to 3 µs beside the network, and over TLS 1.1 times the processor
// time of a bare loop (28 µs against 26), the tenth being its timeout. Both are measured side by side:
//
//	go test ./pkg/im -run '^$' -bench 'Client|TLS' -benchtime 50000x
package im
