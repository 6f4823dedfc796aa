package serve

import (
	"context"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/site"
)

// openSite listens, and has API and console ready to run.
func (w *Switch) openSite(ctx context.Context, s *settings.Serve, url string, rails rail.Directory, metrics *prometheus.Registry) (err error) {
	if w.on, err = new(net.ListenConfig).Listen(ctx, "tcp", s.HTTPAddr); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	scheme := "http"
	cfg := site.Config{
		Origin: s.Origin, Name: s.Name, DatabaseURL: url, Rails: rails, Version: "unknown", Migrate: s.Migrate,
		Hub: w.Hub, Metrics: metrics, Proxies: s.Proxies.Prefixes(), Log: w.Log,
	}
	if s.TLSCertificate != "" {
		scheme = "https"
		own := adapters.Certificate{Certificate: s.TLSCertificate, Key: s.TLSKey}
		if cfg.TLS, err = site.NewCertificates(own, s.TLSClients, w.Log); err != nil {
			return err
		}
	}
	w.url = scheme + "://" + w.on.Addr().String()
	if cfg.Origin == "" {
		cfg.Origin = w.url
	}
	if s.Persons != "" {
		cfg.Disk = filepath.Dir(s.Persons)
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		cfg.Version = build.Main.Version
	}
	if cfg.Pools, err = poolsOf(s); err != nil {
		return err
	}
	if cfg.Issuer, err = signInBy(s, cfg.Origin); err != nil {
		return err
	}
	if cfg.LogKey, err = logPublic(s); err != nil {
		return err
	}
	if cfg.WebhookKey, err = webhookKey(s); err != nil {
		return err
	}
	w.site, err = site.Open(ctx, cfg)
	return err
}

// poolsOf are the pools that settings name, by name.
func poolsOf(s *settings.Serve) (all []pools.Known, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.Pools)) {
		address, err := s.Pools[name].Read()
		if err != nil {
			return nil, err
		}
		all = append(all, pools.Known{Participant: name, Address: address, LogKey: s.PoolLogs[name]})
	}
	return all, nil
}

// webhookKey is what keys of webhooks are made from.
func webhookKey(s *settings.Serve) ([]byte, error) {
	from := s.WebhookKey
	if from == "" {
		from = s.SwitchSeed
	}
	key, err := from.Read()
	return []byte(key), err
}

// signInBy is the issuer that settings name, nil for none.
func signInBy(s *settings.Serve, origin string) (*issuer.Issuer, error) {
	if s.IssuerURL == "" {
		return nil, nil //nolint:nilnil // none is what was asked for
	}
	secret, err := s.IssuerSecret.Read()
	if err != nil {
		return nil, err
	}
	roles := make(map[string]auth.Role, len(s.IssuerRoles))
	for group, role := range s.IssuerRoles {
		roles[group] = auth.Role(role)
	}
	return issuer.New(issuer.Config{
		URL: s.IssuerURL, ClientID: s.IssuerClient, ClientSecret: secret, Callback: origin + "/auth/callback", Audience: s.IssuerAudience,
		Claims: issuer.Claims{Scopes: []string{"profile"}, Groups: s.IssuerGroups, Participant: s.IssuerOwn, Roles: roles},
	}, time.Now)
}

// directory has the adapters that settings name.
func directory(of map[string]settings.Address) (rail.Directory, error) {
	addresses := make(map[string]string, len(of))
	for name, address := range of {
		read, err := address.Read()
		if err != nil {
			return rail.Directory{}, err
		}
		addresses[name] = read
	}
	return rail.NewDirectory(addresses)
}
