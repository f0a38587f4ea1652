package reader_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"imimport/reader"
)

// A bad row has a fault, and reading goes on behind it.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "users.csv")
	if err := os.WriteFile(path, []byte("uid,昵称,team\nu1,李雷,red\n,Ann,red\nu3,Zoë,blue\n"), 0o600); err != nil {
		panic(err)
	}

	r, err := reader.Open(context.Background(), []string{path}, reader.Config{})
	if err != nil {
		panic(err)
	}
	defer r.Close()
	if err := r.Scan(); err != nil { // looks at the whole input, before anything is sent
		panic(err)
	}
	for row, err := range r.Rows() {
		switch {
		case err != nil:
			panic(err)
		case row.Fault != nil:
			fmt.Println("line", row.Line, "is bad:", row.Fault.Msg)
		default:
			fmt.Println(row.UserID, row.Nick, row.Fields)
		}
	}
	// Output:
	// u1 李雷 [u1 李雷 red]
	// line 3 is bad: no UserID
	// u3 Zoë [u3 Zoë blue]
}
