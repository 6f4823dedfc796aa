package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Superuser is the role that owns a new cluster.
const Superuser = "postgres"

const (
	startTimeout = 2 * time.Minute  // covers replaying 2 GB of WAL after a kill
	stopTimeout  = 10 * time.Second // after an immediate stop was asked for
	maxLogBytes  = 16 << 20         // postgres.log is put aside at a start when it is longer
)

// Config says where a server lives.
type Config struct {
	Dir    string       // holds the data folder and the log; made if it is not there
	Logger *slog.Logger // required
	// Throwaway is for tests: the cluster need not outlive its process, so nothing waits for the disk.
	Throwaway bool
}

// Server is a running PostgreSQL that belongs to this process.
type Server struct {
	child        *process
	socketFolder string
	dataDir      string
	stop         sync.Mutex
}

// Start brings up the server of cfg.Dir, making its cluster at the first start, and returns when it
// answers. ctx bounds the start only; Stop ends the server, and so does the end of this process.
// Errors are *MissingError, *ReachError, or say what PostgreSQL said; the caller holds cfg.Dir for itself.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	dir, dataDir, err := prepareFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if err := removeUnfinished(dataDir); err != nil {
		return nil, err
	}
	if err := awaitOrphan(ctx, dataDir); err != nil {
		return nil, err
	}
	major, err := clusterMajor(dataDir)
	if err != nil {
		return nil, err
	}
	bin, err := findBinaries(ctx, major)
	if err != nil {
		return nil, err
	}
	a, err := serverAccount(dataDir)
	if err != nil {
		return nil, err
	}
	if err := a.checkReach(dir); err != nil {
		return nil, err
	}
	if major == 0 {
		cfg.Logger.InfoContext(ctx, "making a PostgreSQL cluster", "dir", dataDir, "version", bin.major, "user", a.name)
		if err := createCluster(ctx, bin, a, dataDir, cfg.Throwaway); err != nil {
			return nil, err
		}
	}
	folder, err := socketFolder(dataDir, a)
	if err != nil {
		return nil, err
	}
	s := &Server{socketFolder: folder, dataDir: dataDir}
	if err := s.launch(ctx, bin, a, filepath.Join(dir, "postgres.log"), cfg.Throwaway); err != nil {
		return nil, err
	}
	cfg.Logger.InfoContext(ctx, "PostgreSQL is up", "dir", dataDir, "version", bin.major, "user", a.name, "pid", s.child.cmd.Process.Pid)
	return s, nil
}

// prepareFolder makes the folder and returns it, and the data folder in it, as absolute paths without
// symbolic links. Others may pass through (0711), so that an unprivileged server reaches its data.
func prepareFolder(path string) (dir, dataDir string, err error) {
	if err := os.MkdirAll(path, 0o711); err != nil { //nolint:gosec // see above
		return "", "", fmt.Errorf("postgres: making the folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(path); err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", "", fmt.Errorf("postgres: resolving the folder: %w", err)
	}
	return dir, filepath.Join(dir, "postgres"), nil
}

// launch starts the server until it answers. Where the children of a killed server still hold its
// shared memory it tries again: they notice within moments that their parent is gone.
func (s *Server) launch(ctx context.Context, bin binaries, a account, logPath string, throwaway bool) error {
	log, err := openLog(logPath)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own descriptor
	return poll(ctx, patience(s.dataDir), func(ctx context.Context) (bool, error) {
		from, err := log.Seek(0, 2)
		if err != nil {
			return false, fmt.Errorf("postgres: reading the log: %w", err)
		}
		if err := s.startOnce(ctx, bin, a, log, throwaway); err != nil {
			return false, err
		}
		err = s.awaitReady(ctx)
		if err == nil {
			return true, nil
		}
		stopErr := s.Stop(ctx)
		said := make([]byte, 64<<10)
		n, _ := log.ReadAt(said, from)
		said = said[:n]
		if bytes.Contains(said, []byte("pre-existing shared memory block")) {
			return false, nil
		}
		return false, fmt.Errorf("postgres: the server of %s did not come up: %w\n%s", s.dataDir, errors.Join(err, stopErr), tail(said))
	})
}

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("postgres: putting the long log aside: %w", err)
		}
	}
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("postgres: opening the log: %w", err)
	}
	return log, nil
}

