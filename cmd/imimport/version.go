package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set at the build by -ldflags "-X main.version=v1.2.3 -X main.commit=…"; else what Go itself has noted.
var (
	version string
	commit  string
)

// build is what this program was built from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(info, version, commit)
}

// buildOf has what was set at the build go before what Go noted.
func buildOf(info *debug.BuildInfo, version, commit string) build {
	b := build{Version: cmp.Or(version, info.Main.Version, "development"), Commit: commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if b.Version == "(devel)" {
		b.Version = "development"
	}
	if commit != "" {
		return b
	}
	modified := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " (modified)"
		}
	}
	b.Commit = cmp.Or(b.Commit, "unknown") + modified
	return b
}

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Version, commit, Go version, platform",
		Long:    "Print version, commit, Go version and platform.",
		Example: "  imimport version\n  imimport version --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := thisBuild()
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), b)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "imimport %s\ncommit   %s\ngo       %s\nplatform %s\n", b.Version, b.Commit, b.Go, b.Platform)
			return err
		},
	}
	addSwitch(cmd.Flags(), &asJSON, "json", "print JSON")
	return cmd
}
