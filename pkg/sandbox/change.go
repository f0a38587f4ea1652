package sandbox

// Rules returns a copy of the rules as they are now.
func (s *Sandbox) Rules() Rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge.rules.clone()
}

// ChangeRules changes the rules between two calls. With an error, for rules that are not valid, nothing changes.
func (s *Sandbox) ChangeRules(change func(*Rules)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := s.judge.rules.clone()
	change(&rules)
	if err := rules.validate(); err != nil {
		return err
	}
	s.judge.rules = rules
	return nil
}

// SetScenario replaces the scenario. Calls and attempts are not counted from 1 again.
func (s *Sandbox) SetScenario(sc Scenario) error {
	if err := sc.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judge.follow(sc)
	return nil
}

// Reset forgets all accounts, deleted ones too, and all figures. The rules and the scenario stay.
func (s *Sandbox) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.judge
	if err := j.accounts.reset(); err != nil {
		return err
	}
	j.seen, j.gates = newTally(j.seen.start), [commandCount]gate{}
	return nil
}
