package workbook

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// events are what a document holds, one a line; texts that follow each other are one.
func events(doc string) (list []string, err error) {
	text := ""
	add := func(event string) {
		if text != "" {
			list = append(list, "text "+text)
		}
		text, list = "", append(list, event)
	}
	for s := newScanner(inPieces(doc)); ; {
		e, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		case e == began:
			add("began " + string(s.name))
		case e == ended:
			add("ended " + string(s.name))
		case e == chars:
			b, err := s.text(nil)
			if err != nil {
				return nil, err
			}
			text += string(b)
		}
	}
}

// inPieces reads a few bytes at a time.
func inPieces(doc string) io.Reader { return &slow{strings.NewReader(doc)} }

type slow struct{ *strings.Reader }

func (s *slow) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), 3)]) }

// standard are the events as encoding/xml has them.
func standard(doc string) (list []string, err error) {
	text, depth := "", 0
	add := func(event string) {
		if text != "" {
			list = append(list, "text "+text)
		}
		text, list = "", append(list, event)
	}
	for d := xml.NewDecoder(strings.NewReader(doc)); ; {
		token, err := d.Token()
		switch t := token.(type) {
		case nil:
			if errors.Is(err, io.EOF) {
				return list, nil
			}
			return nil, err
		case xml.StartElement:
			add("began " + t.Name.Local)
			depth++
		case xml.EndElement:
			add("ended " + t.Name.Local)
			depth--
		case xml.CharData:
			if depth > 0 {
				text += string(t)
			}
		}
	}
}

// What encoding/xml and the scanner both take they take alike.
func FuzzXML(f *testing.F) {
	for _, doc := range []string{
		`<a/>`, `<a b="1" c='2>'><d>x</d><!-- - --> y&amp;&#x5f20;<![CDATA[<&]]]]></a>`, "\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<x:a xmlns:x=\"u\">\r\n\r</x:a >\n",
		`<a>`, `<a></b>`, `<a`, `<a b>`, `<a></a><b/>`, `x<a/>`, `<a>&x;</a>`, `<!DOCTYPE a><a/>`, `<a b="`, `<a><!-- `, `<a><![CDATA[`, ``, `</a>`, `< a/>`, `<a>]]></a>`,
	} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		got, err := events(doc)
		want, stdErr := standard(doc)
		if err == nil && stdErr == nil {
			require.Equal(t, want, got)
		}
	})
}
