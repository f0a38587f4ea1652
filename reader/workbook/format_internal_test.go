package workbook

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormats(t *testing.T) {
	for code, want := range map[string]numberFormat{
		"General": {}, "@": {}, "0": {zeros: 1}, "0000": {zeros: 4}, "000-0000": {zeros: 7}, "0.000": {zeros: 1}, "#,##0.00": {zeros: 1}, "0.00E+00": {zeros: 1}, `0"days"`: {zeros: 1},
		"yyyy-mm-dd": {date: true}, "[$-409]d-mmm-yy;@": {date: true}, `yyyy"年"m"月"d"日"`: {date: true}, "[h]:mm:ss": {}, "[Red]0;[Blue]yyyy": {zeros: 1}, `\d0`: {zeros: 1}, `"`: {}, "[": {}, `\`: {},
	} {
		require.Equal(t, want, parseFormat(code), code)
	}
	for id, date := range map[int]bool{0: false, 13: false, 14: true, 22: true, 31: true, 46: false, 47: true, 49: false, 58: true, 164: false} {
		require.Equal(t, date, builtinFormat(id).date, id)
	}
}
