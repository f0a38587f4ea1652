package im

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"imimport/pkg/fault"
)

// Code is what an answer's ErrorCode means and what to do about it. The texts are ours: the service documents its
// ErrorInfo for a few codes only, and nothing depends on it.
type Code struct {
	Code    int
	Class   Class
	Meaning string
	Remedy  fault.Hint
}

// The options that hints name.
var (
	secretKeyFile  = fault.Option{Key: "secret-key-file"}
	userSigFile    = fault.Option{Key: "usersig-file"}
	sdkAppID       = fault.Option{Key: "sdkappid"}
	identifier     = fault.Option{Key: "identifier"}
	endpointOption = fault.Option{Key: "endpoint"}
	regionOption   = fault.Option{Key: "region"}
)

var (
	noRemedy      fault.Hint
	remedyWait    = fault.Hintf("retried automatically; if it still fails: %s", fault.Do(fault.Retry, "JOB"))
	remedyRate    = fault.Hintf("other programs of this app share its limit; lower %s if it goes on", fault.Option{Key: "rate"})
	remedyResign  = fault.Hintf("nothing, a new UserSig is made; if it stays: this machine's clock, %s, or a new %s", secretKeyFile, userSigFile)
	remedySign    = fault.Hintf("nothing: it is tried again; if it goes on, check %s and %s", identifier, secretKeyFile)
	remedyRow     = fault.Text("mend the row and import it again")
	remedyKey     = fault.Hintf("use this app's own key (%s) and its %s", secretKeyFile, sdkAppID)
	remedyWhole   = fault.Hintf("it is cut or changed: copy it again, whole (%s, %s)", secretKeyFile, userSigFile)
	remedyAdmin   = fault.Hintf("name an app admin of the console with %s", identifier)
	remedyRequest = fault.Hintf("the request itself is refused: check %s, %s and %s", endpointOption, regionOption, sdkAppID)
	remedyApp     = fault.Hintf("check %s", sdkAppID)
	remedyAccount = fault.Text("see the app's state in the console")
	remedyQuota   = fault.Text("upgrade the plan or delete accounts, then go on")
)

// Codes is the table, in ascending order.
func Codes() []Code { return slices.Clone(codes) }

// Lookup is the entry of a code. A code that no document names has the class of a row: it fails its row and
// nothing else.
func Lookup(code int) Code {
	i, found := slices.BinarySearchFunc(codes, code, func(c Code, code int) int { return cmp.Compare(c.Code, code) })
	if !found {
		return Code{code, ClassRow, "a code that no public document names", fault.Text("look it up in the service's current documents")}
	}
	return codes[i]
}

// The entries of rows that ended without a code.
var (
	NeverSent = Code{0, ClassRow, "refused before it was sent", fault.Text("mend the rows in the failed file and import that file")}
	Duplicate = Code{0, ClassRow, "another row of the same UserID counts", fault.Text("nothing, if the other row is the right one")}
	NoAnswer  = Code{0, ClassTransient, "no valid answer: the network, a proxy or the service", remedyWait}
)

const statusMeaning = "HTTP status %d instead of an answer"

// OfStatus is the entry of an answer with a status of HTTP that is not the service's.
func OfStatus(status int) Code {
	return Code{status, ClassTransient, fmt.Sprintf(statusMeaning, status), remedyWait}
}

// ClassOf is the class of a code.
func ClassOf(code int) Class { return Lookup(code).Class }

// Codes that are treated in a special way.
const (
	CodeNoAccount = 40003 // no such account, of the profile's commands
	codeExpired   = 70001
	codeMalformed = 70003
	codeBlocked   = 70050
)

// BlockedFor is how long the service refuses every call of an app after too many wrong UserSigs.
const BlockedFor = time.Minute

