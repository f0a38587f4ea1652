package profile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/profile"
)

func TestATextBecomesAValueOrIsRefused(t *testing.T) {
	for _, c := range []struct{ field, text, value string }{
		{"Gender", "Female", "Gender_Type_Female"}, {"gender", "f", "Gender_Type_Female"}, {"Gender", "女", "Gender_Type_Female"},
		{"Gender", "MALE", "Gender_Type_Male"}, {"Gender", "M", "Gender_Type_Male"}, {"Gender", "男", "Gender_Type_Male"},
		{"Gender", "unknown", "Gender_Type_Unknown"}, {"Gender", "Gender_Type_Male", "Gender_Type_Male"},
		{"Gender", "1", ""}, {"Gender", "W", ""}, {"Gender", " F", ""}, {"Gender", "gender_type_male", ""},
		{"BirthDay", "2001-02-28", "20010228"}, {"Birthday", "2001/2/28", "20010228"}, {"BirthDay", "20010228", "20010228"},
		{"BirthDay", "2001-2-8", "20010208"}, {"BirthDay", "2000-02-29", "20000229"}, {"BirthDay", "9999-12-31", "99991231"},
		{"BirthDay", "2001-02-29", ""}, {"BirthDay", "2001-13-01", ""}, {"BirthDay", "2001-00-01", ""}, {"BirthDay", "2001-02-00", ""},
		{"BirthDay", "28.02.2001", ""}, {"BirthDay", "28/02/2001", ""}, {"BirthDay", "2001/02-28", ""}, {"BirthDay", "2001-02", ""},
		{"BirthDay", "2001--1", ""}, {"BirthDay", "2001-+1-01", ""}, {"BirthDay", "0000-00-00", ""}, {"BirthDay", "0001-01-01", ""},
		{"BirthDay", "2001-02-28 00:00:00", ""}, {"BirthDay", "２００１-02-28", ""}, {"BirthDay", "36950", ""},
		{"AllowType", "AllowAny", "AllowType_Type_AllowAny"}, {"allowtype", "needconfirm", "AllowType_Type_NeedConfirm"},
		{"AllowType", "AllowType_Type_DenyAny", "AllowType_Type_DenyAny"}, {"AllowType", "all", ""},
		{"Level", "0", "0"}, {"Level", "4294967295", "4294967295"}, {"Role", "007", "7"}, {"Language", "2052", "2052"},
		{"Level", "4294967296", ""}, {"Level", "-1", ""}, {"Level", "+1", ""}, {"Level", "1.0", ""}, {"Level", "1_0", ""}, {"Level", " 1", ""},
		{"Location", "东京", "东京"}, {"SelfSignature", "a\nb", "a\nb"}, {"Location", strings.Repeat("x", 500), strings.Repeat("x", 500)},
		{"Custom.Dept", "R&D", "R&D"}, {"custom.Dept", strings.Repeat("é", 250), strings.Repeat("é", 250)},
	} {
		f, ok := profile.Find(c.field)
		require.True(t, ok, c.field)
		value, fault := profile.Words(nil).Column(f).Parse(c.text)
		assert.Equal(t, c.value, value, "%s %q", c.field, c.text)
		assert.Equal(t, c.value == "", fault == profile.Invalid, "%s %q", c.field, c.text)
	}
	f, _ := profile.Find("Custom.Dept")
	column := profile.Words(nil).Column(f)
	_, fault := column.Parse(strings.Repeat("é", 251))
	assert.Equal(t, profile.TooLong, fault)
	assert.Equal(t, "Custom.Dept has 502 bytes, 500 at most", column.Say(fault, strings.Repeat("é", 251)))
}

func TestAFieldIsFoundByItsName(t *testing.T) {
	for _, name := range []string{"", "Nick", "Custom", "Custom.", "Custom.Department", "Custom.Dept1", "Custom.De_t", "Custom.部门", "Tag_Profile_IM_Gender", "AdminForbidType"} {
		_, ok := profile.Find(name)
		assert.False(t, ok, name)
	}
	f, ok := profile.Find("CUSTOM.deptABCD")
	require.True(t, ok)
	assert.Equal(t, "Custom.deptABCD", f.Name)
	assert.Equal(t, "Tag_Profile_Custom_deptABCD", f.Tag)
	assert.Equal(t, "deptABCD", f.Custom())
	for _, name := range profile.Names() {
		f, ok := profile.Find(name)
		require.True(t, ok, name)
		assert.Equal(t, name, f.Name)
		assert.Equal(t, name == "Custom.NAME", f.Custom() != "")
	}
}

func TestWordsOfATableStandForValues(t *testing.T) {
	var w profile.Words
	for _, text := range []string{"Gender:1=Male", "gender:2=女", "Gender:x=y=Male", "Level:gold=3", "Custom.Dept:01=Sales", "Gender:1=Male"} {
		if text == "Gender:x=y=Male" {
			assert.EqualError(t, w.Add(text), "Gender is not Female, Male, Unknown, 女, 男, F or M")
			continue
		}
		require.NoError(t, w.Add(text))
	}
	assert.Equal(t, []string{"Custom.Dept:01=Sales", "Gender:1=Male", "Gender:2=女", "Level:gold=3"}, w.Texts())
	for _, c := range []struct{ field, text, value string }{
		{"Gender", "1", "Gender_Type_Male"}, {"Gender", "2", "Gender_Type_Female"}, {"Gender", "F", "Gender_Type_Female"}, {"Gender", "3", ""},
		{"Level", "gold", "3"}, {"Level", "4", "4"}, {"Level", "silver", ""}, {"Custom.Dept", "01", "Sales"}, {"Custom.Dept", "02", "02"},
	} {
		f, _ := profile.Find(c.field)
		value, _ := w.Column(f).Parse(c.text)
		assert.Equal(t, c.value, value, "%s %q", c.field, c.text)
	}
	for text, fault := range map[string]string{
		"Gender":         "must be FIELD:TEXT=WORD, such as Gender:1=Male",
		"Gender:1":       "must be FIELD:TEXT=WORD, such as Gender:1=Male",
		"Gender:=Male":   "must be FIELD:TEXT=WORD, such as Gender:1=Male",
		"Nick:a=b":       "must begin with one of Gender, BirthDay, Location, SelfSignature, AllowType, Language, Level, Role, Custom.NAME",
		"Gender:1=":      "Gender is not Female, Male, Unknown, 女, 男, F or M",
		"Level:gold=x":   "Level is not a whole number from 0 to 4294967295",
		"Gender:1=Woman": "Gender is not Female, Male, Unknown, 女, 男, F or M",
		"Gender:1=F":     `Gender "1" is Male already`,
	} {
		assert.EqualError(t, w.Add(text), fault, text)
	}
}
