package check

import (
	"slices"

	"imimport/reader"
)

// lineIndex knows the lines of rows. It has an entry for each row that is not one line below the one before it, up to a
// bound; rows after that are not known.
type lineIndex struct {
	starts []lineStart
	next   place // of the next row, if that is one line below
	until  int64 // the last row that is known
	full   bool
}

type place struct {
	file int
	line int64 // 0: not known
}

type lineStart struct {
	row int64
	at  place
}

const mostStarts = 1 << 17

func (x *lineIndex) add(row *reader.Row) {
	if x.full {
		return
	}
	if at := (place{row.File, row.Line}); at != x.next {
		if len(x.starts) == mostStarts {
			x.full = true
			return
		}
		x.starts = append(x.starts, lineStart{row.Number, at})
	}
	x.next = place{row.File, row.Line + 1}
	x.until = row.Number
}

func (x *lineIndex) find(row int64) place {
	if row > x.until {
		return place{}
	}
	i, exact := slices.BinarySearchFunc(x.starts, row, func(s lineStart, row int64) int { return int(s.row - row) })
	if !exact {
		i--
	}
	s := x.starts[i]
	return place{s.at.file, s.at.line + row - s.row}
}
