// Package sandbox is the account part of the IM REST API as a server of its own, to rehearse imports on and to
// write tests against: an [http.Handler] ([New]), or a server with TLS on the loopback address ([Start]).
//
// It serves account_import, multiaccount_import, account_check, account_delete, portrait_set and portrait_get of
// one app, checks queries and UserSigs, and holds callers to the documented [Rules]: limits per command and
// second, the account quota, the bar after a deletion. What goes wrong on a network or in a service is had on
// demand: by chance ([Fault], [Latency]; the same seed does the same to the same accounts, in whatever order
// calls arrive) or by plan ([Scenario], which lets a test state the truth in advance). Beside the API stand
//
//	GET  /                   the state as a page for people, which refreshes itself
//	GET  /_sandbox/stats     the same as JSON: Stats
//	GET  /_sandbox/calls     the last calls
//	GET  /_sandbox/accounts  ?offset= &limit= or ?userid=
//	GET  /_sandbox/rules     the rules; POST changes those that it names
//	POST /_sandbox/scenario  another scenario, as YAML
//	POST /_sandbox/reset     forgets accounts and figures
//
// None of them, and no log, ever shows the key or a UserSig.
//
// # What it rests on
//
// Shapes, codes and limits are those of the API documents: 1047/34620 (every call), 34953 and 34954 (import),
// 34955 (delete), 34956 (check), 34916 and 34917 (portraits), 33520 (tags), and the vendor's own module for
// UserSigs. Seen in live clients, and taken: account_import with Identifier in place of UserID; Accounts, a list
// of names, in multiaccount_import; Nick and FaceUrl sent empty; the parts of the UserSig escaped in the query or
// not. A client by other people (github.com/dobyte/tencent-im v0.1.1) runs against the sandbox unchanged.
//
// The documents are silent on the rest. What is chosen here, with the field of Rules that changes it:
//
//   - Calls are counted in any one second that ends with the call (Window). Refused ones do not count
//     (CountRefused), and come without Retry-After (RetryAfter). Calls with a bad query or UserSig do not count:
//     they belong to no app. Calls with a bad body do.
//   - Order of checks: POST (60002), sdkappid (60012, 70020), contenttype and random (60002), UserSig: malformed
//     (70003), another app's (70014), another identifier's (70013), not made with this key (70009), expired
//     (70001); then whether the identifier is an admin: 70403 in the account commands, whose tables have it, and
//     60010 in the profile commands. Then the limit, and last the body: not a JSON object 60003, over 1 MiB 60015.
//     Unknown commands get 60009. Of a name twice in the query the first counts; twice in a JSON object is bad JSON.
//   - A repeated import updates what it gives; the single command too (KeepOnRepeat). What is left out stays, and so
//     does what is given empty (EmptyClears).
//   - UserIDs are 1 to 32 bytes of printable ASCII, the wider of two documents; others get 70402. Reserved prefixes
//     are let through.
//   - In a batch an invalid account fails alone (WholeBatch); the same account twice is imported twice, the later
//     wins; as many as fit the quota are imported, and when all are too many the call gets 70398
//     (AllOrNoneQuota). None or over 100 accounts get 70402. On full success FailAccounts is empty and there.
//   - Deletion is enabled (NoDeletion) and bars for 90 days (DeletionBar), in the trial edition not at all. It
//     forgets the profile. Deleted accounts do not count for the quota.
//   - portrait_set sets all tags or none. portrait_get leaves out what is not set, and an unknown account stands in
//     Fail_Account and in its place with 40003. A call has at most 64 tags.
//   - ErrorInfo is our own wording but for 70107.
//
// # Decisions
//
// It shares no code with pkg/im, not even the UserSig: a mistake in both could not be seen. testdata/wire binds
// the two; the contract suite in this package's tests binds the sandbox to the service.
//
// One mutex: a call holds it for about a microsecond, against some 25 for HTTP and TLS on either side. Measured
// on two cores, client and server in one process, over TLS: 36,000 to 40,000 account_import calls a second, 6% of
// the processor time in this package (BenchmarkAccountImport). That is with bodies read token by token, buffers used
// again, and each verified UserSig remembered, with its expiry looked at in every call.
//
// Time is taken under that mutex, so that the counted order is the order of time; a limit is then exact.
//
// Chance hangs on seed, command, accounts and attempt, and not on a stream of random numbers: with several
// connections the order of calls differs from run to run.
//
// HTTP/1.1 only: a reset or a cut answer ends a connection, and on one of HTTP/2 it would hit calls that were to
// go through. The data file is a log of whole accounts and not a database: one write for each call that changes
// something, no rewriting but when it is opened. It is not forced to the disk for each call; what is rehearsed
// need survive the process and not the power.
package sandbox
