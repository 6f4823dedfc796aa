package site

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

// LookAgain is how often files of certificates are looked at, at most: with the next connection after it.
const LookAgain = time.Second

// Certificates are what a site shows by TLS, and by whom machines' certificates are signed that it believes, in files
// that may change while it serves. New connections have what the files say now; those that are open stay open.
type Certificates struct {
	own     adapters.Certificate
	clients string
	log     *slog.Logger

	mu     sync.Mutex
	looked time.Time
	stamp  string // of the files that were read last, sound or not
	now    *tls.Config
}

// NewCertificates reads the files. clients is a PEM file of authorities, "" where no machine comes in by certificate.
func NewCertificates(own adapters.Certificate, clients string, log *slog.Logger) (*Certificates, error) {
	c := &Certificates{own: own, clients: clients, log: log, looked: time.Now()}
	var err error
	if c.stamp, err = c.stamps(); err != nil {
		return nil, err
	}
	c.now, err = c.read()
	return c, err
}

// TLS is for a server, from TLS 1.2 on.
func (c *Certificates) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current(), nil }}
}

// current is what the files say, or said before they were broken.
func (c *Certificates) current() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < LookAgain {
		return c.now
	}
	c.looked = time.Now()
	stamp, err := c.stamps()
	if err == nil && stamp == c.stamp {
		return c.now
	}
	c.stamp = stamp
	fresh, err := c.read()
	if err != nil {
		c.log.Error("the certificate files changed and cannot be read: those from before go on", "error", err)
		return c.now
	}
	c.log.Info("the certificate files changed: new connections have them")
	c.now = fresh
	return fresh
}

// stamps tells the files apart from those that they were.
func (c *Certificates) stamps() (all string, err error) {
	for _, path := range []string{c.own.Certificate, c.own.Key, c.clients} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", fmt.Errorf("site: %w", err)
		}
		all += fmt.Sprintf("%d %d\n", info.ModTime().UnixNano(), info.Size())
	}
	return all, nil
}

func (c *Certificates) read() (*tls.Config, error) {
	pair, err := c.own.Load()
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	fresh := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}
	if c.clients == "" {
		return fresh, nil
	}
	if fresh.ClientCAs, err = adapters.Authorities(c.clients); err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	fresh.ClientAuth = tls.VerifyClientCertIfGiven // people have none
	return fresh, nil
}
