package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	attacker "github.com/tsenart/vegeta/v12/lib"
	"golang.org/x/time/rate"
)

// send is a child that makes calls as others do.
func send(args []string) error {
	f := flag.NewFlagSet("send", flag.ContinueOnError)
	url := f.String("url", "", "the server's `URL`")
	ca := f.String("ca", "", "`FILE` of its certificate")
	as := f.String("as", "", "`NAME` of the caller")
	who := f.String("who", "", "`WHO` it is done by")
	perSecond := f.Int("rate", 200, "`N` calls a second")
	n := f.Int("n", 0, "`N` calls")
	if err := f.Parse(args); err != nil {
		return err
	}
	transport, err := newTransport(*ca, 1000)
	if err != nil {
		return err
	}
	target := *url + "/v4/im_open_login_svc/account_import?identifier=" + *as
	switch *who {
	case vegeta:
		sendByVegeta(target, transport.TLSClientConfig, *perSecond, *n)
	case rate1:
		sendByRate(target, transport, rate.NewLimiter(rate.Limit(*perSecond), 1), *n)
	case rate0:
		sendByRate(target, transport, rate.NewLimiter(rate.Limit(*perSecond), *perSecond), *n)
	default:
		return fmt.Errorf("who is %q?", *who)
	}
	return nil
}

var body = []byte(`{"UserID":"u000000001"}`)

func sendByVegeta(target string, config *tls.Config, perSecond, n int) {
	a := attacker.NewAttacker(attacker.KeepAlive(true), attacker.HTTP2(false), attacker.TLSConfig(config))
	targets := attacker.NewStaticTargeter(attacker.Target{Method: http.MethodPost, URL: target, Body: body})
	for range a.Attack(targets, attacker.ConstantPacer{Freq: perSecond, Per: time.Second}, time.Duration(n)*time.Second/time.Duration(perSecond), "pace") {
	} // the server has the figures
}

func sendByRate(target string, transport *http.Transport, limiter *rate.Limiter, n int) {
	client := &http.Client{Transport: transport}
	var group sync.WaitGroup
	for range n {
		if limiter.Wait(context.Background()) != nil {
			return
		}
		group.Go(func() {
			resp, err := client.Post(target, "application/json", bytes.NewReader(body))
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		})
	}
	group.Wait()
}

// beBusy takes the processors away in bursts, until it is killed: eight loops of 150 ms with pauses of 300 ms.
func beBusy() error {
	for range 8 {
		go func() {
			for {
				for until := time.Now().Add(150 * time.Millisecond); time.Now().Before(until); {
				}
				time.Sleep(300 * time.Millisecond)
			}
		}()
	}
	select {}
}

// newTransport is net/http's with as many connections as there are requests in flight.
func newTransport(caFile string, connections int) (*http.Transport, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in the CA file")
	}
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, MaxIdleConns: connections, MaxIdleConnsPerHost: connections}, nil
}
