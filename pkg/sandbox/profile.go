package sandbox

// value is a profile value: a string or a uint32.
type value struct {
	text   string
	number uint32
	isText bool
}

type profileItem struct {
	tag string
	value
}

func (c *call) portraitSetField(name []byte) error { return c.json.SkipValue() }
func (c *call) portraitGetField(name []byte) error { return c.json.SkipValue() }
func (s *Sandbox) setPortrait(c *call) int         { return codeBadProfileCall }
func (s *Sandbox) getPortraits(c *call) int        { return codeBadProfileCall }