// codes are those of documents 1047/34953, 34954, 34916 (the commands) and 1047/34348 (the error codes). No document
// says what 60025, 60027, 70346 to 70362 and 80003 mean beyond their class; neither do the texts here.
var codes = []Code{
	{0, ClassSuccess, "done", noRemedy},
	{30003, ClassRow, "no such account", fault.Text("import the account first")},
	{30006, ClassTransient, "internal error while clearing an account's relations", remedyWait},
	{30007, ClassTransient, "timed out while clearing an account's relations", remedyWait},
	{30008, ClassTransient, "an account's relations are written to at the same time", remedyWait},
	{40001, ClassRow, "the profile request is malformed", remedyRow},
	{40002, ClassRow, "the profile request names no account", remedyRow},
	{40003, ClassRow, "no such account", fault.Text("import the account first")},
	{40004, ClassFatal, "the identifier is not an app admin", remedyAdmin},
	{40005, ClassRow, "the profile's text was refused by the content filter", remedyRow},
	{40006, ClassTransient, "internal error while setting the profile", remedyWait},
	{40007, ClassRow, "the profile field may not be read", fault.Text("allow it in the console")},
	{40008, ClassRow, "the profile field may not be written", fault.Text("allow it in the console")},
	{40009, ClassRow, "no such profile field", fault.Hintf("set the field up in the console, then %s", fault.Do(fault.Retry))},
	{40601, ClassRow, "a profile value is longer than 500 bytes", fault.Text("shorten Nick or FaceUrl: 500 bytes are 166 Chinese characters")},
	{40605, ClassRow, "a profile value is not one of those allowed", remedyRow},
	{40610, ClassRow, "a profile value has the wrong type", remedyRow},
	{60002, ClassFatal, "the request's URL cannot be read", remedyRequest},
	{60003, ClassRow, "the request's JSON cannot be read", remedyRow},
	{60004, ClassTransient, "the account or the UserSig in the request is wrong", remedySign},
	{60005, ClassTransient, "the account or the UserSig in the request is wrong", remedySign},
	{60006, ClassFatal, "the SDKAppID is not valid", remedyApp},
	{60007, ClassThrottle, "called too often", remedyRate},
	{60008, ClassTransient, "timed out, or the form of the request is wrong", remedyWait},
	{60009, ClassFatal, "there is no such command at this address", remedyRequest},
	{60010, ClassFatal, "the identifier is not an app admin", remedyAdmin},
	{60011, ClassThrottle, "called too often", remedyRate},
	{60012, ClassFatal, "no SDKAppID in the request", remedyApp},
	{60013, ClassTransient, "the service could not read an answer inside it", remedyWait},
	{60014, ClassTransient, "the service timed out while it looked the account up", remedyWait},
	{60015, ClassRow, "the UserID must be a string (a JSON number is refused)", remedyRow},
	{60016, ClassFatal, "the app is disabled", remedyAccount},
	{60017, ClassFatal, "the request is forbidden for this app", remedyAccount},
	{60018, ClassThrottle, "called too often", remedyRate},
	{60019, ClassThrottle, "called too often", remedyRate},
	{60020, ClassFatal, "the app's package is expired, in arrears, or just bought", fault.Text("renew or pay in the console, then go on; a new package takes effect after five minutes")},
	{60021, ClassFatal, "this machine's IP address is not allowed", fault.Text("add this machine's address to the app's IP allowlist in the console")},
	{60025, ClassFatal, "the request is refused for this app", remedyAccount},
	{60026, ClassFatal, "wrong region for this app", fault.Hintf("name the app's own region with %s (or its address with %s)", regionOption, endpointOption)},
	{60027, ClassFatal, "the request is refused for this app", remedyAccount},
	{60028, ClassQuota, "the trial edition's request volume of 24 hours is used up", fault.Text("wait a day or upgrade the plan, then go on")},
	{70001, ClassResign, "the UserSig has expired", remedyResign},
	{70002, ClassFatal, "the UserSig is empty", fault.Hintf("give a key with %s, or a UserSig with %s", secretKeyFile, userSigFile)},
	{70003, ClassFatal, "the UserSig is malformed", remedyWhole},
	{70004, ClassFatal, "the UserSig is malformed", remedyWhole},
	{70005, ClassFatal, "the UserSig does not verify", remedyKey},
	{70006, ClassFatal, "the UserSig does not verify", remedyKey},
	{70007, ClassFatal, "the UserSig does not verify", remedyKey},
	{70008, ClassFatal, "the UserSig does not verify", remedyKey},
	{70009, ClassFatal, "the UserSig was made with another app's key", remedyKey},
	{70010, ClassFatal, "the UserSig does not verify", remedyKey},
	{70013, ClassFatal, "the identifier differs from the UserSig's", fault.Hintf("%s must be the admin that the UserSig was made for", identifier)},
	{70014, ClassFatal, "the SDKAppID differs from the UserSig's", fault.Hintf("%s must be the app that the UserSig was made for", sdkAppID)},
	{70015, ClassFatal, "the UserSig's kind is not known for this app", remedyKey},
	{70016, ClassFatal, "there is no key to verify the UserSig with", fault.Hintf("check %s and %s: the app may be of another data centre", sdkAppID, regionOption)},
	{70017, ClassFatal, "the UserSig does not verify", remedyKey},
	{70018, ClassFatal, "the UserSig does not verify", remedyKey},
	{70019, ClassFatal, "the UserSig does not verify", remedyKey},
	{70020, ClassFatal, "no such SDKAppID (or one of another data centre)", fault.Hintf("check %s and %s", sdkAppID, regionOption)},
	{70050, ClassResign, "too many wrong UserSigs: refused for a minute", fault.Hintf("nothing, it is sent again after a minute; if it stays: %s and %s", secretKeyFile, sdkAppID)},
	{70051, ClassRow, "the account is blocked", fault.Hintf("lift the block in the console, then %s", fault.Do(fault.Retry, "JOB"))},
	{70052, ClassResign, "the UserSig is no longer valid", remedyResign},
	{70107, ClassRow, "no such account", fault.Text("nothing: it is not there")},
	{70114, ClassFatal, "restricted for reasons of security", remedyAccount},
	{70169, ClassTransient, "the server timed out", remedyWait},
	{70201, ClassTransient, "the server timed out inside", remedyWait},
	{70202, ClassTransient, "the server timed out inside", remedyWait},
	{70203, ClassTransient, "the server timed out inside", remedyWait},
	{70205, ClassTransient, "the server timed out inside", remedyWait},
	{70206, ClassRow, "the wrong number of accounts in one call", fault.Hintf("lower %s", fault.Option{Key: "batch"})},
	{70346, ClassFatal, "the UserSig does not verify", remedyKey},
	{70347, ClassResign, "the UserSig has expired", remedyResign},
	{70348, ClassTransient, "internal server error", remedyWait},
	{70362, ClassTransient, "internal server error", remedyWait},
	{70398, ClassQuota, "the app is at its account limit (100 on the trial edition)", remedyQuota},
	{70399, ClassRow, "deleted less than three months ago, may not be imported yet", fault.Text("wait, or choose another UserID")},
	{70401, ClassTransient, "internal server error", remedyWait},
	{70402, ClassRow, "a parameter is missing or invalid", remedyRow},
	{70403, ClassFatal, "the caller is not an app admin", remedyAdmin},
	{70500, ClassTransient, "internal server error", remedyWait},
	{71000, ClassFatal, "deleting accounts is not enabled for this app", fault.Text("enable it in the console")},
	{72000, ClassQuota, "the quota of active users is used up", remedyQuota},
	{72002, ClassQuota, "the quota of active users is used up", remedyQuota},
	{80001, ClassRow, "the text was refused by the content filter", remedyRow},
	{80002, ClassRow, "the text is too long for the content filter", remedyRow},
	{80003, ClassRow, "the content was refused by the content filter", remedyRow},
	{80004, ClassRow, "the text was refused by the content filter", remedyRow},
	{80005, ClassFatal, "the content filter is not set up for this app", remedyAccount},
}
