package importer

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxErrors bounds the failed rows of a run, as a number or as a percentage of the settled ones, which
// counts from 100 rows on. The zero value is no bound.
type MaxErrors struct {
	set     bool
	rows    int64
	percent float64
	text    string
}

// ParseMaxErrors reads "N" or "N%"; "" is no bound.
func ParseMaxErrors(s string) (MaxErrors, error) {
	if s == "" || s == "none" {
		return MaxErrors{}, nil
	}
	m := MaxErrors{set: true, rows: -1, text: s}
	var err error
	if number, isPercent := strings.CutSuffix(s, "%"); isPercent {
		m.percent, err = strconv.ParseFloat(number, 64)
		if err == nil && !(m.percent >= 0 && m.percent <= 100) {
			err = strconv.ErrRange
		}
	} else {
		m.rows, err = strconv.ParseInt(s, 10, 64)
		if err == nil && m.rows < 0 {
			err = strconv.ErrRange
		}
	}
	if err != nil {
		return MaxErrors{}, fmt.Errorf("max errors %q: must be a number of rows, or a percentage from 0%% to 100%%", s)
	}
	return m, nil
}

func (m MaxErrors) String() string { return m.text }

func (m MaxErrors) exceeded(failed, settled int64) bool {
	switch {
	case !m.set:
		return false
	case m.rows >= 0:
		return failed > m.rows
	}
	return settled >= 100 && float64(failed)*100 > m.percent*float64(settled)
}
