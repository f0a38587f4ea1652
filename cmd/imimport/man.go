package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"imimport/pkg/output"
)

func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the man pages into a directory",
		Long:    "Write the man pages, one of the program and one of each command, into a directory.",
		Example: "  imimport man /usr/local/share/man/man1",
		Hidden:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("", "name one directory for the man pages")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("write man pages: %w", err)
			}
			for _, c := range documented(cmd.Root()) {
				name := filepath.Join(args[0], manName(c)+".1")
				if err := output.Publish(name, manPage(c)); err != nil {
					return fmt.Errorf("write man pages: %w", err)
				}
			}
			return nil
		},
	}
}

func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage is a command's page in the macros of man(7).
func manPage(c *cobra.Command) []byte {
	var p page
	p.macro("TH", strings.ToUpper(manName(c)), "1", "", "imimport "+thisBuild().Version, "imimport")
	p.macro("SH", "NAME")
	p.text(manName(c) + " - " + strings.ToLower(c.Short[:1]) + c.Short[1:])
	p.macro("SH", "SYNOPSIS")
	p.text(useLine(c))
	p.macro("SH", "DESCRIPTION")
	p.paragraphs(cmp.Or(c.Long, c.Short))
	p.commands(c)
	p.flags(c)
	if c.Example != "" {
		p.macro("SH", "EXAMPLES")
		p.literal(c.Example)
	}
	p.macro("SH", "EXIT STATUS")
	for _, e := range exitStatus {
		p.item(e.code, e.meaning)
	}
	p.macro("SH", "SEE ALSO")
	var relatives []string
	for _, r := range documented(c.Root()) {
		if r != c {
			relatives = append(relatives, manName(r)+"(1)")
		}
	}
	p.text(strings.Join(relatives, ", "))
	return p.Bytes()
}

// exitStatus is the table of the exit codes.
var exitStatus = []struct{ code, meaning string }{
	{"0", "complete, every row succeeded, or no more failed than --tolerate"},
	{"1", "complete, some rows failed or met the quota"},
	{"2", "usage or settings: nothing was sent"},
	{"3", "stopped: more rows failed than --max-errors"},
	{"4", "stopped: quota"},
	{"5", "stopped: the service refuses this app, admin, key, region or address"},
	{"6", "stopped: input, job directory or disk"},
	{"7", "stopped: --limit or --max-duration"},
	{"8", "stopped: the service cannot be reached (never, or not for --max-outage)"},
	{"70", "a mistake in imimport itself"},
	{"130", "interrupted"},
}

// page is a man page under way.
type page struct{ bytes.Buffer }

var roff = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`)

// text writes lines of text. A dot at the beginning of one would be a macro.
func (p *page) text(lines string) {
	for line := range strings.SplitSeq(roff.Replace(lines), "\n") {
		if strings.HasPrefix(line, ".") {
			line = `\&` + line
		}
		p.WriteString(line + "\n")
	}
}

func (p *page) macro(name string, args ...string) {
	p.WriteString("." + name)
	for _, arg := range args {
		p.WriteString(` "` + strings.ReplaceAll(roff.Replace(arg), `"`, `\(dq`) + `"`)
	}
	p.WriteByte('\n')
}

func (p *page) paragraphs(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			p.macro("PP")
		}
		if indented(paragraph) {
			p.literal(paragraph)
		} else {
			p.text(paragraph)
		}
	}
}

// literal writes lines that stay as they are.
func (p *page) literal(text string) {
	p.macro("nf")
	p.text(strings.TrimRight(text, "\n"))
	p.macro("fi")
}

func (p *page) commands(c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	p.macro("SH", "COMMANDS")
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			p.item(sub.Name(), sub.Short)
		}
	}
}

func (p *page) flags(c *cobra.Command) {
	p.macro("SH", "OPTIONS")
	for _, g := range flagGroups(c) {
		p.macro("SS", g.title)
		for _, f := range g.flags {
			arg, text := flagUsage(f)
			p.macro("TP")
			p.macro("BI", "--"+f.Name, " "+arg)
			p.text(text)
		}
	}
	p.macro("SH", "ENVIRONMENT")
	p.paragraphs(settingsNote)
}

// item writes a text behind its name.
func (p *page) item(name, text string) {
	p.macro("TP")
	p.macro("B", name)
	p.text(text)
}

// documented are the program and the commands that have a page.
func documented(root *cobra.Command) []*cobra.Command {
	all := append([]*cobra.Command{root}, root.Commands()...)
	return slices.DeleteFunc(all, func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
}
