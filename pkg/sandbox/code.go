package sandbox

// The codes that the sandbox gives by itself. Faults can give any other.
const (
	codeOK = 0

	codeBadProfileCall = 40001
	codeNoAccount      = 40003
	codeNoTag          = 40009
	codeTooLong        = 40601
	codeBadValue       = 40605
	codeWrongType      = 40610

	codeBadURL     = 60002
	codeBadJSON    = 60003
	codeTooOften   = 60007
	codeNoCommand  = 60009
	codeNotAdmin   = 60010
	codeNoSDKAppID = 60012
	codeNotText    = 60015

	codeSigExpired    = 70001
	codeSigMalformed  = 70003
	codeSigOtherKey   = 70009
	codeSigOtherUser  = 70013
	codeSigOtherApp   = 70014
	codeUnknownApp    = 70020
	codeNotExist      = 70107
	codeQuota         = 70398
	codeDeleted       = 70399
	codeBadParameter  = 70402
	codeCallerNoAdmin = 70403
	codeInternal      = 70500
	codeNoDeletion    = 71000
)

// infos are our own wording: the documents give ErrorInfo for a few codes only, and no client may decide by it.
// They never repeat what was sent. The documents give the text of 70107 word for word.
var infos = map[int]string{
	30006: "internal error while clearing relations (injected)",
	30007: "timed out while clearing relations (injected)",
	30008: "relations are written to at the same time (injected)",
	40006: "internal error while setting the profile (injected)",
	70169: "server timed out (injected)",
	70202: "server timed out (injected)",

	codeBadProfileCall: "bad request: a field is missing or invalid",
	codeNoAccount:      "no such account",
	codeNoTag:          "no such tag",
	codeTooLong:        "a profile value is longer than allowed",
	codeBadValue:       "a profile value is not one of the allowed ones",
	codeWrongType:      "a profile value has the wrong type",

	codeBadURL:     "bad request line: POST, random and contenttype=json are required",
	codeBadJSON:    "the body is not a JSON object, or larger than 1 MiB",
	codeTooOften:   "called too often",
	codeNoCommand:  "no such command",
	codeNotAdmin:   "the identifier is not an app admin",
	codeNoSDKAppID: "no SDKAppID",
	codeNotText:    "UserID must be a string",

	codeSigExpired:    "the UserSig has expired",
	codeSigMalformed:  "the UserSig is malformed",
	codeSigOtherKey:   "the UserSig does not match this app's key",
	codeSigOtherUser:  "the identifier differs from the UserSig's",
	codeSigOtherApp:   "the SDKAppID differs from the UserSig's",
	codeUnknownApp:    "no such SDKAppID",
	codeNotExist:      "Err_TLS_PT_Open_Login_Account_Not_Exist", // 1047/34955
	codeQuota:         "the app is at its account limit",
	codeDeleted:       "the account was deleted and may not be imported yet",
	codeBadParameter:  "a parameter is missing or invalid",
	codeCallerNoAdmin: "the caller is not an app admin",
	codeInternal:      "internal server error",
	codeNoDeletion:    "deletion is not enabled for this app",
}

func infoOf(code int) string {
	if info, ok := infos[code]; ok || code == codeOK {
		return info
	}
	return "injected fault"
}
