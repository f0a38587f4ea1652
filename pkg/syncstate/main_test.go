package syncstate_test

import (
	"os"
	"testing"

	"imimport/pkg/syncstate"
)

func TestMain(m *testing.M) {
	syncstate.WithoutSync()
	os.Exit(m.Run())
}
