package pkg_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sources are the files of the product below the folders.
func sources(t *testing.T, folders ...string) map[string]*ast.File {
	t.Helper()
	set, files := token.NewFileSet(), map[string]*ast.File{}
	for _, folder := range folders {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			files[filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))] = file
			return err
		}))
	}
	require.NotEmpty(t, files)
	return files
}

var libraries = []string{"pkg", "reader", "report", "limiter", "retry"}

// A library gives facts; the program around it spells its options and commands (package fault).
func TestLibrariesNameNoFlagAndNoCommand(t *testing.T) {
	flag := regexp.MustCompile(`(^|[^-\w])--[a-z][a-z-]+|\bimimport (run|resume|retry|sync|status|check|verify|codes|sandbox|ping)\b`)
	for path, file := range sources(t, libraries...) {
		if strings.HasPrefix(path, "pkg/sandbox/") {
			continue // its certificate bears the program's name
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && !strings.Contains(text.Value, "zstd -dc --long") {
				assert.False(t, flag.MatchString(text.Value), "%s: %s", path, text.Value)
			}
			return true
		})
	}
}

// The exit codes stand in one switch; a library that knows one has decided for the program.
func TestLibrariesKnowNoExitCode(t *testing.T) {
	name := regexp.MustCompile(`^exit[A-Z]`)
	for path, file := range sources(t, libraries...) {
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				assert.False(t, name.MatchString(id.Name), "%s: %s", path, id.Name)
			}
			return true
		})
	}
}

// A panic in a goroutine without a guard ends the process with a stack trace and exit code 2, which says that nothing
// was sent. A goroutine is guarded in its own function, or in one of its package that it calls; one that only waits and
// then ends a context needs no guard.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	files, found := sources(t, append(libraries, "cmd")...), 0
	guards := map[string]map[string]bool{} // functions with a guard, by package
	for path, file := range files {
		folder := filepath.Dir(path)
		if guards[folder] == nil {
			guards[folder] = map[string]bool{}
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && callsOne(f, map[string]bool{"Guard": true}) {
				guards[folder][f.Name.Name] = true
			}
		}
	}
	for path, file := range files {
		names := guards[filepath.Dir(path)]
		names["Guard"], names["guard"], names["Run"] = true, true, true // bulk.Run guards what it calls
		ast.Inspect(file, func(n ast.Node) bool {
			if begun := goroutine(n); begun != nil {
				found++
				assert.True(t, callsOne(begun, names) || onlyWaits(begun), "%s: a goroutine runs without fault.Guard", path)
			}
			return true
		})
	}
	require.Greater(t, found, 10, "the goroutines were not found")
}

// goroutine is what a node starts as one, nil for none.
func goroutine(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.GoStmt:
		return n.Call
	case *ast.CallExpr:
		if to, ok := n.Fun.(*ast.SelectorExpr); ok && to.Sel.Name == "Go" && len(n.Args) == 1 {
			return n.Args[0]
		}
	}
	return nil
}

// called are the names of the functions and methods that are called below a node.
func called(n ast.Node) (names []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				names = append(names, f.Sel.Name)
			case *ast.Ident:
				names = append(names, f.Name)
			}
		}
		return true
	})
	return names
}

func callsOne(n ast.Node, of map[string]bool) bool {
	return slices.ContainsFunc(called(n), func(name string) bool { return of[name] })
}

func onlyWaits(n ast.Node) bool {
	return !slices.ContainsFunc(called(n), func(name string) bool { return name != "Done" && name != "end" })
}

func TestTheWordsOfTheRulesAreRead(t *testing.T) { // a pattern that matches nothing passes everything
	content, err := os.ReadFile("../cmd/imimport/voice.go")
	require.NoError(t, err)
	assert.Contains(t, string(content), `"--" + o.Key`)
}
