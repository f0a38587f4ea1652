package reader_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/reader"
)

func TestWhatANameSays(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "u.csv")
	assert.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, want := range map[string]struct {
		url, twice bool
		public     string
	}{
		"https://h.example/u.csv":                       {true, true, "https://h.example/u.csv"},
		"https://bob:secret@h.example/u.csv?sig=secret": {true, true, "https://h.example/u.csv"},
		"HTTPS://h.example/u.csv?sig=secret":            {true, true, "https://h.example/u.csv"},
		"Http://h.example/u.csv#secret":                 {true, true, "http://h.example/u.csv"},
		"HTTPS://h.example/u.csv":                       {true, true, "HTTPS://h.example/u.csv"},
		"https://h.example/用户.csv":                      {true, true, "https://h.example/用户.csv"},
		"https://h.example:x/u.csv?sig=secret":          {true, true, "https://…"},
		"ftp://h.example/u.csv":                         {true, true, "ftp://h.example/u.csv"},
		`C:\users.csv`:                                  {false, true, `C:\users.csv`},
		"./x://u.csv":                                   {false, true, "./x://u.csv"},
		file:                                            {false, true, file},
		dir:                                             {false, true, dir},
		"none?.csv":                                     {false, true, "none?.csv"},
		"-":                                             {false, false, "-"},
		os.DevNull:                                      {false, false, os.DevNull},
	} {
		assert.Equal(t, want.url, reader.IsURL(name), name)
		assert.Equal(t, want.twice, reader.ReadableTwice(name), name)
		assert.Equal(t, want.public, reader.PublicName(name), name)
	}
}
