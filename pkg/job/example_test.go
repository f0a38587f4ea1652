package job_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
)

// The whole import of a file, into a sandbox over HTTPS. The directory of the job has what became of each row.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	input := filepath.Join(dir, "users.csv")
	if err := os.WriteFile(input, []byte("UserID,Nick\nu1,李雷\nu2,Ann\n,nobody\n"), 0o600); err != nil {
		panic(err)
	}
	service, err := sandbox.Start(sandbox.Config{})
	if err != nil {
		panic(err)
	}
	defer service.Close()

	options := job.Options{Target: job.Target{Endpoint: service.URL(), SDKAppID: service.SDKAppID, Identifier: service.Identifier}}
	host := job.Host{
		Log: slog.New(slog.DiscardHandler),
		Connect: func(_ context.Context, o job.Options, connections int) (importer.Client, job.Target, error) {
			client, err := im.New(im.Config{
				Endpoint: o.Target.Endpoint, SDKAppID: o.Target.SDKAppID, Identifier: o.Target.Identifier,
				SecretKey: service.SecretKey, CAPEM: service.CAPEM(), Timeout: o.Timeout, Connections: connections,
			})
			return client, o.Target, err
		},
	}
	summary, err := job.Run(context.Background(), []string{input}, filepath.Join(dir, "job"), options, host)
	if err != nil {
		panic(err)
	}
	fmt.Println(summary.State, summary.Rows.Succeeded, "of", summary.Rows.Read)
	failed, err := os.ReadFile(filepath.Join(dir, "job", "failed.csv"))
	if err != nil {
		panic(err)
	}
	fmt.Print(strings.ReplaceAll(string(failed), dir+string(filepath.Separator), ""))
	fmt.Println(len(service.Accounts()), "accounts")
	// Output:
	// complete 2 of 3
	// UserID,Nick,_row,_code,_class,_reason,_attempts
	// ,nobody,3,,invalid,users.csv:4: no UserID,0
	// 2 accounts
}
