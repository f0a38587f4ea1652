// Package profile knows the fields of an account's profile that a row can give beside Nick and FaceUrl: what they are
// called, by which tags the service knows them, and which texts are values of them (document 1047/33520). Whoever reads,
// checks or sends rows goes by the same rules.
package profile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Field is a field of the profile.
type Field struct {
	Name   string // as a mapping names it: Gender, Custom.Dept
	Tag    string // as the service names it
	Number bool   // the service takes a uint32, and not a string

	words []word              // the only values; nil where any text may be one
	parse func(string) string // a text as the service takes it, "" if it is no value; nil where words decide
	takes string              // what is a value, for messages
}

// word is a value of a field that takes a few only, and the texts that stand for it.
type word struct {
	value string
	texts []string
}

const (
	maxText       = 500 // bytes (document 269/3558)
	customPrefix  = "Custom."
	customTag     = "Tag_Profile_Custom_"
	maxCustomName = 8 // letters
)

// fields are those that every app has.
var fields = []Field{
	{Name: "Gender", Tag: "Tag_Profile_IM_Gender", takes: "Female, Male, Unknown, 女, 男, F or M", words: []word{
		{"Gender_Type_Female", []string{"female", "f", "女"}},
		{"Gender_Type_Male", []string{"male", "m", "男"}},
		{"Gender_Type_Unknown", []string{"unknown"}},
	}},
	{Name: "BirthDay", Tag: "Tag_Profile_IM_BirthDay", Number: true, parse: date, takes: "a date that exists, as 2001-02-28, 2001/2/28 or 20010228"},
	{Name: "Location", Tag: "Tag_Profile_IM_Location"},
	{Name: "SelfSignature", Tag: "Tag_Profile_IM_SelfSignature"},
	{Name: "AllowType", Tag: "Tag_Profile_IM_AllowType", takes: "NeedConfirm, AllowAny or DenyAny", words: []word{
		{"AllowType_Type_NeedConfirm", []string{"needconfirm"}},
		{"AllowType_Type_AllowAny", []string{"allowany"}},
		{"AllowType_Type_DenyAny", []string{"denyany"}},
	}},
	{Name: "Language", Tag: "Tag_Profile_IM_Language", Number: true, parse: number, takes: takesNumber},
	{Name: "Level", Tag: "Tag_Profile_IM_Level", Number: true, parse: number, takes: takesNumber},
	{Name: "Role", Tag: "Tag_Profile_IM_Role", Number: true, parse: number, takes: takesNumber},
}

const takesNumber = "a whole number from 0 to 4294967295"

// Names are the names of the fields, the last of which stands for those that an app has set up for itself.
func Names() []string {
	names := make([]string, 0, len(fields)+1)
	for i := range fields {
		names = append(names, fields[i].Name)
	}
	return append(names, customPrefix+"NAME")
}

// Find is the field of a name, in which case does not matter except in an app's own NAME: that is one to eight letters.
func Find(name string) (*Field, bool) {
	if i := slices.IndexFunc(fields, func(f Field) bool { return strings.EqualFold(f.Name, name) }); i >= 0 {
		return &fields[i], true
	}
	if len(name) <= len(customPrefix) || !strings.EqualFold(name[:len(customPrefix)], customPrefix) {
		return nil, false
	}
	own := name[len(customPrefix):]
	if len(own) > maxCustomName || strings.ContainsFunc(own, func(r rune) bool { return r|0x20 < 'a' || r|0x20 > 'z' }) {
		return nil, false
	}
	return &Field{Name: customPrefix + own, Tag: customTag + own}, true
}

// Custom is the NAME of a field that an app has set up for itself, "" for the others.
func (f *Field) Custom() string {
	if own, ok := strings.CutPrefix(f.Tag, customTag); ok {
		return own
	}
	return ""
}

// value is a text as the service takes it, "" if it is none.
func (f *Field) value(text string) string {
	switch {
	case f.parse != nil:
		return f.parse(text)
	case f.words == nil:
		return text
	}
	for _, w := range f.words {
		if w.value == text || slices.ContainsFunc(w.texts, func(t string) bool { return strings.EqualFold(t, text) }) {
			return w.value
		}
	}
	return ""
}

