// Package reader reads user tables as a stream of rows: CSV and JSON, in the encodings, dialects and compressions that
// people use. Open finds out how the inputs are written, Scan looks at them before the first request, Read and Rows give
// the rows, and Seek resumes after any of them.
//
// A bad row is a fault of that row, and reading goes on. An error ends the reading; io.EOF is the only good end.
//
// # Layers
//
// Each type adds to what is known of an input:
//
//   - source: a file, standard input or a URL, and how its bytes are opened.
//   - content: the source as text, unpacked and decoded, with its format.
//   - csvTable or jsonTable: the columns or keys, as the head of the content shows them.
//   - csvRows or jsonRows: the rows, cut off a tape, which counts and sums the bytes and bounds a row to 1 MiB.
//
// Text is decoded before the tape if a byte of a character may look like a delimiter in its encoding, else field by
// field. Offsets are those of the tape's stream.
//
// # Decisions
//
//   - The CSV and JSON loops are our own. encoding/csv takes 110 ns for a row of three fields; ours takes 130 with the
//     row's own memory, its place, checksum and the account rules. Rows are parts of pages of some 32 KiB. Whether a page
//     is ASCII, valid and without quotes is asked once. The grammar is that of encoding/csv with LazyQuotes off; a fuzz
//     target compares the two.
//   - JSON lines are checked by go-json-experiment's jsontext, which refuses invalid UTF-8 and doubled keys, but only if
//     they are not plainly valid: 400 ns a row. encoding/json takes 1,050; jsontext for all objects took 535.
//   - The checksum multiplies words of 64 bits (see digest). CRC-64 took a third of a row's time.
//   - A quote that does not close ends the reading, with the line where it opens: the text that it has swallowed is not
//     one bad row. The same holds for an array that is not closed.
//   - A quote in a wrong place is a fault of its line. The row's text is put after its columns, so that it is not taken
//     for a good row when an outcome file with it is read.
//   - No encoding is guessed. Input is refused if the lines that do not decode are at least as many as the other lines
//     with more than ASCII; fewer are damaged rows, and fail. A byte order mark counts more than the Config. Latin-1
//     means windows-1252, as in browsers.
//   - Names of columns have ranks (see known): the best one wins, and two of equal rank are refused. JSON keys that the
//     first MiB lacks are looked for in each object, by the same ranks.
//   - A column of the profile goes by no name: level or city may mean anything, so only a mapping makes it one.
//   - Several files have one list of columns, with one column each for UserID, Nick and FaceUrl, whatever a file calls
//     them: an outcome file is read without a mapping. If Config.Map was needed, the lines say so in _map.
//   - What is far more often a damaged export than a person is a suspicion (see Suspicions), and refused until it is
//     accepted. What they ask is asked of pages: whether one has a backslash, a quote, a CR alone. A line within a quoted
//     field is taken for a row if it has a row's number of fields, a UserID in whose shape those of the file are, no space
//     before a field where none has one, and a URL where all have one: see likeness.
//   - A first line is a header only if it names the UserID and no field of it is a number, a URL or an e-mail address, or if
//     the mapping names a column of it. Its fields are shown in an error only if they are names for sure.
//   - An outcome file is written in one dialect, whatever the input's was. How its rows were read stands in _map.
//   - Blank lines are passed, as by encoding/csv. A line of commas or spaces is a row without a UserID. A row that
//     repeats the header is a fault: files were joined there.
//   - One download of a URL serves looking and reading, as one descriptor of a file does: no second answer can be another
//     version.
//   - A download goes on after a break by Range only under If-Range with a strong ETag; otherwise it begins anew and the part
//     before is compared. Last-Modified is no validator here: two versions of a file may have one time (copies keep it,
//     and it has whole seconds), and RFC 9110 has it strong only by clocks that we do not see. Comparing costs that part's
//     transfer once more, and proves it. Where an answer has neither a length nor an end mark, a second one has to end
//     at the same place.
//   - Decompression, and the decoding of a whole stream, run in a goroutine that ends with the file or with Close.
//     All else runs in the caller's.
package reader

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"imimport/pkg/fault"
	"imimport/pkg/profile"
)

// input is one of the inputs: its text, and what its head says of the rows.
type input struct {
	*sheet
	table
}

