package main

import "imimport/pkg/fault"

// voice spells options and commands as this program has them.
type voice struct{}

func (voice) Option(o fault.Option) string {
	if o.Value == "" {
		return "--" + o.Key
	}
	return "--" + o.Key + " " + shellQuote(o.Value)
}

func (v voice) Command(c fault.Command) string {
	text := shellWords(append([]string{"imimport", c.Verb}, c.Args...)...)
	for _, o := range c.Options {
		text += " " + v.Option(o)
	}
	return text
}

func (voice) ExitCode(k fault.Kind) int { return int(k) } // nothing asks yet
