package dev

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

// database is the name of the switch's database in the private cluster.
const database = "ayni"

// Config says where the servers live, or which ones exist already.
type Config struct {
	Dir          string   // the data folder; "" for DefaultDir
	Participants []string // who has an account on the embedded NATS server
	DatabaseURL  string   // a PostgreSQL that exists, instead of the private one
	NATSURL      string   // a NATS with JetStream that exists, instead of the embedded one
	NATSCreds    string   // path of a credentials file for NATSURL, "" for none
	Logger       *slog.Logger
}

// Servers are a running PostgreSQL and NATS, and the claim to the folder that they live in.
type Servers struct {
	Dir string // absolute

	lock        *Lock
	postgres    *postgres.Server  // nil where one exists already
	nats        *messaging.Server // nil where one exists already
	databaseURL string
	existing    messaging.Endpoint
}

// Start claims the data folder and starts what cfg does not say exists already. ctx bounds the start only.
// Errors are *BusyError, *postgres.MissingError, *postgres.ReachError or what the servers said; nothing
// is left running after one.
func Start(ctx context.Context, cfg Config) (*Servers, error) {
	if cfg.Dir == "" {
		dir, err := DefaultDir()
		if err != nil {
			return nil, err
		}
		cfg.Dir = dir
	}
	dir, err := prepareDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := AcquireLock(dir)
	if err != nil {
		return nil, err
	}
	s := &Servers{Dir: dir, lock: lock}
	if err := s.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Servers) start(ctx context.Context, cfg Config) error {
	if err := s.startPostgres(ctx, cfg); err != nil {
		return err
	}
	return s.startNATS(ctx, cfg)
}

func (s *Servers) startPostgres(ctx context.Context, cfg Config) error {
	if s.databaseURL = cfg.DatabaseURL; s.databaseURL != "" {
		return nil
	}
	var err error
	if s.postgres, err = postgres.Start(ctx, postgres.Config{Dir: s.Dir, Logger: cfg.Logger}); err != nil {
		return err
	}
	s.databaseURL = s.postgres.URL(postgres.Superuser, database)
	return createDatabase(ctx, s.postgres.URL(postgres.Superuser, "postgres"))
}

// createDatabase makes the switch's database at the first start.
func createDatabase(ctx context.Context, url string) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("dev: connecting to PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists); err != nil {
		return fmt.Errorf("dev: looking for the database: %w", err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+database); err != nil {
		return fmt.Errorf("dev: making the database: %w", err)
	}
	return nil
}

func (s *Servers) startNATS(ctx context.Context, cfg Config) error {
	if cfg.NATSURL != "" {
		s.existing = messaging.Endpoint{URL: cfg.NATSURL, Creds: cfg.NATSCreds}
		return messaging.Provision(ctx, s.existing, cfg.Participants)
	}
	server, err := messaging.StartServer(ctx, messaging.ServerConfig{
		Dir: filepath.Join(s.Dir, "nats"), Participants: cfg.Participants, Log: cfg.Logger,
	})
	if err != nil {
		return fmt.Errorf("dev: starting NATS: %w", err)
	}
	s.nats = server
	return server.Provision(ctx)
}

// DatabaseURL is the switch's database, for a role that may make roles and tables.
func (s *Servers) DatabaseURL() string { return s.databaseURL }

// NATSURL is where other processes meet the switch.
func (s *Servers) NATSURL() string {
	if s.nats == nil {
		return s.existing.URL
	}
	return s.nats.URL()
}

// Embedded tells whether the NATS server is this process's own.
func (s *Servers) Embedded() bool { return s.nats != nil }

// Broker is the embedded NATS server; nil where it is somebody else's.
func (s *Servers) Broker() *messaging.Server { return s.nats }

// HubEndpoint is where the switch itself meets its participants.
func (s *Servers) HubEndpoint() messaging.Endpoint {
	if s.nats == nil {
		return s.existing
	}
	return s.nats.HubEndpoint()
}

// ParticipantEndpoint is where a participant meets the switch.
func (s *Servers) ParticipantEndpoint(name string) messaging.Endpoint {
	if s.nats == nil {
		return s.existing
	}
	return s.nats.ParticipantEndpoint(name)
}

// PostgresExited is closed when the private PostgreSQL has ended; nil, and so never ready, where the
// database is somebody else's.
func (s *Servers) PostgresExited() <-chan struct{} {
	if s.postgres == nil {
		return nil
	}
	return s.postgres.Exited()
}

// Close stops what Start started, last first, and gives the folder up. ctx bounds PostgreSQL's orderly
// stop; after that it stops at once, which loses nothing that was committed.
func (s *Servers) Close(ctx context.Context) error {
	if s.nats != nil {
		s.nats.Close()
	}
	var err error
	if s.postgres != nil {
		err = s.postgres.Stop(ctx)
	}
	return errors.Join(err, s.lock.Release())
}
