package im

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryMeaningAndRemedyHasItsChinese(t *testing.T) {
	texts := []string{statusMeaning}
	for _, c := range append(slices.Clone(codes), Lookup(99999), NeverSent, Duplicate, NoAnswer) {
		texts = append(texts, c.Meaning)
		texts = append(texts, c.Remedy.Formats()...)
	}
	assert.Empty(t, codesChinese.Missing(texts))
}
