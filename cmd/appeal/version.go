package main

import (
	"runtime"
	"runtime/debug"

	"github.com/corruptionproject/appeal/internal/stripeapi"
)

// release and commit are set when a release is linked: -ldflags "-X
// main.release=v1.2.3 -X main.commit=…". Without, the build's own record is
// used.
var release, commit string

type versionCommand struct{}

// Run prints what this program is.
func (versionCommand) Run(p *program) error {
	version, revision := built()
	return p.printf("appeal %s\ncommit %s\n%s\nStripe API %s\n", version, revision, runtime.Version(), stripeapi.Version)
}

// built is which program this is.
func built() (version, revision string) {
	version, revision = release, commit
	if build, ok := debug.ReadBuildInfo(); ok {
		if version == "" {
			version = build.Main.Version
		}
		for _, setting := range build.Settings {
			if setting.Key == "vcs.revision" && revision == "" {
				revision = setting.Value
			}
		}
	}
	if version == "" || version == "(devel)" {
		version = "unreleased"
	}
	if revision == "" {
		revision = "unknown"
	}
	return version, revision
}
