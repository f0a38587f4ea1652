package sandbox

// Rules tells the rules as they are now.
func (s *Sandbox) Rules() Rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.clone()
}

// ChangeRules changes the rules between two calls. Nothing changes when they would be wrong.
func (s *Sandbox) ChangeRules(change func(*Rules)) error {
	return s.changeRules(func(r *Rules) error {
		change(r)
		return nil
	})
}

func (s *Sandbox) changeRules(change func(*Rules) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := s.rules.clone()
	if err := change(&rules); err != nil {
		return err
	}
	if err := rules.validate(); err != nil {
		return err
	}
	s.rules = rules
	return nil
}

// SetScenario puts another scenario in place of the one there was. Calls and attempts count on.
func (s *Sandbox) SetScenario(sc Scenario) error {
	if err := sc.validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan = newPlan(sc)
	s.overrule()
	return nil
}

// Reset forgets all accounts, deleted ones too, and all figures. The rules stay.
func (s *Sandbox) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	empty := newState()
	if s.file != nil {
		if err := s.file.rewrite(&empty); err != nil {
			return err
		}
	}
	s.state, s.seen, s.gates = empty, newTally(), [commandCount]gate{}
	return nil
}
