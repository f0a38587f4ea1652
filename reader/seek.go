package reader

// Seek goes on from a place of an earlier reading.
func (r *Reader) Seek(p Position, trust bool) error { return nil }

// Scan is the look before the first request.
func (r *Reader) Scan() error { return nil }

func (in *input) refuseCharset() error { return nil }