// number takes a uint32.
func number(text string) string {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || text[0] == '+' {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// date takes a day of the calendar, in the order of the year, the month and the day. One before the year 1000 is what
// systems write for no date.
func date(text string) string {
	if len(text) == 8 && strings.Trim(text, "0123456789") == "" {
		return day(text[:4], text[4:6], text[6:])
	}
	for _, separator := range []string{"-", "/"} {
		if parts := strings.Split(text, separator); len(parts) == 3 && len(parts[0]) == 4 && len(parts[1]) <= 2 && len(parts[2]) <= 2 {
			return day(parts[0], parts[1], parts[2])
		}
	}
	return ""
}

func day(year, month, day string) string {
	const form = "20060102"
	text := year + strings.Repeat("0", 2-len(month)) + month + strings.Repeat("0", 2-len(day)) + day
	if _, err := time.Parse(form, text); err != nil || year[0] == '0' {
		return ""
	}
	return text
}

// Value is a value of a field, in the service's form. One of a number is its digits.
type Value struct {
	*Field
	Text string
}

// Texts are copies of the texts of values, by the names of their fields; nil for none.
func Texts(values []Value) map[string]string {
	if len(values) == 0 {
		return nil
	}
	texts := make(map[string]string, len(values))
	for _, v := range values {
		texts[v.Name] = strings.Clone(v.Text)
	}
	return texts
}

// Column is a field and what the words of a table mean in it.
type Column struct {
	*Field
	words map[string]string // to values in the service's form
}

// Column is the field with the words that were given for it.
func (w Words) Column(f *Field) Column {
	c := Column{Field: f}
	for text, word := range w[f.Name] {
		if c.words == nil {
			c.words = map[string]string{}
		}
		c.words[text] = f.value(word)
	}
	return c
}

// Fault is why a text is no value.
type Fault int

const (
	None    Fault = iota
	Invalid       // it is none of what the field takes
	TooLong       // it has more bytes than the service takes
)

// Parse is the value that a text stands for.
func (c Column) Parse(text string) (value string, fault Fault) {
	value, known := c.words[text]
	if !known {
		value = c.value(text)
	}
	switch {
	case value == "":
		return "", Invalid
	case len(value) > maxText:
		return "", TooLong
	}
	return value, None
}

// Say says of a text that is no value what is wrong with it. It does not repeat the text.
func (c Column) Say(f Fault, text string) string {
	if f == TooLong {
		return fmt.Sprintf("%s has %d bytes, %d at most", c.Name, len(text), maxText)
	}
	return c.Name + " is not " + c.takes
}

// Words say what the texts of a table mean: by the name of a field, a text to a text that the field takes.
type Words map[string]map[string]string

// Add adds FIELD:TEXT=WORD, such as Gender:1=Male.
func (w *Words) Add(text string) error {
	name, rest, found := strings.Cut(text, ":")
	own, word, said := strings.Cut(rest, "=")
	f, known := Find(name)
	switch {
	case !found || !said || own == "":
		return errors.New("must be FIELD:TEXT=WORD, such as Gender:1=Male")
	case !known:
		return fmt.Errorf("must begin with one of %s", strings.Join(Names(), ", "))
	}
	if _, fault := (Column{Field: f}).Parse(word); fault != None {
		return errors.New(Column{Field: f}.Say(fault, word))
	}
	if was, twice := (*w)[f.Name][own]; twice && was != word {
		return fmt.Errorf("%s %q is %s already", f.Name, own, was)
	}
	if *w == nil {
		*w = Words{}
	}
	if (*w)[f.Name] == nil {
		(*w)[f.Name] = map[string]string{}
	}
	(*w)[f.Name][own] = word
	return nil
}

// Texts are the words as Add takes them, in order.
func (w Words) Texts() (texts []string) {
	for name, words := range w {
		for own, word := range words {
			texts = append(texts, name+":"+own+"="+word)
		}
	}
	slices.Sort(texts)
	return texts
}
