package reader

import (
	"fmt"
	"strconv"
	"strings"
)

// Position is a place between two rows, with all that is needed to resume there. The zero Position is the start of the
// first input. Positions are comparable.
type Position struct {
	File   int    `json:"file"`             // index in the inputs
	Offset int64  `json:"offset"`           // bytes of that file's stream before it: decompressed, and decoded if the stream is decoded as a whole
	Line   int64  `json:"line"`             // line breaks of that file before it
	Row    int64  `json:"row"`              // data rows before it, over all files
	Sum    uint64 `json:"sum,string"`       // checksum of the stream before Offset
	Tail   Tail   `json:"tail,omitempty"`   // what may follow
	Before string `json:"before,omitempty"` // length and sum of each earlier file's whole stream: "length-sum length-sum"
	Tag    string `json:"tag,omitempty"`    // of a URL: its ETag and size
}

// Tail says what may follow a place.
type Tail uint8

const (
	TailNone   Tail = iota
	TailOpen        // the last line had no newline: only a newline may follow
	TailClosed      // the JSON array has ended
)

// passed is what a Position tells of a file that was read to its end.
type passed struct {
	length int64
	sum    uint64
}

func (p Position) appendPassed(f passed) string {
	return strings.TrimSpace(fmt.Sprintf("%s %d-%016x", p.Before, f.length, f.sum))
}

// passed are the earlier files of a position.
func (p Position) passed() ([]passed, error) {
	words := strings.Fields(p.Before)
	if len(words) != p.File {
		return nil, fmt.Errorf("position knows %d earlier files, and is in file %d", len(words), p.File+1)
	}
	files := make([]passed, len(words))
	for i, word := range words {
		length, sum, _ := strings.Cut(word, "-")
		var err error
		if files[i].length, err = strconv.ParseInt(length, 10, 64); err == nil {
			files[i].sum, err = strconv.ParseUint(sum, 16, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("read position %q: %w", word, err)
		}
	}
	return files, nil
}
