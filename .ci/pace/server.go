package main

import (
	"bufio"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	random "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// service is how the counting server behaves. It counts what it refuses, too.
type service struct {
	limit int           // calls in a second, of everybody together; 0 counts only
	clock bool          // counts by the clock's second instead of any second
	trip  time.Duration // there and back
	late  time.Duration // by at most this much a call arrives later
}

// arrival is a call that the server has seen.
type arrival struct {
	At      time.Time
	Caller  string // the identifier
	Rows    int
	Refused bool
}

// counter is the server's memory of its calls.
type counter struct {
	service
	mu     sync.Mutex
	seen   []arrival
	oldest int // of those that count now
}

// arrive counts a call, and tells whether it is refused.
func (c *counter) arrive(caller string, rows int) (refused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	since := now.Add(-time.Second)
	if c.clock {
		since = now.Truncate(time.Second).Add(-1)
	}
	for c.oldest < len(c.seen) && !c.seen[c.oldest].At.After(since) {
		c.oldest++
	}
	refused = c.limit > 0 && len(c.seen)-c.oldest >= c.limit
	c.seen = append(c.seen, arrival{now, caller, rows, refused})
	return refused
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/seen" {
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = json.NewEncoder(w).Encode(c.seen) // the other side sees what is missing
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	there := c.trip / 2
	if c.late > 0 {
		there += random.N(c.late)
	}
	time.Sleep(there)
	rows := 1
	if strings.HasSuffix(r.URL.Path, "/multiaccount_import") {
		rows = strings.Count(string(body), `"UserID":`)
	}
	refused := c.arrive(r.URL.Query().Get("identifier"), rows)
	time.Sleep(c.trip / 2)
	if refused {
		_, _ = io.WriteString(w, `{"ActionStatus":"FAIL","ErrorInfo":"too often","ErrorCode":60007}`)
		return
	}
	_, _ = io.WriteString(w, `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`)
}

// serve is the child that counts: it prints its address and goes on until its standard input ends.
func serve(args []string) error {
	var c counter
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.IntVar(&c.limit, "limit", 0, "`N` calls a second")
	f.BoolVar(&c.clock, "clock", false, "count by the clock's second")
	f.DurationVar(&c.trip, "trip", 0, "`DURATION` there and back")
	f.DurationVar(&c.late, "late", 0, "`DURATION` by which a call arrives later, at most")
	caFile := f.String("ca", "", "`FILE` to write the certificate to")
	if err := f.Parse(args); err != nil {
		return err
	}
	certificate, err := selfSigned(*caFile)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: &c, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	fmt.Println("https://" + listener.Addr().String())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = s.Close()
	}()
	if err := s.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func selfSigned(caFile string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	err = os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// server is the parent's end of such a child.
type server struct {
	url, caFile string
	cmd         *exec.Cmd
	stdin       io.WriteCloser
}

func startServer(dir string, s service) (*server, error) {
	srv := &server{caFile: filepath.Join(dir, "ca.pem")}
	srv.cmd = exec.Command(self(), "serve", "-ca", srv.caFile, "-limit", fmt.Sprint(s.limit), fmt.Sprintf("-clock=%t", s.clock),
		"-trip", s.trip.String(), "-late", s.late.String())
	srv.cmd.Stderr = os.Stderr
	stdin, err := srv.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	srv.stdin = stdin
	stdout, err := srv.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := srv.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the server: %w", err), srv.stop())
	}
	srv.url = strings.TrimSpace(line)
	return srv, nil
}

func (s *server) stop() error { return errors.Join(s.stdin.Close(), s.cmd.Wait()) }

// seen is what arrived, in its order.
func (s *server) seen() (list []arrival, err error) {
	transport, err := newTransport(s.caFile, 1)
	if err != nil {
		return nil, err
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(s.url + "/seen")
	if err != nil {
		return nil, fmt.Errorf("ask the server what it saw: %w", err)
	}
	defer resp.Body.Close()
	return list, json.NewDecoder(resp.Body).Decode(&list)
}

// self is this program's file, to start again as a child.
func self() string {
	path, err := os.Executable()
	return cmp.Or(path, os.Args[0], fmt.Sprint(err))
}
