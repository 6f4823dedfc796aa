package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/trace"
)

// joinAgain is how long the node waits before it asks again for a switch that is away.
const joinAgain = 5 * time.Second

// join keeps the pool joined to the switch until ctx ends. While the switch is away the pool works on, and payouts over
// rails wait.
func (c *Settings) join(ctx context.Context, home *Home, tracer trace.Tracer, log *slog.Logger) error {
	if c.Switch.URL == "" {
		return nil
	}
	for {
		err := c.joined(ctx, home, tracer, log)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it ended because everything does
		}
		log.Warn("the switch is away; the pool works on without it", "pool", c.Pool, "error", err)
		select {
		case <-time.After(joinAgain):
		case <-ctx.Done():
			return nil
		}
	}
}

// joined connects once, and carries what the pool and the switch have for each other until one of them ends it.
func (c *Settings) joined(ctx context.Context, home *Home, tracer trace.Tracer, log *slog.Logger) error {
	dir := filepath.Join(c.dir, "orders")
	signer, err := messaging.NewSigner([]byte(c.Switch.SigningSeed.Reveal()))
	if err != nil {
		return fmt.Errorf("pool %s: switch.signing_seed: %w", c.Pool, err)
	}
	salter, err := adapters.Salter(dir, c.Pool)
	if err != nil {
		return err
	}
	client, err := messaging.ConnectClient(ctx, messaging.ClientConfig{
		Endpoint:    messaging.Endpoint{URL: c.Switch.URL, Creds: c.in(c.Switch.Credentials)},
		Participant: c.Pool, Signer: signer, Salter: salter, SwitchKey: c.Switch.Key, Log: log,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: c.Pool, Dir: dir, Switch: client, Rail: home.Rail, Tracer: tracer, Logger: log,
	})
	if err != nil {
		return err
	}
	home.Join(runner)
	return errors.Join(runner.Run(ctx), errors.New("it ended"))
}
