package sandbox

// journal is the data file. All methods do nothing on nil.
type journal struct{}

func openJournal(string, *state) (*journal, error) { return nil, nil }
func (j *journal) put(string, *account)            {}
func (j *journal) flush() error                    { return nil }
func (j *journal) close() error                    { return nil }
