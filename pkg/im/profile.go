package im

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"imimport/pkg/profile"
)

// Tags of profile fields (document 1047/33520).
const (
	TagNick  = "Tag_Profile_IM_Nick"
	TagImage = "Tag_Profile_IM_Image"
)

// Profile is what the service has of an account's profile.
type Profile struct {
	UserID, Nick, FaceURL string
	Found                 bool // Code is 0
	Code                  int  // the account's own; 40003: no such account

	values map[string]string // of the other fields that were asked for, by tag
}

// Class is what the account's own code means.
func (p Profile) Class() Class { return ClassOf(p.Code) }

// Value is what the account has in a field that was asked for, as a [profile.Value] has it; "" is nothing.
func (p Profile) Value(f *profile.Field) string { return p.values[f.Tag] }

type profileAnswer struct {
	UserProfileItem []struct {
		UserID      string `json:"To_Account"`
		ResultCode  int
		ProfileItem []struct {
			Tag   string
			Value jsontext.Value
		}
	}
	Failed []string `json:"Fail_Account"`
}

// Portraits asks by portrait_get for the profiles of ids, each given once: Nick, FaceURL and the fields that are named. After
// a success they are in the order of ids.
func (c *Client) Portraits(ctx context.Context, ids []string, fields []*profile.Field) ([]Profile, Answer) {
	request := struct {
		UserIDs []string `json:"To_Account"`
		TagList []string
	}{ids, []string{TagNick, TagImage}}
	for _, f := range fields {
		request.TagList = append(request.TagList, f.Tag)
	}
	var profiles []Profile
	a := c.postJSON(ctx, PortraitGet, request, func(b []byte) (err error) {
		profiles, err = decodeProfiles(b, ids, fields)
		return err
	})
	if a.Class != ClassSuccess {
		return nil, a
	}
	return profiles, a
}

func decodeProfiles(body []byte, ids []string, fields []*profile.Field) ([]Profile, error) {
	var reply profileAnswer
	if err := json.Unmarshal(body, &reply, lenient); err != nil {
		return nil, err
	}
	open := newChecklist(ids)
	profiles := make([]Profile, len(ids))
	for _, item := range reply.UserProfileItem {
		i, err := open.strike(item.UserID)
		if err != nil {
			return nil, err
		}
		p := Profile{UserID: item.UserID, Found: item.ResultCode == 0, Code: item.ResultCode}
		for _, field := range item.ProfileItem {
			value := string(field.Value) // of a number
			if field.Value.Kind() == '"' && json.Unmarshal(field.Value, &value, lenient) != nil {
				continue
			}
			switch field.Tag {
			case TagNick:
				p.Nick = value
			case TagImage:
				p.FaceURL = value
			default:
				p.take(fields, field.Tag, value)
			}
		}
		profiles[i] = p
	}
	for _, id := range reply.Failed { // some have their place above as well
		if i, err := open.strike(id); err == nil {
			profiles[i] = Profile{UserID: id, Code: CodeNoAccount}
		}
	}
	return profiles, open.rest()
}

// take keeps the value of a field that was asked for.
func (p *Profile) take(fields []*profile.Field, tag, value string) {
	if !slices.ContainsFunc(fields, func(f *profile.Field) bool { return f.Tag == tag }) {
		return
	}
	if p.values == nil {
		p.values = map[string]string{}
	}
	p.values[tag] = value
}

// ProfileItem is a profile field and its value: a string, or a uint32 for the tags that are numbers.
type ProfileItem struct {
	Tag   string
	Value any
}

// ProfileItems are values of the profile as portrait_set takes them.
func ProfileItems(values []profile.Value) []ProfileItem {
	items := make([]ProfileItem, len(values))
	for i, v := range values {
		items[i] = ProfileItem{v.Tag, v.Text}
		if v.Number {
			items[i].Value = jsontext.Value(v.Text)
		}
	}
	return items
}

// SetPortrait sets profile fields of one account by portrait_set (document 1047/34916): all of them or none.
func (c *Client) SetPortrait(ctx context.Context, userID string, items []ProfileItem) Answer {
	return c.postJSON(ctx, PortraitSet, struct {
		UserID string        `json:"From_Account"`
		Items  []ProfileItem `json:"ProfileItem"`
	}{userID, items}, nil)
}
