package adapter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// Sandbox is an operator of a rail that is none.
type Sandbox struct {
	Plug         adapters.Plug
	Dir          string // its books and keys
	Listen       string // the rail's API
	Admin        string // its faults, books and customers
	TLS          bool   // the API is listened for by https, where the sandbox has a certificate
	CallbackURL  string // where it reaches the adapter's callbacks
	Currency     fx.Currency
	Seed         uint64
	Faults       sandbox.Faults
	SettleDelay  time.Duration
	AdapterTimes adapters.Timers // in the settings that it writes; zero fields are production's
}

// URL is where the rail's API is that listens at an address.
func (s Sandbox) URL(listen net.Addr) string {
	if s.TLS {
		return "https://" + listen.String()
	}
	return "http://" + listen.String()
}

// settingsFile is what Run writes for the adapter.
const settingsFile = "settings.yaml"

// Run runs the sandbox until ctx ends, and writes the settings that join an adapter to it into its folder. ready is
// told the addresses and that file, once it listens.
func (s Sandbox) Run(ctx context.Context, ready func(listen, admin net.Addr, settings string)) (err error) {
	if s.Plug.Sandbox == nil {
		return fmt.Errorf("sandbox: %s has none", s.Plug.Name)
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	server, settings, err := s.Plug.Sandbox(adapters.SandboxOptions{
		Config: sandbox.Config{
			LedgerPath: filepath.Join(s.Dir, "ledger.db"), Currency: s.Currency, Seed: s.Seed, Faults: s.Faults, SettleDelay: s.SettleDelay,
		},
		Dir: s.Dir, URL: s.URL(listener.Addr()), CallbackURL: s.CallbackURL, Timers: s.AdapterTimes,
	})
	if err != nil {
		return errors.Join(fmt.Errorf("sandbox: %w", err), listener.Close())
	}
	var secure *tls.Config
	if s.TLS {
		certified, ok := server.(interface{ TLS() *tls.Config })
		if !ok {
			return errors.Join(fmt.Errorf("sandbox: %s has no certificate", s.Plug.Name), listener.Close(), server.Close())
		}
		secure = certified.TLS()
	}
	path := filepath.Join(s.Dir, settingsFile)
	if err := os.WriteFile(path, settings, 0o600); err != nil {
		return errors.Join(fmt.Errorf("sandbox: %w", err), listener.Close(), server.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	listen := serveOn(ctx, group, listener, sandbox.Public(server), secure)
	admin, err := serve(ctx, group, s.Admin, sandbox.Admin(server), nil)
	if err == nil {
		ready(listen, admin, path)
	} else {
		group.Go(func() error { return err })
	}
	return errors.Join(group.Wait(), server.Close())
}
