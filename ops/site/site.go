// Package site puts the switch on one address:
//
//	/auth/     who one is                        ops/auth/people, ops/auth/machines
//	/v1/       for programs                      ops/api
//	/console/  for people                        ops/console
//	/log/      the settlement log's files           settlement/audit; operators, approvers and auditors
//	/metrics   for Prometheus                    ops/telemetry; operators and auditors
//	/healthz   alive; /readyz able to serve      public
//
// Beside it, webhooks tell others by HTTP what happens (ops/webhook). Every route stands behind one guard. The site keeps
// who may come in, answers to writes, and webhooks, in schemas of their own beside the ledger; into the ledger it writes nothing but requests that two people have to want.
package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/api/apistore"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
	"github.com/ayni-switch/ayni/ops/auth/machines"
	"github.com/ayni-switch/ayni/ops/auth/people"
	access "github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/ops/console"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/deliver"
	hooks "github.com/ayni-switch/ayni/ops/webhook/store"
	"github.com/ayni-switch/ayni/settlement/store"
)

const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10 // bytes
	closeTimeout  = 5 * time.Second
	remembersFor  = time.Second // who came in: so long may somebody stay whom another process sent away
)

// Config is what a site shows, and to whom.
type Config struct {
	Origin      string         // scheme and host as browsers see them
	Name        string         // of the switch, as people know it
	DatabaseURL string         // of the ledger's database, in which the site has schemas of its own
	LogKey      string         // that the log is verified by
	Issuer      *issuer.Issuer // of people's identities; nil: by links alone
	Rails       rail.Directory // adapters, for orders and for what only they know
	Pools       []pools.Known  // whose nodes are looked at
	Version     string         // of the program
	Migrate     bool           // bring the site's own schemas to this version's
	WebhookKey  []byte         // that keys of webhooks are made from, the same on every node
	Local       bool           // webhooks may be on this machine, for development
	Hub         Hub            // of the switch
	Disk        string         // folder whose disk must not be full, "" for none
	Metrics     *prometheus.Registry
	TLS         *Certificates  // nil for HTTP in clear
	Proxies     []netip.Prefix // whose X-Forwarded-For is believed
	Log         *slog.Logger
}

// Hub is what health and metrics ask of the message system. *messaging.Hub is one.
type Hub interface {
	telemetry.Broker
	telemetry.Connection
}

// Site is all that the switch shows by HTTP.
type Site struct {
	cfg     Config
	books   *store.Ledger // as the engine's role, for requests, and for what participants are told, which pages may not read
	reader  *store.Ledger // as a reader, for pages
	access  *access.Store
	answers *apistore.Store
	hooks   *hooks.Store
	told    *deliver.Deliverer
	pulses  *live.Feed[*live.Moment]
	proofs  *audit.Evidence
	seen    *pools.Store
	pools   *pools.Directory
	guard   *auth.Guard
	mux     *http.ServeMux
}

