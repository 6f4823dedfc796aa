package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// Serve is a whole adapter of a rail, as a process of its own runs it: until ctx ends. It says on said where it
// listens.
func Serve(ctx context.Context, plug adapters.Plug, l Link, said io.Writer, log *slog.Logger) error {
	text, err := os.ReadFile(l.Settings)
	if err != nil {
		return err
	}
	settings, err := adapters.ParseSettings(text)
	if err != nil {
		return err
	}
	return ServeRail(ctx, func(sink adapters.Sink) (adapters.Rail, error) { return plug.New(settings, sink) }, l, said, log)
}

// ServeRail is Serve for a rail that is made by hand.
func ServeRail(
	ctx context.Context, rail func(adapters.Sink) (adapters.Rail, error), l Link, said io.Writer, log *slog.Logger,
) error {
	return serveRail(ctx, rail, func(s adapters.Switch) adapters.Switch { return s }, l, said, log)
}

// serveRail is ServeRail for an adapter that sees the switch as seen makes it.
func serveRail(
	ctx context.Context, rail func(adapters.Sink) (adapters.Rail, error), seen func(adapters.Switch) adapters.Switch,
	l Link, said io.Writer, log *slog.Logger,
) error {
	seed, err := os.ReadFile(l.SeedFile)
	if err != nil {
		return err
	}
	signer, err := messaging.NewSigner(seed)
	if err != nil {
		return err
	}
	salter, err := adapters.Salter(l.Dir, l.Participant)
	if err != nil {
		return err
	}
	var client *messaging.Client
	err = patiently(ctx, func() (err error) {
		client, err = messaging.ConnectClient(ctx, messaging.ClientConfig{
			Endpoint: messaging.Endpoint{URL: l.NATSURL, Creds: l.Creds}, Participant: l.Participant,
			Signer: signer, Salter: salter, SwitchKey: l.SwitchKey, Log: log,
		})
		return err
	})
	if err != nil {
		return err
	}
	defer client.Close()
	var made adapters.Rail
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: l.Participant, Dir: l.Dir, Switch: seen(client), Logger: log,
		Republish: 500 * time.Millisecond, BreakerOpen: 500 * time.Millisecond,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) {
			made, err = rail(sink)
			return made, err
		},
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return runner.Run(ctx) })
	var where Listening
	for _, door := range []struct {
		handler http.Handler
		url     *string
	}{{runner.Handler(), &where.Orders}, {runner.CallbackHandler(), &where.Callbacks}} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		*door.url = "http://" + listener.Addr().String()
		serve(ctx, group, listener, door.handler)
	}
	group.Go(func() error {
		register(ctx, made, log)
		return nil
	})
	line, err := json.Marshal(where)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(said, "%s\n", line); err != nil {
		return err
	}
	return group.Wait()
}

// serve serves until ctx ends.
func serve(ctx context.Context, group *errgroup.Group, listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
}

// register tells a rail where it calls back, where it has to be told, until it has understood or ctx ends.
func register(ctx context.Context, rail adapters.Rail, log *slog.Logger) {
	registrar, ok := rail.(interface {
		Register(ctx context.Context) error
	})
	if !ok {
		return
	}
	for {
		err := registrar.Register(ctx)
		if err == nil {
			return
		}
		log.Warn("registering will be tried again", "error", err)
		if pause(ctx, 100*time.Millisecond) != nil {
			return
		}
	}
}
