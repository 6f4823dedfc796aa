package adapter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bulk"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/telemetry"
)

// Limits on those who connect.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10
	drainTimeout  = 5 * time.Second
)

// Run runs the adapter until ctx ends. ready is told the addresses that it listens on, once it does.
func Run(ctx context.Context, c *Config, log *slog.Logger, ready func(listen, callbacks net.Addr)) error {
	signer, err := messaging.NewSigner([]byte(c.Switch.SigningSeed.Reveal()))
	if err != nil {
		return fmt.Errorf("adapter: switch.signing_seed: %w", err)
	}
	salter, err := adapters.Salter(c.Store, c.Participant)
	if err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	tracer, traced, err := telemetry.Traces(ctx, "ayni-adapter", c.Telemetry, log)
	if err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	defer traced()
	registry := telemetry.NewRegistry()
	counts, err := telemetry.NewAdapter(registry, c.Participant)
	if err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	client, err := messaging.ConnectClient(ctx, messaging.ClientConfig{
		Endpoint:    messaging.Endpoint{URL: c.Switch.URL, Creds: c.Switch.Credentials},
		Participant: c.Participant, Signer: signer, Salter: salter, SwitchKey: c.Switch.Key, Log: log,
	})
	if err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	defer client.Close()
	desk, err := bulk.Open(bulk.Config{
		Participant: c.Participant, Dir: filepath.Join(c.Store, "bulk"), Switch: client, Agents: c.Agents, Logger: log,
	})
	if err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: c.Participant, Dir: c.Store, Switch: desk, Logger: log, Tracer: tracer, Called: counts.Called,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) { return c.plug.New(c.ofRail, sink) },
	})
	if err != nil {
		return errors.Join(fmt.Errorf("adapter: %w", err), desk.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return desk.Run(ctx, runner) })
	counts.Watch(runner.Stats)
	watched := telemetry.Page(registry, telemetry.CheckBroker(client), telemetry.CheckDisk(c.Store))
	own := http.NewServeMux()
	own.Handle("/", counts.Callbacks(runner.Handler()))
	for _, path := range telemetry.Paths() {
		own.Handle(path, watched)
	}
	for _, path := range []string{"/bulk", "/bulk/"} {
		own.Handle(path, desk.Handler())
	}
	listen, err := serve(ctx, group, c.Listen, own, nil)
	if err == nil {
		err = c.listenToo(ctx, group, listen, counts.Callbacks(runner.CallbackHandler()), watched, ready)
	}
	if err != nil {
		group.Go(func() error { return err })
	}
	return group.Wait()
}

// listenToo listens for the rail, and for whoever watches from elsewhere.
func (c *Config) listenToo(ctx context.Context, group *errgroup.Group, listen net.Addr, rail, watched http.Handler, ready func(listen, callbacks net.Addr)) error {
	callbacks, err := serve(ctx, group, c.Callbacks, rail, c.listening)
	if err != nil {
		return err
	}
	if c.MetricsAddr != "" {
		if _, err := serve(ctx, group, c.MetricsAddr, watched, nil); err != nil {
			return err
		}
	}
	ready(listen, callbacks)
	return nil
}

// serve answers at an address until ctx ends, and lets answers under way finish. secure is nil in clear.
func serve(ctx context.Context, group *errgroup.Group, address string, handler http.Handler, secure *tls.Config) (net.Addr, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	return serveOn(ctx, group, listener, handler, secure), nil
}

func serveOn(ctx context.Context, group *errgroup.Group, listener net.Listener, handler http.Handler, secure *tls.Config) net.Addr {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, TLSConfig: secure, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	group.Go(func() error {
		serve := server.Serve
		if secure != nil {
			serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
		}
		if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("adapter: %s: %w", listener.Addr(), err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if server.Shutdown(draining) != nil {
			return server.Close()
		}
		return nil
	})
	return listener.Addr()
}
