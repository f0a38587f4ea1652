package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every text of the summary and the page has its Chinese, with the same verbs, and no Chinese is left over.
func TestEveryTextHasItsChinese(t *testing.T) {
	texts := []string{"", "complete", "stopped", "running", "s", "ms", "min", "h", "d"}
	texts = append(texts, "error", "hint", "sync", "requests", "rate", "profiles", "files in") // by variables
	texts = append(texts, liveWords[:]...)
	texts = append(texts, stepWait, stepResume, stepNone, stepVerify, stepSynced, stepEmpty)
	for _, sentences := range [][2]string{stepRetry, stepFix, stepSource} {
		texts = append(texts, sentences[:]...)
	}
	for _, words := range refusedWords {
		texts = append(texts, words)
	}
	for _, words := range stopWords {
		texts = append(texts, words)
	}
	for _, w := range blankWords {
		texts = append(texts, w.meaning)
	}
	for _, w := range outcomeWords {
		texts = append(texts, w.name, w.note)
	}
	for _, w := range attemptWords {
		texts = append(texts, w.name)
	}
	for _, w := range percentileWords {
		texts = append(texts, w.name)
	}
	for _, w := range eventWords {
		texts = append(texts, w.what)
	}
	texts = append(texts, "Resumed")
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			texts = append(texts, said(t, file)...)
		}
	}
	page, err := os.ReadFile("report.html")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`\bt ("[^"]*")`).FindAllSubmatch(page, -1) {
		text, err := strconv.Unquote(string(m[1]))
		require.NoError(t, err)
		texts = append(texts, text)
	}
	require.Greater(t, len(texts), 150, "the texts were not found")
	assert.Empty(t, chinese.Missing(texts))
}

// said are the texts that a file gives to say and numbered as they stand.
func said(t *testing.T, file string) (texts []string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if constant, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(constant.Names[0].Name, "say") {
			text, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			if !slices.Contains([]string{sayRowOf}, text) { // which summary.json has, too
				texts = append(texts, text)
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name, _ := call.Fun.(*ast.Ident)
		at := -1
		switch {
		case name == nil:
		case name.Name == "say":
			at = 1
		case name.Name == "numbered":
			at = 3
		}
		if at < 0 || at >= len(call.Args) {
			return true
		}
		if text, ok := call.Args[at].(*ast.BasicLit); ok {
			s, err := strconv.Unquote(text.Value)
			require.NoError(t, err)
			texts = append(texts, s)
		}
		return true
	})
	return texts
}

// A heading of the page that stands there in English only would be seen by nobody who reads English.
func TestThePageHasNoTextOutsideItsWords(t *testing.T) {
	page, err := os.ReadFile("report.html")
	require.NoError(t, err)
	_, body, _ := strings.Cut(string(page), "<body>")
	text := regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>|summary\.json|history\.json|p50|p95|p99`).ReplaceAllString(body, " ")
	assert.Empty(t, regexp.MustCompile(`[A-Za-z]+`).FindAllString(text, -1))
}
