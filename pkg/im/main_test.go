package im_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"imimport/pkg/im"
)

// TestMain is also what processes of their own do: one call, or a service.
func TestMain(m *testing.M) {
	endpoint, serve := os.Getenv("IM_TEST_ENDPOINT"), os.Getenv("IM_TEST_SERVE")
	switch {
	case endpoint != "":
		c, err := im.New(im.Config{Endpoint: endpoint, SDKAppID: 1, Identifier: "administrator", SecretKey: key})
		if err != nil {
			panic(err)
		}
		a := c.Import(context.Background(), im.Account{UserID: "u1"})
		fmt.Printf("%s: %v", a.Class, a.Err)
	case serve != "":
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, ok)
		}))
		_ = json.NewEncoder(os.Stdout).Encode(served{s.URL, pemOf(s.Certificate())})
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test that started it closes the pipe, or is gone
	default:
		os.Exit(m.Run())
	}
}

// served is how to reach the service of another process.
type served struct {
	URL string
	CA  []byte
}
