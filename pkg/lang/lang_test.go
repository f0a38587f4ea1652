package lang_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/lang"
)

func TestTheLanguageOfALocale(t *testing.T) {
	for locale, want := range map[string]lang.Lang{
		"zh_CN.UTF-8": lang.Chinese, "zh_TW": lang.Chinese, "zh": lang.Chinese, "zh-CN": lang.Chinese, "zh.UTF-8": lang.Chinese,
		"en_US.UTF-8": lang.English, "de_DE": lang.English, "C": lang.English, "C.UTF-8": lang.English, "": lang.English, "zhuang": lang.English,
	} {
		assert.Equal(t, want, lang.OfLocale(locale), locale)
	}
}

func TestATextWithoutChineseStaysEnglish(t *testing.T) {
	c := lang.Catalogue{"%d rows of %s": "%[2]s 的 %[1]d 行"}
	assert.Equal(t, "a.csv 的 3 行", c.Sprintf(lang.Chinese, "%d rows of %s", 3, "a.csv"))
	assert.Equal(t, "3 rows of a.csv", c.Sprintf(lang.English, "%d rows of %s", 3, "a.csv"))
	assert.Equal(t, "other", c.In(lang.Chinese, "other"))
	assert.Equal(t, "3 rows of a.csv", c.Sprintf("", "%d rows of %s", 3, "a.csv"))
}

func TestMissingFindsEachMistakeOfACatalogue(t *testing.T) {
	c := lang.Catalogue{"%d rows of %s": "%s 的 %d 行", "%d of %d": "共 %[2]d,成功 %[1]d", "old": "旧", "50%% of %s": "%s 的 50%%"}
	assert.Equal(t, []string{`no Chinese: "new"`, `nobody says "old"`, `other verbs: "%d rows of %s" and "%s 的 %d 行"`},
		c.Missing([]string{"%d rows of %s", "%d of %d", "new", "50%% of %s"}))
}
