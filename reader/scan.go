package reader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// Scan is the look before the first request: at the whole of a regular file, packed or not, and at the
// first MiB of other inputs. It refuses what is not written in the encoding that it is to be read in, and
// a quote or an array that goes wrong in the first MiB. Reading begins where it would have without it.
// What fails while it reads is left for Read to meet. Its errors are [InputError] with Usage set.
func (r *Reader) Scan() error {
	progress := &verifier{Reader: r}
	for _, in := range r.inputs {
		if in.size > 0 {
			progress.total += in.size
		}
	}
	for _, in := range r.inputs {
		s, err := in.openScan(r)
		if err != nil {
			return in.unreadable(err)
		}
		err = in.scan(s, progress)
		if err = errors.Join(err, s.close()); err != nil {
			return err
		}
		in.head = nil
	}
	return nil
}

// openScan opens what Scan looks at.
func (in *input) openScan(r *Reader) (*stream, error) {
	if in.once || in.url != nil {
		return newStream(io.NopCloser(bytes.NewReader(in.head))), nil
	}
	s, err := in.open(r.ctx)
	if err != nil {
		return nil, err
	}
	_ = in.readHead(s) // what went wrong is the next Read's, too
	s.Reader = io.MultiReader(bytes.NewReader(in.head), s.Reader)
	return s, nil
}

func (in *input) scan(s *stream, progress *verifier) error {
	if err := in.scanStructure(len(progress.columns)); err != nil {
		return err
	}
	seen := &census{charset: in.charset}
	buf := make([]byte, chunkSize)
	for rest, from := 0, int64(0); ; {
		n, err := s.Read(buf[rest:])
		n += rest
		end := bytes.LastIndexByte(buf[:n], '\n') + 1
		if end == 0 && (n == len(buf) || err != nil) || errors.Is(err, io.EOF) {
			end = n // a long line goes in pieces
		}
		seen.add(buf[:end])
		rest = copy(buf, buf[end:n])
		if s.raw != nil {
			at := max(s.raw.n.Load(), from)
			progress.tell(at - from)
			from = at
		}
		switch {
		case err != nil: // what is not io.EOF, Read will meet in its place
			return in.judgeCharset(seen)
		case progress.ctx.Err() != nil:
			return &InputError{File: in.show, Err: progress.ctx.Err(), Usage: true}
		}
	}
}

// scanStructure reads the rows of the first MiB for what would end the reading. columns are those of all inputs.
func (in *input) scanStructure(columns int) error {
	t := newTape(bytes.NewReader(in.head), !in.json)
	if !in.whole {
		t.src = io.MultiReader(t.src, &failing{errHeadEnds})
	}
	var rows rowSource
	if in.json {
		rows = in.jsonRows(t)
	} else {
		rows = in.csvRows(t, columns)
	}
	err := rows.skipStart()
	for row := new(Row); err == nil && t.offset < maxRecord; {
		err = rows.next(row)
	}
	var broken *InputError
	if errors.As(err, &broken) {
		broken.Usage = true
		return broken
	}
	return nil
}

// census counts the lines of an input by how they are encoded.
type census struct {
	charset charset
	decoder *encoding.Decoder
	lines   int64
	bad     int64 // lines with bytes that do not decode
	good    int64 // lines with characters beyond ASCII that do
	utf8    int64 // of all of them, those that are valid UTF-8
	wide    int64 // of these, those with a character of three bytes or more
	samples []sample
}

// sample is a line that did not decode.
type sample struct {
	line int64
	text []byte
}

const mostSamples = 200

// add looks at some lines.
func (c *census) add(b []byte) {
	if isASCII(b) {
		c.lines += int64(bytes.Count(b, []byte("\n")))
		return
	}
	for len(b) > 0 {
		high := firstHigh(b)
		if high < 0 {
			c.lines += int64(bytes.Count(b, []byte("\n")))
			return
		}
		begin := bytes.LastIndexByte(b[:high], '\n') + 1
		end := len(b)
		if nl := bytes.IndexByte(b[high:], '\n'); nl >= 0 {
			end = high + nl + 1
		}
		c.lines += int64(bytes.Count(b[:begin], []byte("\n")))
		c.line(b[begin:end])
		if b[end-1] == '\n' {
			c.lines++
		}
		b = b[end:]
	}
}

