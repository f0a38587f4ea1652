// Package sandbox is the account part of the IM REST API as a server of its own, to rehearse imports on and to
// write tests against: an [http.Handler] ([New]), or a server with TLS on the loopback address ([Start]).
//
// It serves account_import, multiaccount_import, account_check, account_delete, portrait_set, portrait_get, kick and
// query_online_status of one app, checks queries and UserSigs, and holds callers to the documented [Rules]: limits per command and
// second, the account quota, the bar after a deletion. Faults of a network or a service can be ordered: by
// chance ([Fault], [Latency]; the same seed does the same to the same accounts, in whatever order the calls
// arrive) or by plan ([Scenario], with which a test knows the outcome in advance). Beside the API it serves
//
//	GET  /                   the state as a page for people, which refreshes itself
//	GET  /_sandbox/stats     the same as JSON: Stats
//	GET  /_sandbox/calls     the last calls
//	GET  /_sandbox/accounts  ?offset= &limit= or ?userid=
//	GET  /_sandbox/rules     the rules; POST changes those that it names
//	POST /_sandbox/scenario  another scenario, as YAML
//	POST /_sandbox/reset     forgets accounts and figures
//
// None of them, and no log, ever shows the key or a UserSig. Over a loopback address they are served under loopback names
// and Config.Names only, so that no page in a browser reaches them by DNS rebinding; the API asks for a UserSig anyway.
//
// # A call
//
// [Sandbox.ServeHTTP] reads the body; app checks the query and the UserSig; judge, under the mutex, goes through the
// reasons not to serve the call (outage, limit, scenario, faults); accounts does what is asked and writes the
// change to the journal; tally counts it all; reply sends the answer, or cuts the connection.
//
// # Sources
//
// Shapes, codes and limits are those of the API documents: 1047/34620 (every call), 34953 and 34954 (import),
// 34955 (delete), 34956 (check), 34916 and 34917 (portraits), 35477 (online status), 33520 (tags), and of the vendor's own module for
// UserSigs. These forms are accepted too, because live clients send them: account_import with Identifier in place
// of UserID; Accounts, a list of names, in multiaccount_import; empty Nick and FaceUrl; a UserSig that is or is not
// escaped in the query. A client by other people (github.com/dobyte/tencent-im v0.1.1) runs against the sandbox unchanged.
//
// The documents do not say the rest. These are our choices, with the field of Rules that changes them:
//
//   - Calls are counted in any one second that ends with the call (Window). Refused ones do not count
//     (CountRefused), and are answered without Retry-After (RetryAfter). Calls with a bad query or UserSig do not
//     count, because they belong to no app. Calls with a bad body do.
//   - Order of checks: POST (60002), sdkappid (60012, 70020), contenttype and random (60002), UserSig: malformed
//     (70003), another app's (70014), another identifier's (70013), not made with this key (70009), expired
//     (70001); then whether the identifier is an admin: 70403 in the account commands, whose tables list it, and
//     60010 in the profile commands. Then the limit, and last the body: not a JSON object, or over 1 MiB, 60003; a UserID
//     that is a number 60015.
//     Unknown commands get 60009. Of a name twice in the query the first counts; twice in a JSON object is bad JSON.
//   - A repeated import updates the fields that it gives; the single command too (KeepOnRepeat). Fields that are
//     missing stay as they are, and so do those that are empty (EmptyClears).
//   - UserIDs are 1 to 32 bytes of printable ASCII, the wider of two documents; others get 70402. Reserved prefixes
//     are allowed.
//   - In a batch, an invalid account fails alone (WholeBatch); the same account twice is imported twice, and the
//     later one wins; as many as fit the quota are imported, and if none fits the call gets 70398
//     (AllOrNoneQuota). No accounts, or over 100, get 70402. On full success FailAccounts is an empty list.
//   - Deletion is enabled (NoDeletion) and bars an account for 90 days (DeletionBar), in the developer and trial
//     editions it does neither. It removes the profile. Deleted accounts do not count for the quota.
//   - portrait_set sets all tags or none. portrait_get leaves out tags that are not set; an unknown account is in
//     Fail_Account, and in its place in the list with 40003. A call has at most 64 tags.
//   - kick ends no session, for there is none, and query_online_status has everybody Offline. Unknown accounts get 70107.
//   - A call without random is refused (Config.RandomOptional).
//   - ErrorInfo is our own wording except for 70107.
//
// # Decisions
//
// It shares no code with pkg/im, not even for the UserSig: a mistake in both would stay unseen. testdata/wire binds
// the two; the contract suite in this package's tests binds the sandbox to the service.
//
// One mutex: a call holds it for about a microsecond, against some 25 for HTTP and TLS on either side. Measured
// on two cores, client and server in one process, over TLS: 36,000 to 40,000 account_import calls a second, 6% of
// the processor time in this package (BenchmarkAccountImport). For that, bodies are read token by token, buffers are
// reused, and each verified UserSig is remembered; its expiry is checked in every call.
//
// Time is taken under that mutex, so that calls are counted in the order of time; a limit is then exact.
//
// Chance depends on the seed, the command, the accounts and the attempt, and not on a stream of random numbers: with
// several connections the order of calls differs from run to run.
//
// HTTP/1.1 only: a reset or a cut answer ends a connection, and with HTTP/2 it would hit other calls too. The data
// file is a log of whole accounts and not a database: one write for each call that changes something, and rewritten
// only when it is opened. It is not synced for each call: it has to survive the process, not a power loss.
package sandbox
