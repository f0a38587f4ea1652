package sandbox

// BreakWrites makes every write to the data file write n bytes only and fail, until mend is called.
func (s *Sandbox) BreakWrites(n int, err error) (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole := s.judge.accounts.file.file
	s.judge.accounts.file.file = broken{whole, n, err}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.judge.accounts.file.file = whole
	}
}

type broken struct {
	file
	n   int
	err error
}

func (b broken) WriteAt(p []byte, offset int64) (int, error) {
	n, err := b.file.WriteAt(p[:min(b.n, len(p))], offset)
	if err != nil {
		return n, err
	}
	return n, b.err
}