// line counts a line with bytes beyond ASCII.
func (c *census) line(b []byte) {
	valid := utf8.Valid(b)
	if valid {
		c.utf8++
		if bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x800 }) {
			c.wide++
		}
	}
	good := valid
	switch {
	case c.charset.whole:
		good = !bytes.Contains(b, []byte(replacement))
	case c.charset.encoding != nil:
		if c.decoder == nil {
			c.decoder = c.charset.encoding.NewDecoder()
		}
		text, err := c.decoder.Bytes(b)
		good = err == nil && !bytes.Contains(text, []byte(replacement))
	}
	if good {
		c.good++
		return
	}
	c.bad++
	if len(c.samples) < mostSamples {
		c.samples = append(c.samples, sample{c.lines + 1, bytes.Clone(b[:min(len(b), rawSample)])})
	}
}

func firstHigh(b []byte) int {
	i := 0
	for ; i+32 <= len(b) && isASCII(b[i:i+32]); i += 32 {
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

// judgeCharset refuses an input that is not written as it is to be read. A few damaged lines are not refused:
// they are rows that fail.
func (in *input) judgeCharset(c *census) error {
	switch {
	case in.charset.encoding == nil && c.bad > 0 && c.bad >= c.good && in.cfg.Encoding == "":
		return in.notEncoded(c, "UTF-8", "; with --encoding utf-8 those lines fail and the others are imported")
	case in.charset.encoding != nil && c.bad > 0 && c.bad >= c.good:
		return in.notEncoded(c, in.charset.name, "")
	case in.charset.encoding == nil || in.charset.whole:
	case c.utf8 > 0 && c.utf8 == c.good+c.bad && (c.wide > 0 || c.utf8 >= 3):
		return refuse(in.show, "leave --encoding out", "is UTF-8 throughout: as %s its text would be garbled", in.charset.name)
	case 20*c.wide > c.good+c.bad: // now and then a name is valid in both
		return refuse(in.show, joined, "is not %s throughout: %s UTF-8, and would be garbled", in.charset.name, lines(c.wide, "is", "are"))
	}
	return nil
}

const joined = "were files of two encodings joined? Take them apart, or convert the lines that are not UTF-8"

func (in *input) notEncoded(c *census, name, besides string) error {
	err := &InputError{File: in.show, Usage: true,
		Err: fmt.Errorf("is not %s: %s", name, lines(c.bad, "does not decode", "do not decode"))}
	if len(c.samples) > 0 {
		err.Line = c.samples[0].line
	}
	if in.charset.whole {
		err.Hint = "give the right --encoding"
		return err
	}
	if in.charset.encoding == nil && c.good > 0 {
		err.Err = fmt.Errorf("is not UTF-8 throughout: %s, and %s", lines(c.bad, "does not decode", "do not decode"), lines(c.good, "does", "do"))
		err.Hint = joined + besides
		return err
	}
	likely := detect(c.samples)
	if likely.name == "" {
		err.Hint = "no known encoding fits it; convert it to UTF-8" + besides
		return err
	}
	var shown []string
	for _, s := range likely.rows {
		shown = append(shown, fmt.Sprintf("line %d %q", s.line, s.text))
	}
	err.Hint = fmt.Sprintf("it looks like %s, by which it reads: %s. If that is right: --encoding %s%s",
		likely.name, strings.Join(shown, ", "), likely.name, besides)
	return err
}

func lines(n int64, one, many string) string {
	if n == 1 {
		return "1 line " + one
	}
	return fmt.Sprintf("%d lines %s", n, many)
}

// refuseCharset refuses an input whose header does not decode, with what the first MiB shows.
func (in *input) refuseCharset() error {
	c := &census{charset: in.charset}
	c.add(in.head)
	name := in.charset.name
	if in.charset.encoding == nil {
		name = "UTF-8"
	}
	return in.notEncoded(c, name, "")
}
