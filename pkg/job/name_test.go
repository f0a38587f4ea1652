package job_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/job"
)

func TestANameFromAURLIsOneOnEverySystem(t *testing.T) {
	for input, name := range map[string]string{
		"https://user:pass@host.example":              "host.example.import", // the password is not shown anywhere
		"https://user:pass@host.example:8443?sig=x":   "host.example-8443.import",
		"https://host.example/users.csv#token=secret": "users.csv.import",
		"https://files.example:8443":                  "files.example-8443.import", "https://files.example:8443/a/users.csv?sig=x": "users.csv.import", "-": "stdin.import",
	} {
		assert.Equal(t, name, job.DefaultDir(input))
	}
}
