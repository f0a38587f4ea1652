// Package examples checks the examples and the release's settings by the code of the tools that read them:
// Kubernetes' types, BuildKit's Dockerfile parser with its linter, GoReleaser's configuration. It is a module of
// its own, so that none of that is a dependency of the program's. GoReleaser itself would be several minutes of
// compiling; its reading of the file, in which an unknown key is an error, is what can go wrong here.
package examples