// Open connects. The ledger's schema must be there.
func Open(ctx context.Context, cfg Config) (opened *Site, err error) {
	s := &Site{cfg: cfg, mux: http.NewServeMux()}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if cfg.Migrate {
		if err := errors.Join(access.Migrate(ctx, cfg.DatabaseURL), apistore.Migrate(ctx, cfg.DatabaseURL), pools.Migrate(ctx, cfg.DatabaseURL), hooks.Migrate(ctx, cfg.DatabaseURL)); err != nil {
			return nil, err
		}
	}
	if s.books, err = store.Open(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	if s.reader, err = store.OpenReader(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	if s.access, err = access.Open(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	s.access.Remember(remembersFor)
	if s.answers, err = apistore.Open(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	if s.proofs, err = audit.OpenEvidence(ctx, cfg.DatabaseURL, cfg.LogKey); err != nil {
		return nil, err
	}
	if s.seen, err = pools.Open(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	if s.pools, err = pools.New(pools.Config{Known: cfg.Pools, Memory: s.seen, Now: time.Now, Log: cfg.Log}); err != nil {
		return nil, err
	}
	if s.hooks, err = hooks.Open(ctx, cfg.DatabaseURL); err != nil {
		return nil, err
	}
	keys, err := webhook.NewKeys(cfg.WebhookKey)
	if err != nil {
		return nil, err
	}
	s.told = &deliver.Deliverer{
		Store: s.hooks, Books: s.books, Keys: keys, Loopback: cfg.Local, Patience: webhook.Usual(),
		Pause: deliver.UsualPause, Timeout: deliver.UsualTimeout, Log: cfg.Log,
	}
	s.pulses = live.Pulses(s.reader, time.Now, cfg.Log)
	if err := s.mount(); err != nil {
		return nil, err
	}
	return s, nil
}

// mount puts everything behind the guard.
func (s *Site) mount() (err error) {
	door := &machines.Door{Keeper: s.access, Issuer: s.cfg.Issuer, Log: s.cfg.Log}
	s.guard, err = auth.NewGuard(auth.Config{
		Origin: s.cfg.Origin, Session: s.access.Session, Bearer: door.Bearer, Certificate: door.Certificate,
		Rates: auth.DefaultRates(), Proxies: s.cfg.Proxies, Log: s.cfg.Log, Now: time.Now,
	})
	if err != nil {
		return err
	}
	door.Mount(s.mux, s.guard)
	people.Mount(s.mux, people.Config{Guard: s.guard, Keeper: s.access, Issuer: s.cfg.Issuer, Name: s.cfg.Name, Log: s.cfg.Log})
	programs, err := api.New(api.Config{
		Guard: s.guard, Books: s.books, Answers: s.answers, Pulses: s.pulses, Log: s.cfg.Log, Version: s.cfg.Version, Rails: s.cfg.Rails, Evidence: s.proofs, Broker: s.cfg.Hub, Pools: s.pools,
		Webhooks: api.Webhooks{Store: s.hooks, Keys: s.told.Keys, Loopback: s.cfg.Local},
	})
	if err != nil {
		return err
	}
	for _, path := range []string{"/v1/", "/openapi.json", "/docs", "/docs/"} {
		s.mux.Handle(path, programs)
	}
	pages, err := console.New(console.Config{
		Guard: s.guard, Books: s.reader, Desk: console.LedgerDesk{Books: s.books}, Pulses: s.pulses, Pools: s.pools, Now: time.Now, Log: s.cfg.Log,
		Evidence: s.proofs, Papers: console.LedgerPapers{Books: s.reader}, Webhooks: s.hooks,
		Rails: s.cfg.Rails, Broker: s.cfg.Hub,
		Machines: s.access,
	})
	if err != nil {
		return err
	}
	pages.Mount(s.mux)
	s.guard.Mount(s.mux, "GET /log/", auth.Need{Roles: []auth.Role{auth.Operator, auth.Approver, auth.Auditor}}, http.StripPrefix("/log", s.proofs.Files()))
	return s.watch()
}

// watch mounts what says how the switch is.
func (s *Site) watch() error {
	if _, err := telemetry.NewLedger(s.cfg.Metrics, s.reader, s.cfg.Hub); err != nil {
		return err
	}
	if _, err := telemetry.NewWebhooks(s.cfg.Metrics, s.hooks); err != nil {
		return err
	}
	checks := append(telemetry.CheckLedger(s.reader, time.Now), telemetry.CheckDatabase(s.reader), telemetry.CheckBroker(s.cfg.Hub))
	if s.cfg.Disk != "" {
		checks = append(checks, telemetry.CheckDisk(s.cfg.Disk))
	}
	health, public := telemetry.NewHealth(checks...), auth.Need{Public: true}
	s.guard.Mount(s.mux, "GET /metrics", auth.Need{Roles: []auth.Role{auth.Operator, auth.Auditor}}, telemetry.Handler(s.cfg.Metrics))
	s.guard.Mount(s.mux, "GET /healthz", public, http.HandlerFunc(health.Alive))
	s.guard.Mount(s.mux, "GET /readyz", public, http.HandlerFunc(health.Ready))
	s.guard.Mount(s.mux, "GET /{$}", public, http.RedirectHandler("/console/", http.StatusSeeOther))
	s.guard.Mount(s.mux, "/", public, http.NotFoundHandler())
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Mount mounts a handler behind the guard, before Run.
func (s *Site) Mount(pattern string, need auth.Need, h http.Handler) {
	s.guard.Mount(s.mux, pattern, need, h)
}

// Routes are all that the guard stands before.
func (s *Site) Routes() []auth.Route { return s.guard.Routes() }

// Link makes an address that signs its bearer in as somebody, once, within ten minutes.
func (s *Site) Link(ctx context.Context, p auth.Principal) (string, error) {
	return people.MakeLink(ctx, s.access, s.cfg.Origin, p)
}

// Machine makes a machine of a role and participant, and a secret that it comes in by. The error is store.ErrTaken
// of ops/auth/store where there is one of that name.
func (s *Site) Machine(ctx context.Context, name string, role auth.Role, participant string) (secret string, err error) {
	if err := machines.Make(ctx, s.access, name, []auth.Role{role}, participant, "site"); err != nil {
		return "", err
	}
	return machines.NewSecret(ctx, s.access, name, "site")
}

// Run serves until ctx ends, which is no error.
func (s *Site) Run(ctx context.Context, on net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	serve := server.Serve
	if s.cfg.TLS != nil {
		server.TLSConfig = s.cfg.TLS.TLS()
		serve = func(on net.Listener) error { return server.ServeTLS(on, "", "") }
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := s.pulses.Run(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	})
	group.Go(func() error { return s.pools.Run(ctx) })
	group.Go(func() error { return s.told.Run(ctx) })
	group.Go(func() error {
		if err := serve(on); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("site: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if server.Shutdown(closing) != nil { // live pages are open for as long as people look
			return server.Close()
		}
		return nil
	})
	return group.Wait()
}

// Close closes the connections. Run has ended.
func (s *Site) Close() {
	if s.seen != nil {
		s.seen.Close()
	}
	if s.proofs != nil {
		s.proofs.Close()
	}
	if s.hooks != nil {
		s.hooks.Close()
	}
	if s.answers != nil {
		s.answers.Close()
	}
	if s.access != nil {
		s.access.Close()
	}
	for _, books := range []*store.Ledger{s.reader, s.books} {
		if books != nil {
			books.Close()
		}
	}
}
