package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

// Limits on those who connect.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 5 * time.Minute // of a long log over a thin line
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10
	drainTimeout  = 5 * time.Second
)

// Site is an open pool's pages, its API and its public log, at one address.
type Site struct {
	Pages *web.Site
	api   *API
	dir   string
	mux   *http.ServeMux
}

// NewSite makes the site of a pool. dir is a folder of its own, for the public log.
func NewSite(home *Home, dir, origin string, zone *time.Location, log *slog.Logger) (*Site, error) {
	shows := view.New(home.Node, home.Store, web.PayIn{Rail: home.Name, Account: home.Account.Account})
	pages, err := web.New(web.Config{
		Node: shows, Pool: home.Name, Title: home.Account.Name, Origin: origin, Zone: zone, Now: time.Now, Log: log,
	})
	if err != nil {
		return nil, err
	}
	s := &Site{Pages: pages, api: NewAPI(home, shows, log, time.Now), dir: dir, mux: http.NewServeMux()}
	s.mux.Handle("/", pages)
	s.mux.Handle("/api/", s.api)
	s.mux.Handle("/log/", http.StripPrefix("/log", audit.Handler(dir)))
	return s, nil
}

// Run serves on a listener, and publishes the log, until ctx ends.
func (s *Site) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.mux, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.api.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("pool: serve: %w", err)
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
	group.Go(func() error { return s.api.publish(ctx, s.dir, s.api.log) })
	return group.Wait()
}

// With opens a pool where its settings say, and closes it after do. Where no database is named it runs one in the
// folder, which ends with the process.
func (c *Settings) With(ctx context.Context, log *slog.Logger, do func(*Home) error) (err error) {
	url := c.Database.Reveal()
	if url == "" {
		server, err := postgres.Start(ctx, postgres.Config{Dir: c.dir, Logger: log})
		if err != nil {
			return err
		}
		defer func() {
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
			defer cancel()
			err = errors.Join(err, server.Stop(stopping))
		}()
		url = server.URL(postgres.Superuser, "postgres")
	}
	home, err := Open(ctx, Config{
		Name: c.Pool, Dir: c.Keys(), DatabaseURL: url, Currency: c.currency,
		Account: messaging.Party{Name: c.Name, Account: c.Account}, Peers: c.Peers, Collectors: c.Collectors, Logger: log,
	})
	if err != nil {
		return err
	}
	defer home.Close() //nolint:contextcheck // as Open
	return do(home)
}

// Serve runs a pool's node until ctx ends. ready is told where it listens, once it does.
func Serve(ctx context.Context, c *Settings, log *slog.Logger, ready func(at net.Addr, site *Site)) error {
	return c.With(ctx, log, func(home *Home) error {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
		if err != nil {
			return fmt.Errorf("pool %s: %w", c.Pool, err)
		}
		origin := c.Origin
		if origin == "" {
			origin = "http://" + listener.Addr().String()
		}
		tracer, traced, err := telemetry.Traces(ctx, "ayni-pool", c.Telemetry, log)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		defer traced()
		site, err := NewSite(home, c.published(), origin, c.zone, log) //nolint:contextcheck // requests have their own
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return home.Run(ctx) })
		group.Go(func() error { return c.join(ctx, home, tracer, log) })
		if err := c.watch(ctx, group, home); err != nil {
			group.Go(func() error { return errors.Join(err, listener.Close()) })
			return group.Wait()
		}
		group.Go(func() error { return site.Run(ctx, listener) })
		ready(listener.Addr(), site)
		return group.Wait()
	})
}
