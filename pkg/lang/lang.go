// Package lang is the language in which people are spoken to: English, or Chinese.
//
// A text stands in English where it is used, and is its own key: a [Catalogue] has the Chinese beside it. So the code can
// be read, and a text that is not in the catalogue is shown in English. [Catalogue.Missing] is for tests: a package asks it
// of all its texts.
//
// # Decisions
//
// What machines read stays as it is: outcome files, summary.json, logs, metrics. Errors and hints are English too: people
// search for them.
//
// golang.org/x/text/message does the same with a generator, a registry for the whole process and plural rules that neither
// language here needs.
package lang

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Lang is a language. The zero value is English.
type Lang string

const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// All are the languages.
func All() []Lang { return []Lang{English, Chinese} }

// OfLocale is the language of a locale as the environment names it: zh_CN.UTF-8, en_US, C. What is not Chinese is English.
func OfLocale(locale string) Lang {
	if name, _, _ := strings.Cut(strings.ToLower(locale), "_"); name == "zh" || strings.HasPrefix(name, "zh-") || strings.HasPrefix(name, "zh.") {
		return Chinese
	}
	return English
}

// Tag is the language as HTML names it.
func (l Lang) Tag() string {
	if l == Chinese {
		return "zh-CN"
	}
	return "en"
}

// Catalogue has the Chinese of English texts. Both may have the verbs of package fmt, the same ones.
type Catalogue map[string]string

// In is a text in a language.
func (c Catalogue) In(l Lang, text string) string {
	if chinese, ok := c[text]; ok && l == Chinese {
		return chinese
	}
	return text
}

// Sprintf is fmt.Sprintf with the format in a language.
func (c Catalogue) Sprintf(l Lang, format string, args ...any) string {
	return fmt.Sprintf(c.In(l, format), args...)
}

var verbs = regexp.MustCompile(`%(\[\d+\])?[-+# 0-9.]*[a-zA-Z]`)

// Missing says which of the texts have no Chinese, which Chinese is of none of them, and where the two have other verbs.
func (c Catalogue) Missing(texts []string) (faults []string) {
	for _, text := range texts {
		chinese, ok := c[text]
		if !ok {
			faults = append(faults, fmt.Sprintf("no Chinese: %q", text))
			continue
		}
		if !slices.Equal(verbsOf(text), verbsOf(chinese)) {
			faults = append(faults, fmt.Sprintf("other verbs: %q and %q", text, chinese))
		}
	}
	for text := range c {
		if !slices.Contains(texts, text) {
			faults = append(faults, fmt.Sprintf("nobody says %q", text))
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults)
}

// verbsOf are the verbs of a format in the order of their arguments.
func verbsOf(format string) (list []string) {
	for i, verb := range verbs.FindAllString(strings.ReplaceAll(format, "%%", ""), -1) {
		number := i + 1
		if _, rest, indexed := strings.Cut(verb, "["); indexed {
			_, _ = fmt.Sscanf(rest, "%d", &number)
			_, verb, _ = strings.Cut(verb, "]")
			verb = "%" + verb
		}
		list = append(list, fmt.Sprint(number, verb))
	}
	slices.Sort(list)
	return list
}
