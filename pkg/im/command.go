package im

// Command is a command of the service with its documented limits.
type Command struct {
	Name      string
	PerSecond float64 // calls of an app in any one second
	PerCall   int     // accounts in a call
	path      string
}

// The commands of this client (documents 1047/34953, 34954, 34956, 34955, 34917 and 34916).
var (
	AccountImport      = Command{"account_import", 200, 1, "/v4/im_open_login_svc/account_import"}
	MultiaccountImport = Command{"multiaccount_import", 100, 100, "/v4/im_open_login_svc/multiaccount_import"}
	AccountCheck       = Command{"account_check", 100, 100, "/v4/im_open_login_svc/account_check"}
	AccountDelete      = Command{"account_delete", 100, 100, "/v4/im_open_login_svc/account_delete"}
	PortraitGet        = Command{"portrait_get", 200, 100, "/v4/profile/portrait_get"}
	PortraitSet        = Command{"portrait_set", 200, 1, "/v4/profile/portrait_set"}
)
