package syncstate

import "imimport/pkg/distinct"

// Input is a table to compare with a state, once. It is for one goroutine.
type Input struct {
	sorter *sorter
	counts distinct.Rule
}

// NewInput makes an empty Input, with a temporary file in dir if it outgrows the memory. counts says which of several
// rows of a UserID counts.
func NewInput(dir string, counts distinct.Rule) *Input { return &Input{newSorter(dir), counts} }

// Add adds a row. One of content [Unknown] only says that its account is not gone.
func (in *Input) Add(userID string, content uint64, row int64) error {
	return in.sorter.add(record{KeyOf(userID), content, uint64(row)})
}

// Close removes the temporary file.
func (in *Input) Close() error { return in.sorter.file.Close() }

// Diff is called with what a comparison finds, in no particular order. An error of Gone ends the comparison.
type Diff struct {
	New, Changed func(row int64)
	Gone         func(userID string) error
}

// Counts is the result of a comparison in rows; Gone is in accounts.
type Counts struct {
	Same, New, Changed, Gone int64
	Again                    int64 // rows of accounts about which the state is not sure: earlier tries have failed
	Repeated                 int64 // rows that do not count, because another one of the same UserID does
}

// Compare compares an input with the state.
func (s *State) Compare(in *Input, d Diff) (Counts, error) {
	var c Counts
	names := &nameReader{path: s.namesPath(s.m.Names.Generation)}
	defer names.close()
	var have []record
	for i := range partitions {
		var err error
		if have, err = s.load(s.m.Parts[i], i, have[:0]); err != nil {
			return c, err
		}
		rows, err := in.sorter.partition(i)
		if err != nil {
			return c, err
		}
		if err := merge(have, in.count(rows, &c), &c, d, names); err != nil {
			return c, err
		}
	}
	return c, nil
}

// count leaves the row of each key that counts.
func (in *Input) count(rows []record, c *Counts) []record {
	kept := rows[:0]
	for _, r := range rows {
		n := len(kept)
		switch {
		case n == 0 || kept[n-1].key != r.key:
			kept = append(kept, r)
		case r.content == Unknown: // has no content to count
		case kept[n-1].content == Unknown:
			kept[n-1] = r
		default:
			c.Repeated++
			if in.counts == distinct.Last {
				kept[n-1] = r
			}
		}
	}
	return kept
}

func merge(have, rows []record, c *Counts, d Diff, names *nameReader) error {
	for len(have) > 0 || len(rows) > 0 {
		at := -1
		switch {
		case len(have) == 0:
			at = 1
		case len(rows) > 0:
			at = have[0].key.compare(rows[0].key)
		}
		switch {
		case at < 0:
			c.Gone++
			name, err := names.read(have[0])
			if err == nil {
				err = d.Gone(name)
			}
			if err != nil {
				return err
			}
			have = have[1:]
			continue
		case rows[0].content == Unknown:
		case at == 0 && have[0].content == Unsure:
			c.Again++
			d.New(int64(rows[0].place))
		case at > 0:
			c.New++
			d.New(int64(rows[0].place))
		case have[0].content != rows[0].content:
			c.Changed++
			d.Changed(int64(rows[0].place))
		default:
			c.Same++
		}
		rows = rows[1:]
		if at == 0 {
			have = have[1:]
		}
	}
	return nil
}
