//go:build linux

package crash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/failpoint"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

const (
	roleVariable   = "AYNI_CRASH_ROLE"
	configVariable = "AYNI_CRASH_CONFIG"
)

// How a child ends that nobody killed.
const (
	exitBroken    = 1
	exitBackwards = 3 // a stream lost what the ledger has seen
)

const retry = 20 * time.Millisecond

// childConfig is all that a child knows.
type childConfig struct {
	Role         string
	Dir          string
	Port         int                 // of the broker
	Participants []participantConfig // of the broker all, of an adapter process its own
	DatabaseURL  string
	BrokerURL    string
	Creds        map[string]string // paths by user
	SwitchSeed   string
	SwitchKey    string
	LogKey       string
	Persons      string // the file of their keys, of both engines
	RailsURL     string
	Name         string // of an engine
}

// message is what a child says, a line of JSON each.
type message struct {
	Ready bool              `json:"ready,omitzero"`
	URL   string            `json:"url,omitzero"`
	Creds map[string]string `json:"creds,omitzero"` // of the broker's users
	URLs  map[string]string `json:"urls,omitzero"`  // of the adapters
	Batch int64             `json:"batch,omitzero"` // that an engine has committed
	Error string            `json:"error,omitzero"`
}

var saying sync.Mutex

func say(m message) {
	saying.Lock()
	defer saying.Unlock()
	_ = json.MarshalWrite(os.Stdout, m) // nobody listens: then the parent is gone, and so is this
	_, _ = os.Stdout.WriteString("\n")
}

// live plays a role until killed.
func live(role string) error {
	var c childConfig
	if err := json.Unmarshal([]byte(os.Getenv(configVariable)), &c); err != nil {
		return err
	}
	go obey()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx := context.Background()
	switch role {
	case "postgres":
		return livePostgres(ctx, c, log)
	case "broker":
		return liveBroker(ctx, c, log)
	case "engine":
		return liveEngine(ctx, c, log)
	case "adapters":
		return liveAdapters(ctx, c, log)
	default:
		return fmt.Errorf("no role %q", role)
	}
}

// obey arms failpoints as the parent says.
func obey() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := failpoint.Arm(in.Text()); err != nil {
			say(message{Error: err.Error()})
		}
	}
}

func livePostgres(ctx context.Context, c childConfig, log *slog.Logger) error {
	server, err := postgres.Start(ctx, postgres.Config{Dir: c.Dir, Logger: log})
	if err != nil {
		return err
	}
	if err := prepare(ctx, server); err != nil {
		return errors.Join(err, server.Stop(ctx))
	}
	say(message{Ready: true, URL: server.URL(postgres.Superuser, database)})
	<-server.Exited()
	return errors.New("the server ended")
}

const database = "ayni"

// prepare makes the database and its schema where they are missing.
func prepare(ctx context.Context, server *postgres.Server) error {
	conn, err := pgx.Connect(ctx, server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		return err
	}
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	}
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	return store.Migrate(ctx, server.URL(postgres.Superuser, database))
}

func liveBroker(ctx context.Context, c childConfig, log *slog.Logger) error {
	names := make([]string, len(c.Participants))
	for i, p := range c.Participants {
		names[i] = p.Name
	}
	server, err := messaging.StartServer(ctx, messaging.ServerConfig{Dir: c.Dir, Participants: names, Port: c.Port, Log: log})
	if err != nil {
		return err
	}
	if err := server.Provision(ctx); err != nil {
		return err
	}
	creds := map[string]string{hubUser: server.HubEndpoint().Creds}
	for _, name := range names {
		creds[name] = server.CredsFile(name)
	}
	say(message{Ready: true, URL: server.URL(), Creds: creds})
	<-ctx.Done()
	return nil
}

const hubUser = "switch"

func liveEngine(ctx context.Context, c childConfig, log *slog.Logger) error {
	signer, err := note.NewSigner(c.LogKey)
	if err != nil {
		return err
	}
	switchKey, err := messaging.NewSigner([]byte(c.SwitchSeed))
	if err != nil {
		return err
	}
	books, err := persist(ctx, func() (*store.Ledger, error) { return store.Open(ctx, c.DatabaseURL) })
	if err != nil {
		return err
	}
	hub, err := persist(ctx, func() (*messaging.Hub, error) {
		return messaging.ConnectHub(ctx, messaging.HubConfig{
			Endpoint: messaging.Endpoint{URL: c.BrokerURL, Creds: c.Creds[hubUser]}, Signer: switchKey, Log: log,
		})
	})
	if err != nil {
		return err
	}
	keys, err := persons.Open(c.Persons)
	if err != nil {
		return err
	}
	e := engine.New(engine.Config{
		Ledger: books, Hub: hub, Signer: signer, Holder: c.Name, Clock: time.Now, Log: log, Persons: keys,
		Notice: func(_ context.Context, s engine.Summary) { say(message{Batch: s.Batch}) },
	})
	say(message{Ready: true})
	for {
		err := e.Run(ctx)
		log.Error("the engine stopped and starts again", "error", err)
		say(message{Error: err.Error()})
		if _, backwards := errors.AsType[*messaging.BackwardsError](err); backwards {
			os.Exit(exitBackwards)
		}
		pause(ctx)
	}
}

// persist asks until it gets.
func persist[T any](ctx context.Context, ask func() (T, error)) (got T, err error) {
	for ctx.Err() == nil {
		if got, err = ask(); err == nil {
			return got, nil
		}
		pause(ctx)
	}
	return got, ctx.Err()
}

func pause(ctx context.Context) {
	timer := time.NewTimer(retry)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func liveAdapters(ctx context.Context, c childConfig, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	urls := map[string]string{}
	for _, p := range c.Participants {
		signer, err := messaging.NewSigner([]byte(p.Seed))
		if err != nil {
			return err
		}
		salter, err := adapters.Salter(filepath.Join(c.Dir, p.Name), p.Name)
		if err != nil {
			return err
		}
		client, err := persist(ctx, func() (*messaging.Client, error) {
			return messaging.ConnectClient(ctx, messaging.ClientConfig{
				Endpoint:    messaging.Endpoint{URL: c.BrokerURL, Creds: c.Creds[p.Name]},
				Participant: p.Name, Signer: signer, Salter: salter, SwitchKey: c.SwitchKey, Log: log,
			})
		})
		if err != nil {
			return err
		}
		runner, err := adapters.NewRunner(adapters.RunnerConfig{
			Participant: p.Name, Dir: filepath.Join(c.Dir, p.Name), Switch: client,
			Rail:      func(sink adapters.Sink) (adapters.Rail, error) { return newRail(p, c.RailsURL, sink), nil },
			IntentTTL: time.Duration(p.IntentSeconds) * time.Second, Republish: time.Second, BreakerOpen: time.Second, Logger: log,
		})
		if err != nil {
			return err
		}
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		urls[p.Name] = "http://" + listener.Addr().String()
		group.Go(func() error { return runner.Run(ctx) })
		server := &http.Server{Handler: runner.Handler(), ReadHeaderTimeout: time.Minute}
		group.Go(func() error { return server.Serve(listener) })
	}
	say(message{Ready: true, URLs: urls})
	return group.Wait()
}
