package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

// RestoreConfig says what is brought back, and where to.
type RestoreConfig struct {
	Backup     string
	Data       string // what is there already stays; a PostgreSQL must not be
	Identities []age.Identity
	WAL        string    // folder of Receive; "" for the backup alone
	Until      time.Time // keep what was committed until then; the zero time for everything
	UntilBatch int64     // likewise, up to this batch; 0 for everything
	Log        *slog.Logger
}

// Restored is what a restore came to.
type Restored struct {
	Batch int64    // the last that the ledger has
	Kept  []string // files that were there already, and stayed
	Lost  Lost     // what the ledger no longer knows; nothing where everything was to be kept
}

// Lost counts what was given up by going back to an earlier moment; File lists it, one line each.
type Lost struct {
	Batches   int64
	Commands  int
	Transfers int
	File      string // "" where nothing was
}

const (
	personsName   = "persons.keys"
	rehearsalName = "postgres.rehearsal"
)

// Restore verifies a backup and puts it back. Where an earlier moment than the last is named, it first goes to the last
// one in a folder beside, to learn what that costs and who was erased since, and then to the one that is named. Errors
// are those of Verify, *dev.BusyError, fs.ErrExist for a PostgreSQL that is there already, and PostgreSQL's.
func Restore(ctx context.Context, cfg RestoreConfig) (r *Restored, err error) {
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	verified, err := Verify(ctx, cfg.Backup, cfg.Identities, "")
	if err != nil {
		return nil, err
	}
	if len(verified.Manifest.Recipients) > 0 && len(cfg.Identities) == 0 {
		return nil, ErrSealed
	}
	if err := os.MkdirAll(cfg.Data, 0o711); err != nil { //nolint:gosec // PostgreSQL passes through
		return nil, fmt.Errorf("backup: %w", err)
	}
	lock, err := dev.AcquireLock(cfg.Data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if _, err := os.Lstat(filepath.Join(cfg.Data, "postgres")); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("backup: a PostgreSQL in %s: %w", cfg.Data, errors.Join(fs.ErrExist, err))
	}
	r = &Restored{}
	for _, file := range verified.Manifest.Files {
		if err := cfg.bringFile(file, r); err != nil {
			return nil, err
		}
	}
	return r, cfg.bringLedger(ctx, verified.Manifest, r)
}

// bringFile puts back one file of the data folder, where it is not there.
func (cfg RestoreConfig) bringFile(file File, r *Restored) (err error) {
	name, of := strings.CutPrefix(strings.TrimSuffix(file.Name, sealed), filesFolder+"/")
	if !of {
		return nil
	}
	to := filepath.Join(cfg.Data, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, file.Mode.Perm()&0o700)
	if errors.Is(err, fs.ErrExist) {
		r.Kept = append(r.Kept, name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	from, err := open(cfg.Backup, file, cfg.Identities)
	if err == nil {
		_, err = io.Copy(f, from)
		err = errors.Join(err, from.Close(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("backup: %s: %w", name, err), os.Remove(to))
	}
	return nil
}

// bringLedger puts PostgreSQL back, and has the ledger and the keys of persons agree on who was erased.
func (cfg RestoreConfig) bringLedger(ctx context.Context, m *Manifest, r *Restored) error {
	keys, err := persons.Open(filepath.Join(cfg.Data, personsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	target := postgres.Target{WAL: cfg.WAL, Until: cfg.Until}
	var last furthest
	if !cfg.Until.IsZero() || cfg.UntilBatch != 0 {
		if last, err = cfg.rehearse(ctx, m, keys); err != nil {
			return err
		}
		defer last.close()
		if cfg.UntilBatch != 0 {
			target.XID = last.point.XID
		}
	}
	return cfg.with(ctx, m, cfg.Data, target, func(books *store.Ledger) error {
		if r.Batch, err = books.LastBatch(ctx); err != nil {
			return err
		}
		if err := forget(ctx, books, keys, last.erased); err != nil {
			return err
		}
		return last.lost(ctx, books, cfg.Data, r)
	})
}

// with brings PostgreSQL to a target in a folder, and stops it when do has ended.
func (cfg RestoreConfig) with(ctx context.Context, m *Manifest, dir string, target postgres.Target, do func(*store.Ledger) error) (err error) {
	server, books, err := cfg.bring(ctx, m, dir, target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	defer books.Close()
	return do(books)
}

func (cfg RestoreConfig) bring(ctx context.Context, m *Manifest, dir string, target postgres.Target) (*postgres.Server, *store.Ledger, error) {
	at := slices.IndexFunc(m.Files, func(f File) bool { return strings.TrimSuffix(f.Name, sealed) == baseName })
	if at < 0 {
		return nil, nil, &NoBackupError{Folder: cfg.Backup, Err: errors.New("it has no base backup")}
	}
	base, err := open(cfg.Backup, m.Files[at], cfg.Identities)
	if err != nil {
		return nil, nil, err
	}
	defer base.Close() //nolint:errcheck // only read
	server, err := postgres.Recover(ctx, postgres.Config{Dir: dir, Logger: cfg.Log}, base, target)
	if err != nil {
		return nil, nil, err
	}
	books, err := store.Open(ctx, server.URL(postgres.Superuser, database))
	if err != nil {
		return nil, nil, errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	return server, books, nil
}

// forget destroys the keys of who was erased, as a ledger that was further knew it, and has this one know it too.
func forget(ctx context.Context, books *store.Ledger, keys *persons.Store, since []persons.Path) error {
	if keys == nil {
		return nil
	}
	now, err := keys.Keys()
	if err != nil {
		return err
	}
	erased, err := books.Erased(ctx, now.ID())
	if err != nil {
		return err
	}
	if err := keys.DestroyPaths(append(erased, since...)...); err != nil {
		return err
	}
	if now, err = keys.Keys(); err != nil {
		return err
	}
	return books.KeepErased(ctx, now.ID(), now.Destroyed()...)
}

// furthest is the ledger as far as the write-ahead log goes.
type furthest struct {
	point  ledger.Point // the batch that was named
	erased []persons.Path
	books  *store.Ledger // nil where nobody looked
	end    func()
}

func (f furthest) close() {
	if f.end != nil {
		f.end()
	}
}
