package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

// Config says of what a backup is taken.
type Config struct {
	Data        string // the data folder of a switch, running or not
	DatabaseURL string // its PostgreSQL, for a user who may replicate; "" for the folder's own
	Recipients  []*age.X25519Recipient
	Log         *slog.Logger
}

// database is the switch's in a folder's own PostgreSQL.
const database = "ayni"

// Take writes a backup into a folder that must not be there yet. The switch may run meanwhile. Errors are *BusyError,
// or say what PostgreSQL or the disk said; what was begun then has no manifest, and is no backup.
func Take(ctx context.Context, cfg Config, folder string) (m *Manifest, err error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	url, major, end, err := cfg.server(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	m = &Manifest{Format: format, Made: time.Now().UTC().Truncate(time.Second), Program: program(), PostgreSQL: major}
	for _, r := range cfg.Recipients {
		m.Recipients = append(m.Recipients, r.String())
	}
	if m.Ledger, err = ledgerOf(ctx, url); err != nil {
		return nil, err
	}
	v := &vault{folder: folder, recipients: cfg.Recipients, manifest: m}
	// Files first: an adapter that comes back a little older than the ledger is told again what it missed.
	if err := v.keepFiles(cfg.Data); err != nil {
		return nil, err
	}
	if err := v.put(baseName, 0o600, func(w io.Writer) error { return baseBackup(ctx, url, major, w) }); err != nil {
		return nil, err
	}
	if err := m.write(folder); err != nil {
		return nil, err
	}
	return m, nil
}

// server finds the PostgreSQL of a data folder, or starts it where nobody runs it. end stops what was started.
func (cfg Config) server(ctx context.Context) (url string, major int, end func() error, err error) {
	url, end = cfg.DatabaseURL, func() error { return nil }
	if url == "" {
		if url, end, err = cfg.own(ctx); err != nil {
			return "", 0, nil, err
		}
	}
	if major, err = majorOf(ctx, url); err != nil {
		return "", 0, nil, errors.Join(err, end())
	}
	return url, major, end, nil
}

// own is the PostgreSQL in the data folder.
func (cfg Config) own(ctx context.Context) (url string, end func() error, err error) {
	lock, err := dev.AcquireLock(cfg.Data)
	switch busy := (*dev.BusyError)(nil); {
	case errors.As(err, &busy):
		url, found, err := postgres.Running(cfg.Data, postgres.Superuser, database)
		if err == nil && !found {
			err = busy
		}
		return url, func() error { return nil }, err
	case err != nil:
		return "", nil, err
	}
	s, err := postgres.Start(ctx, postgres.Config{Dir: cfg.Data, Logger: cfg.Log})
	if err != nil {
		return "", nil, errors.Join(err, lock.Release())
	}
	end = func() error { return errors.Join(s.Stop(context.WithoutCancel(ctx)), lock.Release()) }
	return s.URL(postgres.Superuser, database), end, nil
}

// majorOf asks a server for its version.
func majorOf(ctx context.Context, url string) (major int, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, fmt.Errorf("backup: connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := fmt.Sscanf(conn.PgConn().ParameterStatus("server_version"), "%d", &major); err != nil {
		return 0, fmt.Errorf("backup: version of PostgreSQL: %w", err)
	}
	return major, nil
}

func ledgerOf(ctx context.Context, url string) (l Ledger, err error) {
	books, err := store.OpenAuditor(ctx, url)
	if err != nil {
		return l, err
	}
	defer books.Close()
	if l.Batch, err = books.LastBatch(ctx); err != nil {
		return l, err
	}
	l.Entries, l.Checkpoint, err = books.NewestCheckpoint(ctx)
	return l, err
}

// baseBackup has PostgreSQL copy itself, with the write-ahead log that the copy needs.
func baseBackup(ctx context.Context, databaseURL string, major int, to io.Writer) error {
	path, err := postgres.Program(ctx, major, "pg_basebackup")
	if err != nil {
		return err
	}
	var said bytes.Buffer
	address, secret, err := withoutPassword(databaseURL)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, "--dbname="+address, "--no-password", "--pgdata=-", "--format=tar", //nolint:gosec // found by postgres
		"--wal-method=fetch", "--checkpoint=fast", "--manifest-checksums=SHA256")
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(postgres.Environment(), secret...), "/", to, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pg_basebackup: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

// withoutPassword takes the password out of a database's address, which everybody on the machine sees a program called
// with, and returns what the program's environment says instead.
func withoutPassword(databaseURL string) (address string, environment []string, err error) {
	parsed, err := url.Parse(databaseURL)
	if err != nil || parsed.Host == "" && parsed.Scheme == "" {
		return "", nil, errors.New("backup: the database's address is no URL") // which may hold a password, and is not repeated
	}
	if password, ok := parsed.User.Password(); ok {
		parsed.User, environment = url.User(parsed.User.Username()), []string{"PGPASSWORD=" + password}
	}
	query := parsed.Query()
	query.Del("password")
	parsed.RawQuery = query.Encode()
	return strings.ReplaceAll(parsed.String(), "+", "%20"), environment, nil // libpq takes a plus for a plus
}
