package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	otherFlags = "Flags"
	helpIndent = 26 // columns before the text of a flag

	settingsNote = `Flags can be set by the environment (IMIMPORT_MAX_ERRORS for --max-errors) and by a --config file; a flag goes
before the environment, that before the file.`
)

// writeHelp is --help of every command.
func (a *app) writeHelp(cmd *cobra.Command) {
	h := a.helpWriter()
	h.paragraphs(cmp.Or(cmd.Long, cmd.Short))
	h.title("Usage")
	if cmd.HasAvailableSubCommands() {
		h.line("  " + cmd.CommandPath() + " COMMAND [flags]")
	} else {
		h.line("  " + useLine(cmd))
	}
	if cmd.Example != "" {
		h.title("Examples")
		h.line(strings.TrimRight(cmd.Example, "\n"))
	}
	h.commands(cmd)
	groups, more := everydayGroups(flagGroups(cmd))
	for _, g := range groups {
		h.title(g.title)
		for _, f := range g.flags {
			h.flag(f)
		}
	}
	if cmd.HasAvailableSubCommands() {
		h.title("More")
		h.line(fmt.Sprintf("  %-24s%s", "imimport COMMAND --help", "tells more of a command"))
		writeTopics(h.out)
		return
	}
	if more {
		h.title("The other flags")
		writeTopics(h.out, exportsTopic)
	}
	h.line("")
	h.paragraphs(settingsNote)
}

func (a *app) helpWriter() helpWriter {
	return helpWriter{out: a.out, width: min(a.columns(a.stdout), 110)}
}

func useLine(cmd *cobra.Command) string {
	line := cmd.UseLine()
	if cmd.HasAvailableFlags() && !strings.Contains(line, "[flags]") {
		line += " [flags]"
	}
	return line
}

// flagGroup is a heading of the help with its flags.
type flagGroup struct {
	title string
	flags []*pflag.Flag
}

// flagGroups are a command's own flags in the order they were defined, then those of all commands.
func flagGroups(cmd *cobra.Command) []flagGroup {
	var groups []flagGroup
	add := func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		title := otherFlags
		if t := f.Annotations[groupKey]; len(t) > 0 {
			title = t[0]
		}
		if f.Name == "help" {
			title = "Settings"
		}
		i := slices.IndexFunc(groups, func(g flagGroup) bool { return g.title == title })
		if i < 0 {
			i, groups = len(groups), append(groups, flagGroup{title: title})
		}
		groups[i].flags = append(groups[i].flags, f)
	}
	cmd.InitDefaultHelpFlag()
	own := cmd.NonInheritedFlags()
	own.SortFlags, cmd.Flags().SortFlags = false, false
	own.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			add(f)
		}
	})
	cmd.InheritedFlags().VisitAll(add)
	add(own.Lookup("help"))
	return groups
}

// flagUsage is a flag's value, if it takes one, and its text with the default.
func flagUsage(f *pflag.Flag) (arg, text string) {
	arg, text = pflag.UnquoteUsage(f)
	if f.NoOptDefVal != "" {
		arg = ""
	}
	untold := slices.Contains([]string{"", "false", "[]", "default"}, f.DefValue)
	if !untold && !strings.Contains(text, "(default") {
		text += " (default " + strings.Trim(f.DefValue, "[]") + ")"
	}
	return arg, text
}

type helpWriter struct {
	out   io.Writer
	width int
}

func (h helpWriter) line(text string) { _, _ = fmt.Fprintln(h.out, text) }

func (h helpWriter) title(text string) { h.line("\n" + text + ":") }

// paragraphs writes a text whose lines break where they have to; lines that are indented stay.
func (h helpWriter) paragraphs(text string) {
	for i, p := range strings.Split(text, "\n\n") {
		if i > 0 {
			h.line("")
		}
		if !indented(p) {
			p = strings.Join(wrapText(p, h.width), "\n")
		}
		h.line(p)
	}
}

// indented tells whether lines of a paragraph are indented: these stay as they are.
func indented(p string) bool { return strings.HasPrefix(p, " ") || strings.Contains(p, "\n ") }

func (h helpWriter) flag(f *pflag.Flag) {
	arg, text := flagUsage(f)
	head := "  --" + f.Name
	if f.Shorthand != "" {
		head = "  -" + f.Shorthand + ", --" + f.Name
	}
	if arg != "" {
		head += " " + arg
	}
	h.hanging(head, text)
}

// hanging writes a text in a column of its own behind a head.
func (h helpWriter) hanging(head, text string) {
	if uniseg.StringWidth(head) > helpIndent-2 {
		h.line(head)
		head = ""
	}
	for _, line := range wrapText(text, max(h.width-helpIndent, 30)) {
		h.line(head + strings.Repeat(" ", helpIndent-uniseg.StringWidth(head)) + line)
		head = ""
	}
}

func (h helpWriter) commands(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	for _, g := range cmd.Groups() {
		h.title(g.Title)
		for _, c := range cmd.Commands() {
			if c.GroupID == g.ID && (c.IsAvailableCommand() || c.Name() == "help") {
				h.line(fmt.Sprintf("  %-11s %s", c.Name(), c.Short))
			}
		}
	}
}

// wrapText breaks a text into lines between its words, and between the characters of scripts without spaces.
func wrapText(text string, width int) []string {
	var lines []string
	var line, piece, segment string
	text, state := strings.Join(strings.Fields(text), " "), -1
	for text != "" {
		segment, text, _, state = uniseg.FirstLineSegmentInString(text, state)
		piece += segment
		last, _ := utf8.DecodeLastRuneInString(piece)
		if next, _ := utf8.DecodeRuneInString(text); text != "" && last != ' ' && last < utf8.RuneSelf && next < utf8.RuneSelf {
			continue // a hyphen in a flag, a slash in a path
		}
		if line != "" && uniseg.StringWidth(line+strings.TrimRight(piece, " ")) > width {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
		}
		line, piece = line+piece, ""
	}
	return append(lines, strings.TrimRight(line, " "))
}
