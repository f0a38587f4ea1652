package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/job"
)

// topic is what help knows besides the commands.
type topic struct {
	name, about string
	write       func(a *app, root *cobra.Command) error
}

var topics = []topic{
	{exportsTopic, "how to read the files of other systems", func(a *app, _ *cobra.Command) error { return writeExports(a.out) }},
	{"files", "how files are read, and the job's directory", flagTopic("Every flag about the files and the job's directory, of all commands.", job.GroupRead, job.GroupDirectory, groupRows)},
	{"pace", "where the rows go, and how", flagTopic("Every flag about where the rows go and how, of all commands.", job.GroupTarget, job.GroupPace)},
	{"display", "what is shown, logged and measured", flagTopic("Every flag about what is shown, logged and measured, of all commands.", groupShown, "Settings")},
}

// flagTopic is a page with the flags under some headings.
func flagTopic(intro string, titles ...string) func(*app, *cobra.Command) error {
	return func(a *app, root *cobra.Command) error {
		h := a.helpWriter()
		h.paragraphs(intro)
		all := allFlags(root)
		for _, title := range titles {
			i := slices.IndexFunc(all, func(g flagGroup) bool { return g.title == title })
			if i < 0 {
				continue
			}
			h.title(title)
			for _, f := range all[i].flags {
				h.flag(f)
			}
		}
		h.line("")
		h.paragraphs(settingsNote)
		return nil
	}
}

// allFlags are those of all commands under their headings, each once.
func allFlags(root *cobra.Command) (all []flagGroup) {
	for _, cmd := range root.Commands() {
		for _, g := range flagGroups(cmd) {
			i := slices.IndexFunc(all, func(known flagGroup) bool { return known.title == g.title })
			if i < 0 {
				i, all = len(all), append(all, flagGroup{title: g.title})
			}
			for _, f := range g.flags {
				if !slices.ContainsFunc(all[i].flags, func(known *pflag.Flag) bool { return known.Name == f.Name }) {
					all[i].flags = append(all[i].flags, f)
				}
			}
		}
	}
	return all
}

// everyday are the flags that the help of a command shows; those of its own it shows all.
var everyday = []string{"sandbox", "region", "sdkappid", secretKeyFlag, "rate", "tolerate", "map", "job", "dry-run", "quiet", "json", configFlag, "help"}

// everydayGroups leaves the flags that help shows, and tells whether there are others.
func everydayGroups(groups []flagGroup) (shown []flagGroup, more bool) {
	most, n := 20, 0
	for _, g := range groups {
		n += len(g.flags)
	}
	if n <= most {
		return groups, false
	}
	for _, g := range groups {
		if slices.Contains([]string{job.GroupTarget, job.GroupPace, job.GroupRead, job.GroupDirectory, groupShown}, g.title) {
			g.flags = slices.DeleteFunc(slices.Clone(g.flags), func(f *pflag.Flag) bool { return !slices.Contains(everyday, f.Name) })
		}
		if len(g.flags) > 0 {
			shown = append(shown, g)
		}
	}
	return shown, true
}

// writeTopics is the list of topics, a line each, but for some.
func writeTopics(w io.Writer, but ...string) {
	for _, t := range topics {
		if slices.Contains(but, t.name) {
			continue
		}
		_, _ = fmt.Fprintf(w, "  %-24s%s\n", "imimport help "+t.name, t.about)
	}
}
