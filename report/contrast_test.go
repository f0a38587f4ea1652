package report_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// WCAG 2: text needs a contrast of 4.5 to its ground, parts of a picture 3.
func TestColoursAreReadableInBothThemes(t *testing.T) {
	css, err := os.ReadFile("report.css")
	require.NoError(t, err)
	light, dark, found := strings.Cut(string(css), "prefers-color-scheme: dark")
	require.True(t, found)
	dark, _, _ = strings.Cut(dark, "box-sizing")
	for theme, text := range map[string]string{"light": light, "dark": dark} {
		colour := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z0-9]+): (#[0-9a-f]+);`).FindAllStringSubmatch(text, -1) {
			colour[m[1]] = luminance(t, m[2])
		}
		require.Len(t, colour, 20, theme)
		for name, l := range colour {
			need := 3.0
			switch name {
			case "page", "panel", "rule":
				continue
			case "ink", "muted", "link", "good", "mixed", "halted":
				need = 4.5
			}
			for _, ground := range []string{"page", "panel"} {
				if name == "quota" && ground == "panel" {
					continue // it lies on the page only
				}
				assert.GreaterOrEqual(t, contrast(l, colour[ground]), need, "%s: %s on %s", theme, name, ground)
			}
		}
	}
}

func contrast(a, b float64) float64 { return (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05) }

func luminance(t *testing.T, hex string) float64 {
	if len(hex) == 4 {
		hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	var rgb [3]uint8
	_, err := fmt.Sscanf(hex, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2])
	require.NoError(t, err)
	var linear [3]float64
	for i, c := range rgb {
		v := float64(c) / 255
		if linear[i] = v / 12.92; v > 0.03928 {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}
