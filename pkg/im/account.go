package im

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// Account is what account_import takes. UserID has at most 32 bytes, Nick and FaceURL 500 each (document
// 1047/34953); what is empty is left out, so that a repeated import takes nothing away.
type Account struct {
	UserID  string `json:"UserID"`
	Nick    string `json:"Nick,omitempty"`
	FaceURL string `json:"FaceUrl,omitempty"`
}

// Import makes one attempt at account_import.
func (c *Client) Import(ctx context.Context, a Account) Answer {
	if !a.valid() {
		return unsendable(errNotText)
	}
	return c.post(ctx, AccountImport, importBody(&a), nil)
}

// ImportBatch makes one attempt at multiaccount_import. Answer.Failed names the accounts that the service did not
// take, without a reason. The caller checks that these are accounts of the call.
func (c *Client) ImportBatch(ctx context.Context, accounts []Account) Answer {
	for i := range accounts {
		if !accounts[i].valid() {
			return unsendable(errNotText)
		}
	}
	var failed []string
	a := c.post(ctx, MultiaccountImport, batchBody(accounts), func(b []byte) error {
		var reply struct{ FailAccounts []string }
		err := json.Unmarshal(b, &reply, lenient)
		failed = reply.FailAccounts
		return err
	})
	if a.Class == ClassSuccess {
		a.Failed = failed
	}
	return a
}

// valid tells whether all text is UTF-8: the rest would be sent as U+FFFD.
func (a *Account) valid() bool {
	return utf8.ValidString(a.UserID) && utf8.ValidString(a.Nick) && utf8.ValidString(a.FaceURL)
}

var errNotText = errors.New("not UTF-8")

// unsendable fails the row: nothing was sent, and nothing else can be.
func unsendable(err error) Answer {
	return Answer{Class: ClassRow, Err: fmt.Errorf("encode request: %w", err)}
}

// Result is one account's own result in an answer about several.
type Result struct {
	UserID        string
	ResultCode    int
	ResultInfo    string
	AccountStatus string // Check: "Imported" or "NotImported"
}

// Class is what the account's own code means.
func (r Result) Class() Class { return ClassOf(r.ResultCode) }

type user struct {
	UserID string `json:"UserID"`
}

func users(ids []string) []user {
	list := make([]user, len(ids))
	for i, id := range ids {
		list[i] = user{id}
	}
	return list
}

// Check asks by account_check which accounts are there. ids are at most as many as [AccountCheck] takes, each once. The
// results of a success are those of ids, in their order; none is missing.
func (c *Client) Check(ctx context.Context, ids []string) ([]Result, Answer) {
	return c.many(ctx, AccountCheck, struct{ CheckItem []user }{users(ids)}, ids)
}

// Delete deletes accounts by account_delete, for good. The results are those of Check, without a status.
func (c *Client) Delete(ctx context.Context, ids []string) ([]Result, Answer) {
	return c.many(ctx, AccountDelete, struct{ DeleteItem []user }{users(ids)}, ids)
}

func (c *Client) many(ctx context.Context, cmd Command, request any, ids []string) ([]Result, Answer) {
	results := make([]Result, len(ids))
	a := c.postJSON(ctx, cmd, request, func(b []byte) error {
		var reply struct{ ResultItem []Result }
		if err := json.Unmarshal(b, &reply, lenient); err != nil {
			return err
		}
		open := newChecklist(ids)
		for _, r := range reply.ResultItem {
			i, err := open.strike(r.UserID)
			if err != nil {
				return err
			}
			r.ResultInfo = c.clean(r.ResultInfo)
			results[i] = r
		}
		return open.rest()
	})
	if a.Class != ClassSuccess {
		return nil, a
	}
	return results, a
}

// postJSON is post with a body still to be encoded.
func (c *Client) postJSON(ctx context.Context, cmd Command, request any, decode func([]byte) error) Answer {
	body, err := json.Marshal(request)
	if err != nil {
		return unsendable(err)
	}
	return c.post(ctx, cmd, body, decode)
}

// checklist holds the accounts of a call that its answer has not named yet, with their places in the call. An answer
// names each of them once.
type checklist map[string]int

func newChecklist(ids []string) checklist {
	open := make(checklist, len(ids))
	for i, id := range ids {
		open[id] = i
	}
	return open
}

func (open checklist) strike(id string) (place int, err error) {
	place, ok := open[id]
	if !ok {
		return 0, errors.New("it names an account twice, or one that was not asked for")
	}
	delete(open, id)
	return place, nil
}

func (open checklist) rest() error {
	if len(open) > 0 {
		return fmt.Errorf("it leaves out %d of the accounts", len(open))
	}
	return nil
}
