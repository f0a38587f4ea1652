package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

// Rows of the input, and the same as bodies of requests.
const (
	csvRow  = "u%09d,用户 %d,https://img.example.com/avatar/%09d.png\n"
	jsonRow = `{"UserID":"u%09d","Nick":"用户 %d","FaceUrl":"https://img.example.com/avatar/%09d.png"}`
)

func writeInput(name string, rows int) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriterSize(file, 1<<16)
	_, _ = w.WriteString("UserID,Nick,FaceUrl\n") // Flush has its error
	for row := range rows {
		_, _ = fmt.Fprintf(w, csvRow, row, row%10, row)
	}
	return w.Flush()
}

// makeBodies makes the bodies of n requests, or as many as are then used in turn.
func makeBodies(n int) [][]byte {
	const most = 20_000
	list := make([][]byte, min(n, most))
	for i := range list {
		list[i] = fmt.Appendf(nil, jsonRow, i, i%10, i)
	}
	return list
}
