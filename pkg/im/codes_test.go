package im_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/im"
	"imimport/pkg/lang"
)

// documented is the table of what each code does to a run.
var documented = map[im.Class][]int{
	im.ClassSuccess:   {0},
	im.ClassTransient: {40006, 70169, 70500, 30006, 30007, 30008, 60008, 60014, 70201, 70202, 70203, 70205, 70348, 70362, 70401, 60004, 60005, 60013},
	im.ClassThrottle:  {60007, 60011, 60018, 60019},
	im.ClassResign:    {70001, 70052, 70347, 70050},
	im.ClassRow:       {30003, 40001, 40002, 40003, 40007, 40008, 40009, 40601, 40605, 40610, 60003, 60015, 70051, 70107, 70399, 70402, 80001, 80002, 80003, 80004},
	im.ClassQuota:     {70398, 60028, 72000, 72002},
	im.ClassFatal: {40004, 60002, 60006, 60009, 60010, 60012, 60016, 60017, 60020, 60021, 60025, 60026, 60027, 70002, 70003, 70004, 70005, 70006, 70007,
		70008, 70009, 70010, 70013, 70014, 70015, 70016, 70017, 70018, 70019, 70020, 70114, 70346, 70403, 71000, 80005},
}

func TestEveryDocumentedCodeHasItsClass(t *testing.T) {
	for class, codes := range documented {
		for _, code := range codes {
			assert.Equal(t, class, im.ClassOf(code), code)
			assert.NotContains(t, im.Lookup(code).Meaning, "no public document", code)
		}
	}
	for _, code := range []int{-1, 1, 12345, 99999, 1 << 30} {
		c := im.Lookup(code)
		assert.Equal(t, code, c.Code)
		assert.Equal(t, im.ClassRow, c.Class, "a code that nobody knows fails its row and nothing else")
		assert.NotEmpty(t, c.Meaning)
		assert.NotEmpty(t, c.Remedy)
	}
}

func TestMeaningsAreThoseOfTheDocuments(t *testing.T) {
	for code, words := range map[int]string{60008: "form of the request is wrong", 60015: "must be a string", 60020: "just bought"} {
		assert.Contains(t, im.Lookup(code).Meaning, words, code)
	}
	assert.Contains(t, im.Lookup(60020).Remedy.String(), "five minutes")
}

func TestTheCodeTableIsComplete(t *testing.T) {
	last := -1
	for _, c := range im.Codes() {
		assert.Greater(t, c.Code, last, "in ascending order")
		last = c.Code
		assert.NotEmpty(t, c.Meaning, c.Code)
		assert.True(t, !c.Remedy.IsZero() || c.Code == 0, c.Code)
		assert.LessOrEqual(t, len(c.Meaning), 64, c.Code) // fit for a table and a report
		assert.LessOrEqual(t, len(c.Remedy.String()), 112, c.Code)
		assert.False(t, strings.ContainsFunc(c.Meaning+c.Remedy.String(), func(r rune) bool { return r < ' ' || r > '~' }), "%d: columns are counted in bytes", c.Code)
	}
	im.Codes()[0].Meaning = "changed"
	assert.Equal(t, "done", im.Lookup(0).Meaning, "the table is nobody else's")
}

func TestAnAnswerWithACodeIsOfItsClassAndSaysWhatToMend(t *testing.T) {
	for _, code := range im.Codes() {
		body := fmt.Sprintf(`{"ActionStatus":"FAIL","ErrorInfo":"words\nof the service","ErrorCode":%d}`, code.Code)
		if code.Code == 0 {
			body = `{"ErrorCode":0,"ErrorInfo":"","ActionStatus":"OK","More":[1,{"a":2}]}`
		}
		c := newClient(t, "https://im.example.com", withTransport(answering(body)))
		a := c.Import(t.Context(), im.Account{UserID: "u1"})
		require.NoError(t, a.Err)
		assert.True(t, a.HasCode)
		assert.Equal(t, code.Code, a.Code)
		assert.Equal(t, code.Class, a.Class)
		assert.Equal(t, code.Remedy, a.Hint())
		if code.Code != 0 {
			assert.Equal(t, "words of the service", a.Info)
		}
	}
}

func TestRefusalsNameTheSettingToMend(t *testing.T) {
	for code, setting := range map[int]string{60010: "identifier", 70403: "identifier", 70013: "identifier", 60012: "sdkappid", 70014: "sdkappid",
		70020: "sdkappid", 60026: "region", 60021: "IP allowlist", 70009: "secret-key-file", 70003: "secret-key-file", 70002: "secret-key-file",
		70001: "usersig-file", 60009: "endpoint", 60007: "rate", 70206: "batch"} {
		assert.Contains(t, im.Lookup(code).Remedy.String(), setting, code)
	}
}

func TestClassesHaveNames(t *testing.T) {
	for class, name := range map[im.Class]string{im.ClassSuccess: "success", im.ClassTransient: "transient", im.ClassThrottle: "throttle", im.ClassResign: "re-sign",
		im.ClassRow: "row", im.ClassQuota: "quota", im.ClassFatal: "run-fatal", -1: "Class(-1)", 7: "Class(7)"} {
		assert.Equal(t, name, class.String())
	}
}

func TestTheChineseOfACodeNamesTheSameOptions(t *testing.T) {
	for _, c := range append(im.Codes(), im.Lookup(99999)) {
		english, chinese := c.Remedy.Say(faulttest.Program{}), c.In(lang.Chinese).Remedy.Say(faulttest.Program{})
		for _, option := range []string{"secret-key-file", "usersig-file", "sdkappid", "identifier", "endpoint", "region", "rate", "batch"} {
			assert.Equal(t, strings.Count(english, "--"+option), strings.Count(chinese, "--"+option), "%d: %s", c.Code, chinese)
		}
		assert.Equal(t, c.Meaning, c.In(lang.English).Meaning)
	}
}
