// Package mailtest is a mail server for tests. It keeps what it is sent, and
// misbehaves as it is told.
//
// It waits for nothing by the clock: a slow answer is given when the test says
// so. It is no mail server for anything else.
package mailtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/corruptionproject/appeal/internal/mail"
)

// Mode is how the server behaves.
type Mode int

// Each mode holds for every connection and mail until another is set.
const (
	OK           Mode = iota
	Refuse            // a connection is cut before a word is said
	Busy              // 421 instead of a greeting
	Reject            // 550 to every recipient
	Tarpit            // each answer waits for Release
	CutAfterData      // a mail is kept, and the connection cut instead of an answer
	SlowToTake        // a mail is kept, and the answer to it waits for Release
)

// Name is what the server's certificate is good for, beside 127.0.0.1.
const Name = "relay.test"

// Sent is the Date of every mail sent by Config.
var Sent = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// Options say what the server offers.
type Options struct {
	ImplicitTLS    bool
	NoStartTLS     bool   // offers none, as an old or a tampered-with server
	User, Password string // asked for before a mail; "": nobody is
	Narrow         bool   // takes no address beyond ASCII
}

// Received is one mail that the server took.
type Received struct {
	From, To string // of the envelope, without brackets
	TLS      bool
	User     string // "" if nobody was asked
	Raw      []byte
}

// Server listens on a loopback address until its test ends.
type Server struct {
	t        testing.TB
	options  Options
	listener net.Listener
	address  netip.AddrPort
	secure   *tls.Config
	roots    *x509.CertPool
	serving  sync.WaitGroup
	waiting  chan struct{}
	closing  chan struct{}

	mu          sync.Mutex
	mode        Mode
	once        []Mode // for the next mails, before mode
	gate        chan struct{}
	mails       []Received
	connections int
	open        map[net.Conn]bool
}

// New starts a server.
func New(t testing.TB, options Options) *Server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		t: t, options: options, listener: listener, address: address, open: map[net.Conn]bool{},
		waiting: make(chan struct{}, 1000), closing: make(chan struct{}), gate: make(chan struct{}),
	}
	s.certify()
	s.serving.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

// Set changes how the server behaves from here on.
func (s *Server) Set(mode Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.once, s.gate = mode, nil, make(chan struct{})
}

// Next has the next mails, each in its turn, treated so: OK, Reject, Tarpit,
// CutAfterData and SlowToTake.
func (s *Server) Next(modes ...Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.once = append(s.once, modes...)
}

// Waiting receives a value for each answer that is held back.
func (s *Server) Waiting() <-chan struct{} { return s.waiting }

// Release has all answers given that are held back, until Set is called again.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.gate)
}

// Config is how to reach the server as a relay on another machine, whose
// certificate has to be good.
func (s *Server) Config() mail.SMTPConfig {
	conf := mail.SMTPConfig{
		Host: Name, Port: s.Port(), User: s.options.User, Password: s.options.Password, Roots: s.roots,
		Now: func() time.Time { return Sent },
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", s.address.String())
		},
	}
	if s.options.ImplicitTLS {
		conf.Security = mail.ImplicitTLS
	}
	return conf
}

// Port is where the server listens, on 127.0.0.1.
func (s *Server) Port() int { return int(s.address.Port()) }

// URL is the server's address as SMTP_URL holds it.
func (s *Server) URL() string {
	return "smtp://" + s.address.String()
}

// Mails are those the server took, in the order of their coming.
func (s *Server) Mails() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.mails...)
}

// Connections is how many there were.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		s.connections++
		s.open[conn] = true
		s.mu.Unlock()
		s.serving.Go(func() {
			s.serve(conn)
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.open, conn)
		})
	}
}

func (s *Server) close() {
	close(s.closing)
	if err := s.listener.Close(); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close() // the other side may have been first
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// certify makes a certificate that ends with the test.
func (s *Server) certify() {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Name},
		NotBefore: Sent.AddDate(-50, 0, 0), NotAfter: Sent.AddDate(50, 0, 0), // whatever the clock says
		DNSNames: []string{Name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certificate)
	s.secure = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}
