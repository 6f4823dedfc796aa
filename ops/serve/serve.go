package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/site"
	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/screen"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Switch is an open switch, on servers of others.
type Switch struct {
	Parts
	Books *store.Ledger
	Hub   *messaging.Hub

	on     net.Listener // of HTTP, nil for none
	url    string       // the same, as it is called
	site   *site.Site
	traced func() // sends the last spans
}

// Open reads the keys, brings the database to this version's schema where it shall, and connects. Nothing clears yet.
func Open(ctx context.Context, s *settings.Serve, log *slog.Logger) (opened *Switch, err error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	url, err := s.DatabaseURL.Read()
	if err != nil {
		return nil, err
	}
	cfg, err := keys(s)
	if err != nil {
		return nil, err
	}
	signer, err := switchKey(s)
	if err != nil {
		return nil, err
	}
	if s.Migrate {
		if err := store.Migrate(ctx, url); err != nil {
			return nil, err
		}
	}
	w := &Switch{}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	if w.Books, err = store.Open(ctx, url); err != nil {
		return nil, err
	}
	broker, err := s.NATSURL.Read()
	if err != nil {
		return nil, err
	}
	endpoint := messaging.Endpoint{URL: broker, Creds: s.NATSCreds}
	if w.Hub, err = messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: endpoint, Signer: signer, Log: log}); err != nil {
		return nil, err
	}
	rails, err := directory(s.Rails)
	if err != nil {
		return nil, err
	}
	metrics := telemetry.NewRegistry()
	batches, err := telemetry.NewBatches(metrics)
	if err != nil {
		return nil, err
	}
	if cfg.Tracer, w.traced, err = telemetry.Traces(ctx, "ayni-switch", s.Telemetry, log); err != nil {
		return nil, err
	}
	cfg.Ledger, cfg.Hub, cfg.Clock, cfg.Log, cfg.Notice = w.Books, w.Hub, time.Now, log, batches.Notice
	w.Parts = Parts{Engine: engine.New(cfg), Desk: &request.Server{Books: w.Books, Rails: rails, Log: log}, Log: log}
	if s.HTTPAddr != "" {
		if err := w.openSite(ctx, s, url, rails, metrics); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func switchKey(s *settings.Serve) (*messaging.Signer, error) {
	seed, err := s.SwitchSeed.Read()
	if err != nil {
		return nil, err
	}
	signer, err := messaging.NewSigner([]byte(seed))
	if err != nil {
		return nil, errors.New("serve: switch_seed holds no signing seed") // which is not repeated
	}
	return signer, nil
}

// keys are what an engine needs beside its servers.
func keys(s *settings.Serve) (cfg engine.Config, err error) {
	if cfg.Holder = s.Holder; cfg.Holder == "" {
		if cfg.Holder, err = os.Hostname(); err != nil {
			return cfg, fmt.Errorf("serve: holder: %w", err)
		}
	}
	key, err := s.LogKey.Read()
	if err != nil {
		return cfg, err
	}
	if cfg.Signer, err = note.NewSigner(key); err != nil {
		return cfg, errors.New("serve: log_key holds no key of a log") // likewise
	}
	if s.Persons != "" {
		// Not made where it is not there: a second engine with keys of its own could read nothing of the first one's.
		if cfg.Persons, err = persons.Open(s.Persons); err != nil {
			return cfg, fmt.Errorf("serve: keys of persons: %w", err)
		}
	}
	if s.ScreeningKey != "" {
		key, err := s.ScreeningKey.Read()
		if err != nil {
			return cfg, err
		}
		cfg.Screen = decide.KeyedScreen{Key: []byte(key)}
	}
	if s.ScreeningLists != "" {
		cfg.Screener, err = lists(s.ScreeningLists)
	}
	return cfg, err
}

func lists(path string) (*screen.List, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("serve: screening lists: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	read, err := screen.ReadLists(file)
	if err != nil {
		return nil, err
	}
	return screen.NewList(read)
}

// Run clears, or stands by while another engine leads, and answers HTTP meanwhile, until ctx ends. The error is
// *HaltError, or that HTTP cannot be served.
func (w *Switch) Run(ctx context.Context) error {
	if w.site == nil {
		return w.Parts.Run(ctx)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.Parts.Run(ctx) })
	group.Go(func() error { return w.site.Run(ctx, w.on) })
	return group.Wait()
}

// URL is where HTTP is answered, "" for nowhere.
func (w *Switch) URL() string { return w.url }

// Close lets go of the servers.
func (w *Switch) Close() {
	if w.site != nil {
		w.site.Close()
	}
	if w.on != nil {
		_ = w.on.Close() // Run closed it, if it ran
	}
	if w.Hub != nil {
		w.Hub.Close()
	}
	if w.Books != nil {
		w.Books.Close()
	}
	if w.traced != nil {
		w.traced()
	}
}
