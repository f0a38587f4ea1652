package im

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Tags of profile fields (document 1047/33520).
const (
	TagNick  = "Tag_Profile_IM_Nick"
	TagImage = "Tag_Profile_IM_Image"
)

// Profile is an account's Nick and FaceURL as the service has them.
type Profile struct {
	UserID, Nick, FaceURL string
	Found                 bool // Code is 0
	Code                  int  // the account's own; 40003: no such account
}

// Class is what the account's own code means.
func (p Profile) Class() Class { return ClassOf(p.Code) }

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

// Portraits asks by portrait_get for the profiles of ids, each given once. After a success they are in the order of ids.
func (c *Client) Portraits(ctx context.Context, ids []string) ([]Profile, Answer) {
	request := struct {
		UserIDs []string `json:"To_Account"`
		TagList []string
	}{ids, []string{TagNick, TagImage}}
	var profiles []Profile
	a := c.postJSON(ctx, PortraitGet, request, func(b []byte) (err error) {
		profiles, err = decodeProfiles(b, ids)
		return err
	})
	if a.Class != ClassSuccess {
		return nil, a
	}
	return profiles, a
}

func decodeProfiles(body []byte, ids []string) ([]Profile, error) {
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
			var value string
			if json.Unmarshal(field.Value, &value, lenient) != nil {
				continue // of a field that was not asked for
			}
			switch field.Tag {
			case TagNick:
				p.Nick = value
			case TagImage:
				p.FaceURL = value
			}
		}
		profiles[i] = p
	}
	for _, id := range reply.Failed { // some have their place above as well
		if i, err := open.strike(id); err == nil {
			profiles[i] = Profile{UserID: id, Code: codeNoAccount}
		}
	}
	return profiles, open.rest()
}

// ProfileItem is a profile field and its value: a string, or a uint32 for the tags that are numbers.
type ProfileItem struct {
	Tag   string
	Value any
}

// SetPortrait sets profile fields of one account by portrait_set (document 1047/34916): all of them or none.
func (c *Client) SetPortrait(ctx context.Context, userID string, items []ProfileItem) Answer {
	return c.postJSON(ctx, PortraitSet, struct {
		UserID string        `json:"From_Account"`
		Items  []ProfileItem `json:"ProfileItem"`
	}{userID, items}, nil)
}
