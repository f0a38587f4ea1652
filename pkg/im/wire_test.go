package im_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

// wireCall is one file of testdata/wire; its README tells the keys.
type wireCall struct {
	Path     string
	Request  map[string]any
	Response map[string]any
}

// wireFiles are the calls by name. None at all would be a broken glob, and no test.
func wireFiles(t testing.TB) map[string]wireCall {
	names, err := filepath.Glob("../../testdata/wire/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	calls := make(map[string]wireCall, len(names))
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var w wireCall
		require.NoError(t, json.Unmarshal(text, &w), name)
		for key, value := range w.Response {
			if value == "*" {
				w.Response[key] = "any words"
			}
		}
		calls[strings.TrimSuffix(filepath.Base(name), ".json")] = w
	}
	return calls
}

// notOurs are calls that other clients make, and this one does not.
var notOurs = map[string]string{
	"account_import_older":      "the account as Identifier",
	"account_import_no_userid":  "a UserID is always sent",
	"multiaccount_import_older": "a list of names",
	"portrait_get":              "both tags are always asked for",
	"portrait_get_no_tags":      "both tags are always asked for",
}

func TestCallsAreThoseOfTheWire(t *testing.T) {
	commands := map[string]int{}
	for name, w := range wireFiles(t) {
		t.Run(name, func(t *testing.T) {
			commands[w.Path]++
			response, err := json.Marshal(w.Response)
			require.NoError(t, err)
			var path string
			var sent map[string]any
			c := newClient(t, "https://im.example.com", withTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
				path = r.URL.Path
				if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
					return nil, err
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(response))}, nil
			})))
			a, results := call(t, c, w)
			assert.Equal(t, w.Path, path)
			if why := notOurs[name]; why != "" {
				assert.NotEqual(t, w.Request, sent, "no longer true: %s", why)
			} else {
				assert.Equal(t, w.Request, sent)
			}
			require.NoError(t, a.Err)
			assert.EqualValues(t, w.Response["ErrorCode"], a.Code)
			assert.Equal(t, im.ClassOf(a.Code), a.Class)
			if a.Class == im.ClassSuccess {
				assert.Equal(t, textOf(t, results), textOf(t, wanted(w)))
			}
		})
	}
	assert.Len(t, commands, 6, "every command has calls")
}

// call makes the call whose request w has, as far as this client can, and tells what it gave beside the answer.
func call(t *testing.T, c *im.Client, w wireCall) (im.Answer, any) {
	ctx := t.Context()
	switch filepath.Base(w.Path) {
	case "account_import":
		return c.Import(ctx, accountOf(w.Request)), nil
	case "multiaccount_import":
		var accounts []im.Account
		for _, a := range list(w.Request["AccountList"]) {
			accounts = append(accounts, accountOf(a.(map[string]any)))
		}
		a := c.ImportBatch(ctx, accounts)
		return a, append([]string{}, a.Failed...)
	case "account_check":
		results, a := c.Check(ctx, ids(w.Request["CheckItem"]))
		return a, results
	case "account_delete":
		results, a := c.Delete(ctx, ids(w.Request["DeleteItem"]))
		return a, results
	case "portrait_get":
		profiles, a := c.Portraits(ctx, ids(w.Request["To_Account"]), nil)
		return a, profiles
	case "portrait_set":
		var items []im.ProfileItem
		for _, item := range list(w.Request["ProfileItem"]) {
			field := item.(map[string]any)
			items = append(items, im.ProfileItem{Tag: field["Tag"].(string), Value: field["Value"]})
		}
		return c.SetPortrait(ctx, w.Request["From_Account"].(string), items), nil
	}
	t.Fatalf("%s: no such command", w.Path)
	return im.Answer{}, nil
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func accountOf(m map[string]any) im.Account {
	text := func(name string) string { s, _ := m[name].(string); return s }
	return im.Account{UserID: text("UserID"), Nick: text("Nick"), FaceURL: text("FaceUrl")}
}

func ids(v any) []string {
	out := []string{}
	for _, item := range list(v) {
		if m, isMap := item.(map[string]any); isMap {
			item = m["UserID"]
		}
		out = append(out, item.(string))
	}
	return out
}

// wanted is what the client gives beside the answer.
func wanted(w wireCall) any {
	switch filepath.Base(w.Path) {
	case "multiaccount_import":
		return ids(w.Response["FailAccounts"])
	case "account_check", "account_delete":
		results := []im.Result{}
		for _, item := range list(w.Response["ResultItem"]) {
			m := item.(map[string]any)
			status, _ := m["AccountStatus"].(string)
			results = append(results, im.Result{UserID: m["UserID"].(string), ResultCode: int(m["ResultCode"].(float64)), ResultInfo: m["ResultInfo"].(string), AccountStatus: status})
		}
		return results
	case "portrait_get":
		profiles := []im.Profile{}
		for _, item := range list(w.Response["UserProfileItem"]) {
			m := item.(map[string]any)
			p := im.Profile{UserID: m["To_Account"].(string), Code: int(m["ResultCode"].(float64))}
			p.Found = p.Code == 0
			if p.Found {
				p.Nick = "Ann"
			}
			profiles = append(profiles, p)
		}
		return profiles
	}
	return nil
}

func textOf(t *testing.T, v any) string {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