func (s *Server) startOnce(ctx context.Context, bin binaries, a account, log *os.File, throwaway bool) error {
	args := append([]string{"-D", s.dataDir}, arguments(settings(s.socketFolder, throwaway))...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), bin.postgres, args...) //nolint:gosec // found by findBinaries
	cmd.Dir, cmd.Env = "/", environment()
	cmd.Stdout, cmd.Stderr = log, log
	// SIGQUIT is PostgreSQL's immediate stop: nothing committed is lost, and the next start need not wait.
	cmd.SysProcAttr = attributes(a, syscall.SIGQUIT)
	child, err := startProcess(cmd)
	if err != nil {
		return fmt.Errorf("postgres: starting the server as %s: %w", a.name, err)
	}
	s.child = child
	return nil
}

// awaitReady returns when the server answers a connection, or with how it ended before that.
func (s *Server) awaitReady(ctx context.Context) error {
	var refusal error
	err := poll(ctx, patience(s.dataDir), func(ctx context.Context) (bool, error) {
		select {
		case <-s.child.exited:
			return false, fmt.Errorf("it ended before it answered: %w", s.child.err)
		default:
		}
		var conn *pgx.Conn
		if conn, refusal = pgx.Connect(ctx, s.URL(Superuser, "postgres")); refusal != nil {
			return false, nil //nolint:nilerr // not yet: the socket is not there, or it is recovering
		}
		return true, conn.Close(ctx)
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(err, refusal)
	}
	return err
}

// URL returns the address of a database for a role, in the form that pgx and libpq read.
// Any role connects without a password: the socket is private.
func (s *Server) URL(role, database string) string {
	query := url.Values{"host": {s.socketFolder}, "port": {port}, "sslmode": {"disable"}}
	address := url.URL{
		Scheme: "postgres", User: url.User(role), Path: "/" + database,
		RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20"), // libpq and pgx take a plus for a plus
	}
	return address.String()
}

// Exited is closed when the server has ended, asked to or not.
func (s *Server) Exited() <-chan struct{} { return s.child.exited }

// Stop ends the server: it closes every session and writes a checkpoint. When ctx ends first, it is
// told to stop at once instead, which loses nothing that was committed. Stop may be called again.
func (s *Server) Stop(ctx context.Context) error {
	s.stop.Lock()
	defer s.stop.Unlock()
	if err := s.end(ctx); err != nil {
		return err
	}
	if s.socketFolder != s.dataDir {
		if err := os.Remove(s.socketFolder); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("postgres: removing the socket's folder: %w", err)
		}
	}
	return nil
}

func (s *Server) end(ctx context.Context) error {
	stopped, err := s.signal(ctx, syscall.SIGINT)
	if stopped || err != nil {
		return err
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	stopped, err = s.signal(grace, syscall.SIGQUIT)
	if stopped || err != nil {
		return err
	}
	if _, err := s.signal(context.WithoutCancel(ctx), syscall.SIGKILL); err != nil {
		return err
	}
	return fmt.Errorf("postgres: the server of %s did not stop when told to and was killed", s.dataDir)
}

// signal sends a signal and tells whether the server ended before ctx did.
func (s *Server) signal(ctx context.Context, signal syscall.Signal) (stopped bool, err error) {
	if err := s.child.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, fmt.Errorf("postgres: sending %s to the server: %w", signal, err)
	}
	select {
	case <-s.child.exited:
		return true, nil
	case <-ctx.Done():
		return false, nil
	}
}
