package sandbox

// BreakWrites has every write to the data file from now on write but n bytes and fail, until mend.
func (s *Sandbox) BreakWrites(n int, err error) (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole := s.file.file
	s.file.file = broken{whole, n, err}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.file.file = whole
	}
}

type broken struct {
	file
	n   int
	err error
}

func (b broken) Write(p []byte) (int, error) {
	n, err := b.file.Write(p[:min(b.n, len(p))])
	if err != nil {
		return n, err
	}
	return n, b.err
}