// Reader reads the rows of several inputs one after the other. It is for one goroutine.
type Reader struct {
	ctx     context.Context
	cfg     Config
	inputs  []*input
	columns []string
	mapping map[string]string // what was found for Config.Map
	fields  *fields           // what a column can be
	notices []Notice

	file   int       // of inputs: the one being read
	stream *stream   // nil before it is opened
	tape   *tape     // of stream
	rows   rowSource // of stream
	tagged bool      // its places have the tag of the URL; not where it would not help: a packed file is read from its start
	place  Position
	known  Position // of Confirm
	err    error

	end    *Position // of the inputs, for a Reader and those that read them again; zero before one has been there
	second bool      // the inputs are another Reader's
}

// rowSource reads the rows of one file. next sets all of a Row but Number, File and End. Errors but io.EOF are final.
type rowSource interface {
	next(row *Row) error
	tail() Tail
	skipStart() error
}

// Read overwrites row with the next row. A bad row is not an error: it has a Fault. io.EOF is the only good end. Any
// other error is final, of the kind [fault.Input] or [fault.Changed].
func (r *Reader) Read(row *Row) error {
	for r.err == nil {
		if r.rows == nil {
			if r.err = r.begin(); r.err != nil {
				break
			}
		}
		err := r.rows.next(row)
		if err == nil {
			r.place.Row++
			row.Number, row.File = r.place.Row, r.file
			r.locate(&row.End)
			return nil
		}
		r.locate(&r.place)
		if errors.Is(err, io.EOF) || errors.Is(err, errGrown) {
			r.pass(err)
		} else {
			r.err = r.inputs[r.file].failed(err, r.place.Line+1)
			if f, ok := errors.AsType[*fault.Error](r.err); ok && f.Kind == fault.Changed {
				f.Place.Line = r.place.Line + 1 // what was read before it stands
			}
		}
	}
	r.err = r.placed(r.err)
	return r.err
}

