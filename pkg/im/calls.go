package im

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Account is what account_import takes. UserID has at most 32 bytes, Nick and FaceURL 500 each (document
// 1047/34953); what is empty is left out, so that a repeat takes nothing away.
type Account struct {
	UserID  string `json:"UserID"`
	Nick    string `json:"Nick,omitempty"`
	FaceURL string `json:"FaceUrl,omitempty"`
}

// MaxBatch is the most accounts of ImportBatch, Check and Delete.
const MaxBatch = 100

// Import makes one attempt at account_import.
func (c *Client) Import(ctx context.Context, a Account) Answer {
	return c.post(ctx, accountImport, importBody(&a), nil)
}

// ImportBatch makes one attempt at multiaccount_import. Answer.Failed names the accounts that the service did not
// take, without a reason; that it names only accounts of the call is the caller's to check.
func (c *Client) ImportBatch(ctx context.Context, accounts []Account) Answer {
	var reply struct{ FailAccounts []string }
	a := c.post(ctx, multiaccountImport, batchBody(accounts), func(b []byte) error { return json.Unmarshal(b, &reply) })
	a.Failed = reply.FailAccounts
	return a
}

// encode writes a body as the service reads it: JSON without HTML's escapes.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

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

// Result is one account's own result in an answer about many.
type Result struct {
	UserID        string
	ResultCode    int
	ResultInfo    string
	AccountStatus string // account_check: "Imported" or "NotImported"
}

// Check asks by account_check which accounts are there, up to [MaxBatch] (document 1047/34956). The results hold each
// account once, in any order; that none is missing has been seen to.
func (c *Client) Check(ctx context.Context, ids []string) ([]Result, Answer) {
	body, err := encode(struct{ CheckItem []user }{users(ids)})
	if err != nil {
		return nil, Answer{Class: ClassRow, Err: err}
	}
	return c.many(ctx, accountCheck, body, ids)
}

// Delete deletes accounts by account_delete, up to [MaxBatch], for good (document 1047/34955).
func (c *Client) Delete(ctx context.Context, ids []string) ([]Result, Answer) {
	body, err := encode(struct{ DeleteItem []user }{users(ids)})
	if err != nil {
		return nil, Answer{Class: ClassRow, Err: err}
	}
	return c.many(ctx, accountDelete, body, ids)
}

func (c *Client) many(ctx context.Context, cmd command, body []byte, ids []string) ([]Result, Answer) {
	var reply struct{ ResultItem []Result }
	a := c.post(ctx, cmd, body, func(b []byte) error {
		if err := json.Unmarshal(b, &reply); err != nil {
			return err
		}
		asked := make(map[string]bool, len(ids))
		for _, id := range ids {
			asked[id] = true
		}
		for _, r := range reply.ResultItem {
			if !asked[r.UserID] {
				return errors.New("it names an account twice, or one that was not asked for")
			}
			delete(asked, r.UserID)
		}
		if len(asked) > 0 {
			return fmt.Errorf("it leaves %d of the accounts out", len(asked))
		}
		return nil
	})
	if a.Class != ClassSuccess {
		return nil, a
	}
	return reply.ResultItem, a
}

// Profile is an account's Nick and FaceURL as the service has them; Found is false where it has no such account.
type Profile struct {
	UserID, Nick, FaceURL string
	Found                 bool
}

// Portraits asks for profiles by portrait_get, up to [MaxBatch] (document 1047/34917).
func (c *Client) Portraits(ctx context.Context, ids []string) ([]Profile, Answer) {
	body, err := encode(struct {
		To_Account []string //nolint:revive // the wire's name
		TagList    []string
	}{ids, []string{tagNick, tagImage}})
	if err != nil {
		return nil, Answer{Class: ClassRow, Err: err}
	}
	var reply struct {
		UserProfileItem []struct {
			To_Account  string //nolint:revive // the wire's name
			ResultCode  int
			ProfileItem []struct {
				Tag   string
				Value json.RawMessage
			}
		}
	}
	a := c.post(ctx, portraitGet, body, func(b []byte) error { return json.Unmarshal(b, &reply) })
	if a.Class != ClassSuccess {
		return nil, a
	}
	profiles := make([]Profile, 0, len(ids))
	for _, item := range reply.UserProfileItem {
		p := Profile{UserID: item.To_Account, Found: item.ResultCode == 0}
		for _, field := range item.ProfileItem {
			var value string
			if json.Unmarshal(field.Value, &value) != nil {
				continue
			}
			switch field.Tag {
			case tagNick:
				p.Nick = value
			case tagImage:
				p.FaceURL = value
			}
		}
		profiles = append(profiles, p)
	}
	return profiles, a
}

const (
	tagNick  = "Tag_Profile_IM_Nick"
	tagImage = "Tag_Profile_IM_Image"
)
