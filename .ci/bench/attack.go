package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"
	attacker "github.com/tsenart/vegeta/v12/lib"
)

// plan is what a child other than imimport is to do.
type plan struct {
	url     string // with everything in it
	ca      string
	n       int
	workers int
	rate    int
	bodies  [][]byte
}

func attack(args []string, run func(plan) error) error {
	var p plan
	f := flag.NewFlagSet("attack", flag.ContinueOnError)
	f.StringVar(&p.url, "url", "", "the sandbox's `URL`")
	f.StringVar(&p.ca, "ca", "", "`FILE` of its CA certificate")
	f.IntVar(&p.n, "n", 0, "`N` requests")
	f.IntVar(&p.workers, "workers", 1, "`N` goroutines")
	f.IntVar(&p.rate, "rate", 0, "`N` requests a second, 0 is no limit")
	if err := f.Parse(args); err != nil {
		return err
	}
	sig, err := tencentyun.GenUserSig(appID, key, identifier, 86400)
	if err != nil {
		return err
	}
	p.url += "/v4/im_open_login_svc/account_import?sdkappid=" + strconv.Itoa(appID) + "&identifier=" + identifier +
		"&usersig=" + url.QueryEscape(sig) + "&random=4294967295&contenttype=json"
	p.bodies = makeBodies(p.n)
	return run(p)
}

// runLoop is the floor: goroutines that post one body after the other to one URL and throw the answers away.
func runLoop(p plan) error {
	transport, err := newTransport(p.ca, p.workers)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: transport}
	var next, failed atomic.Int64
	var wg sync.WaitGroup
	for range p.workers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(p.n); i = next.Add(1) - 1 {
				resp, err := client.Post(p.url, "application/json", bytes.NewReader(p.bodies[i%int64(len(p.bodies))]))
				if err != nil {
					failed.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	wg.Wait()
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d requests failed", n)
	}
	return nil
}

// runVegeta has vegeta's library do it, by the settings that its command would be given.
func runVegeta(p plan) error {
	config, err := trust(p.ca)
	if err != nil {
		return err
	}
	a := attacker.NewAttacker(attacker.KeepAlive(true), attacker.HTTP2(false), attacker.TLSConfig(config), attacker.Timeout(10*time.Second),
		attacker.Workers(uint64(p.workers)), attacker.MaxWorkers(uint64(p.workers)),
		attacker.Connections(p.workers), attacker.MaxConnections(p.workers))
	var next atomic.Int64
	header := http.Header{"Content-Type": {"application/json"}}
	targets := func(t *attacker.Target) error {
		i := next.Add(1) - 1
		if i >= int64(p.n) {
			return attacker.ErrNoTargets
		}
		t.Method, t.URL, t.Header, t.Body = http.MethodPost, p.url, header, p.bodies[i%int64(len(p.bodies))]
		return nil
	}
	var pacer attacker.Pacer = attacker.ConstantPacer{} // as fast as it can
	if p.rate > 0 {
		pacer = attacker.ConstantPacer{Freq: p.rate, Per: time.Second}
	}
	var failed int
	for r := range a.Attack(targets, pacer, 0, "bench") {
		if r.Error != "" && r.Error != attacker.ErrNoTargets.Error() {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d requests failed", failed)
	}
	return nil
}

// newTransport is net/http's with as many connections as there are requests in flight: its default keeps two
// and makes a handshake for the others.
func newTransport(caFile string, connections int) (*http.Transport, error) {
	config, err := trust(caFile)
	return &http.Transport{TLSClientConfig: config, MaxIdleConns: connections, MaxIdleConnsPerHost: connections}, err
}

func trust(caFile string) (*tls.Config, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in the CA file")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