// Rows gives the rows that are left. An error comes last, with a nil row; the end of the inputs is none. The Row is
// reused: copy what is to outlive the loop's body. Every 1024 rows it checks the context of Open and calls Config.Progress.
func (r *Reader) Rows() iter.Seq2[*Row, error] {
	const often = 1 << 10
	return func(yield func(*Row, error) bool) {
		for row := new(Row); ; {
			err := r.Read(row)
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && row.Number%often == 0 {
				if err = context.Cause(r.ctx); err == nil && r.cfg.Progress != nil {
					r.cfg.Progress(r.Bytes())
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// locate sets p to where the tape stands.
func (r *Reader) locate(p *Position) {
	t := r.tape
	p.File, p.Offset, p.Line, p.Row = r.file, t.offset, t.line, r.place.Row
	p.Sum, p.Tail = t.sum.sum(), r.rows.tail()
	if p.Before != r.place.Before { // they are mostly the same, and writing pointers is not free
		p.Before = r.place.Before
	}
	tag := ""
	if r.tagged {
		tag = r.inputs[r.file].url.tag
	}
	if p.Tag != tag {
		p.Tag = tag
	}
}

// begin opens the next file at its first row. io.EOF means that there is none.
func (r *Reader) begin() error {
	if r.file == len(r.inputs) {
		return r.ending()
	}
	in := r.inputs[r.file]
	s, err := in.open(r.ctx)
	if err != nil {
		return in.failed(err, 0)
	}
	r.use(in, s)
	r.place = Position{File: r.file, Row: r.place.Row, Before: r.place.Before}
	if err := r.rows.skipStart(); err != nil && !errors.Is(err, io.EOF) {
		return in.failed(err, 1)
	}
	return nil
}

// use reads rows from a stream.
func (r *Reader) use(in *input, s *stream) *tape {
	s.Reader = stoppable{r.ctx, s.Reader}
	r.stream = s
	r.tape = newTape(s, !in.format.json)
	r.rows = in.rows(r.tape, len(r.columns))
	r.tagged = in.url != nil && in.plain()
	r.mark()
	return r.tape
}

func (r *Reader) closeStream() error {
	if r.stream == nil {
		return nil
	}
	s := r.stream
	r.stream, r.rows = nil, nil
	return s.close()
}

// pass goes on to the next file. Where this one has grown, its end is not the one that another Reader may have met.
func (r *Reader) pass(end error) {
	if errors.Is(end, errGrown) {
		r.end = new(Position)
	}
	in := r.inputs[r.file]
	in.read = r.stream.passed(r.place.Offset)
	_ = r.closeStream() // it was only read
	if r.file++; r.file < len(r.inputs) {
		r.place = Position{File: r.file, Row: r.place.Row, Before: r.place.appendPassed(passed{r.place.Offset, r.place.Sum})}
	}
}

// ending is io.EOF if an earlier reading of the inputs has ended as this one.
func (r *Reader) ending() error {
	end := r.place
	end.Tag = "" // the same bytes may have got another one
	if *r.end == (Position{}) {
		*r.end = end
	}
	if *r.end != end {
		return Changed(r.inputs[len(r.inputs)-1].show, "%d rows were read at first, and then %d, or other ones", r.end.Row, end.Row)
	}
	return io.EOF
}

// Again is a Reader of the same inputs from their start: of the files that r has opened, whatever has taken their names
// since. If one of the two comes to the end and the other has met another end or other bytes before it, that is an
// error of the kind [fault.Changed]. Standard input and pipes give their bytes only once. The two Readers are for
// one goroutine, and the second must be closed first.
func (r *Reader) Again(ctx context.Context) *Reader {
	return &Reader{ctx: ctx, cfg: r.cfg, inputs: r.inputs, columns: r.columns, mapping: r.mapping, fields: r.fields, end: r.end, second: true}
}

// Grown is the first file that is longer now than it was when it was opened, and is read; "" for none.
func (r *Reader) Grown() string {
	for _, in := range r.inputs {
		if in.file != nil && in.file.longer() {
			return in.show
		}
	}
	return ""
}

// Position is the place after the last row; after io.EOF the end of the last file.
func (r *Reader) Position() Position {
	if r.rows != nil {
		r.locate(&r.place)
	}
	return r.place
}

// Notice is what a person should know of an input that is read all the same.
type Notice struct {
	Kind string // a Notice constant
	File string // as messages have it
	Msg  string
}

// NoticeEmpty is of an input that has no rows, among others that may have some.
const NoticeEmpty = "empty"

// Notices are what Open has met.
func (r *Reader) Notices() []Notice { return r.notices }

// Unsent are the input's columns, or the keys of its objects as far as the first MiB shows them, that no field of the
// account has.
func (r *Reader) Unsent() []string {
	var names []string
	for _, in := range r.inputs {
		own := in.names()
		for i, name := range own {
			sent := slices.Contains(names, name)
			for field := range r.fields.count() {
				mapped, _ := in.field(field)
				sent = sent || slices.ContainsFunc(strings.Split(mapped, "|"), func(m string) bool { return m == name || in.format.json && strings.HasPrefix(m, name+".") })
			}
			if !sent && i < maxColumns {
				names = append(names, name)
			}
		}
	}
	return names
}

// Profile are the fields of the profile that have a column.
func (r *Reader) Profile() []*profile.Field {
	return slices.DeleteFunc(slices.Clone(*r.fields), func(f *profile.Field) bool { return r.mapping[f.Name] == "" })
}

// Columns are those of Row.Fields: of all CSV inputs, in the order of their first appearance. Nil for JSON.
func (r *Reader) Columns() []string { return r.columns }

// Bytes tells how many stored bytes of the inputs were read, and how many there are. total is 0 if that is not known.
func (r *Reader) Bytes() (done, total int64) {
	for i, in := range r.inputs {
		if in.size < 0 {
			total = -1
		} else if total >= 0 {
			total += in.size
		}
		if i < r.file {
			done += in.read
		}
	}
	if r.stream != nil {
		done += r.stream.passed(r.tape.offset)
	}
	return done, max(total, 0)
}

// Close closes what is open. A Read after it may fail.
func (r *Reader) Close() error {
	errs := []error{r.closeStream()}
	if r.second {
		return errs[0]
	}
	for _, in := range r.inputs {
		errs = append(errs, in.drop())
	}
	return errors.Join(errs...)
}
