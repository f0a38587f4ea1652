package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
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
			root := cmd.Root()
			for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
				if c != root && !c.IsAvailableCommand() || c.Name() == "help" {
					continue
				}
				name := filepath.Join(args[0], manName(c)+".1")
				if err := os.WriteFile(name, manPage(c), 0o644); err != nil {
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
	long := c.Long
	if long == "" {
		long = c.Short
	}
	p.paragraphs(long)
	p.commands(c)
	p.flags(c)
	if c.Example != "" {
		p.macro("SH", "EXAMPLES")
		p.literal(c.Example)
	}
	p.macro("SH", "EXIT STATUS")
	p.exitCodes()
	p.macro("SH", "SEE ALSO")
	p.text(strings.Join(relatives(c), ", "))
	return p.Bytes()
}

// exitStatus is the table of the exit codes.
var exitStatus = []struct{ code, meaning string }{
	{"0", "complete, every row succeeded"},
	{"1", "complete, some rows failed or met the quota"},
	{"2", "usage or settings: nothing was sent"},
	{"3", "stopped: more rows failed than --max-errors"},
	{"4", "stopped: quota"},
	{"5", "stopped: the service refuses this app, admin, key, region or address"},
	{"6", "stopped: input, job directory or disk"},
	{"7", "stopped: --limit or --max-duration"},
	{"70", "a mistake in imimport itself"},
	{"130", "interrupted"},
}

// page is a man page under way.
type page struct{ bytes.Buffer }

var roff = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`)

// text writes a line of text. A dot at its beginning would be a macro.
func (p *page) text(line string) {
	line = roff.Replace(line)
	if strings.HasPrefix(line, ".") {
		line = `\&` + line
	}
	p.WriteString(line + "\n")
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
		if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") {
			p.literal(paragraph)
			continue
		}
		for _, line := range strings.Split(paragraph, "\n") {
			p.text(line)
		}
	}
}

// literal writes lines that stay as they are.
func (p *page) literal(text string) {
	p.macro("nf")
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		p.text(line)
	}
	p.macro("fi")
}

func (p *page) commands(c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	p.macro("SH", "COMMANDS")
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			p.macro("TP")
			p.macro("B", sub.Name())
			p.text(sub.Short)
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

func (p *page) exitCodes() {
	for _, e := range exitStatus {
		p.macro("TP")
		p.macro("B", e.code)
		p.text(e.meaning)
	}
}

func relatives(c *cobra.Command) []string {
	var names []string
	for _, r := range append([]*cobra.Command{c.Root()}, c.Root().Commands()...) {
		if r != c && (r == c.Root() || r.IsAvailableCommand()) {
			names = append(names, manName(r)+"(1)")
		}
	}
	return names
}
