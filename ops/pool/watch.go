package pool

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/ops/telemetry"
)

// watch serves metrics and health on an address of their own: the pages' is everybody's.
func (c *Settings) watch(ctx context.Context, group *errgroup.Group, home *Home) error {
	if c.MetricsAddr == "" {
		return nil
	}
	registry := telemetry.NewRegistry()
	if _, err := telemetry.NewPool(registry, c.Pool, home, home.Store); err != nil {
		return fmt.Errorf("pool %s: %w", c.Pool, err)
	}
	on, err := new(net.ListenConfig).Listen(ctx, "tcp", c.MetricsAddr)
	if err != nil {
		return fmt.Errorf("pool %s: metrics_addr: %w", c.Pool, err)
	}
	server := &http.Server{
		Handler:           telemetry.Page(registry, home.checkNode(), home.checkStore(), telemetry.CheckDisk(c.dir)),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	group.Go(func() error {
		if err := server.Serve(on); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("pool %s: metrics: %w", c.Pool, err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	return nil
}

// checkNode finds a node that takes what is said to it.
func (h *Home) checkNode() telemetry.Check {
	return telemetry.Check{Name: "node", Ask: func(context.Context) error {
		if h.Halted() != nil {
			return errors.New("the node takes nothing more and has to be opened again") // why is in the log
		}
		return nil
	}}
}

// checkStore finds a store that can be read.
func (h *Home) checkStore() telemetry.Check {
	return telemetry.Check{Name: "store", Ask: func(ctx context.Context) error {
		if _, _, err := h.Store.Newest(ctx); err != nil {
			return errors.New("the store does not answer")
		}
		return nil
	}}
}
