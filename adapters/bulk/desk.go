package bulk

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// Config is one desk. Zero durations take the defaults named here.
type Config struct {
	Participant string
	Dir         string // of the files and the store; one process at a time
	Switch      adapters.Switch
	Agents      map[string]string // participants, by the BIC or other id that payment orders (pain.001) name them by
	IntentTTL   time.Duration     // from a line's sending to the deadline of its intent: 24 hours
	Republish   time.Duration     // after this without an answer an intent is published again, then ever slower: 30 s
	Logger      *slog.Logger      // nil for none

	failpoint func(name string) error // tests end the desk here
	patience  time.Duration           // tests wait less for a quote
	maxOpen   int                     // and have smaller files
}

// Desk takes files, pays them and writes their results. It is the adapters.Switch of its adapter's Runner.
type Desk struct {
	cfg     Config
	log     *slog.Logger
	db      *bolt.DB
	uploads chan struct{}
	wake    chan struct{}

	naming sync.Mutex // held while a file gets or loses its place on the disk

	mu        sync.Mutex
	live      []key          // approved or running, oldest approval first
	holds     map[key]string // what keeps a live file from going on
	fullUntil time.Time      // the switch said that it is full
}

var _ adapters.Switch = (*Desk)(nil)

// Open opens the desk's folder and takes up what an earlier process left. Run must follow,
// or Close.
func Open(cfg Config) (*Desk, error) {
	if !messaging.ValidParticipant(cfg.Participant) || cfg.Dir == "" || cfg.Switch == nil {
		return nil, errors.New("bulk: a desk needs participant, dir and switch")
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{{&cfg.IntentTTL, defaultTTL}, {&cfg.Republish, defaultRepublish}, {&cfg.patience, quotePatience}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	if cfg.maxOpen == 0 {
		cfg.maxOpen = maxOpen
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.failpoint == nil {
		cfg.failpoint = func(string) error { return nil }
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("bulk: %w", err)
	}
	db, err := openDB(cfg.Dir, cfg.Participant)
	if err != nil {
		return nil, err
	}
	d := &Desk{
		cfg: cfg, log: cfg.Logger.With("participant", cfg.Participant), db: db,
		uploads: make(chan struct{}, maxUploads), wake: make(chan struct{}, 1), holds: map[key]string{},
	}
	if err := errors.Join(d.recover(), d.sweepOut()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

// recover finds the files that are under way.
func (d *Desk) recover() error {
	approved := map[key]time.Time{}
	err := d.db.View(func(tx *bolt.Tx) error {
		return eachFile(tx, func(k key, f *file) error {
			if f.State == Approved || f.State == Running {
				d.live = append(d.live, k)
				approved[k] = f.Approved
			}
			return nil
		})
	})
	slices.SortStableFunc(d.live, func(a, b key) int { return approved[a].Compare(approved[b]) })
	return err
}

// sweepOut removes what a process left behind that ended in the middle of taking or finishing a file: it
// holds people, and nothing needs it.
func (d *Desk) sweepOut() error {
	entries, err := os.ReadDir(d.cfg.Dir)
	if err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		stale := strings.HasPrefix(name, incoming)
		if sha, ok := strings.CutSuffix(name, spoolSuffix); ok && len(sha) == hex.EncodedLen(32) {
			f, err := d.File(sha)
			_, unknown := errors.AsType[*UnknownFileError](err)
			if err != nil && !unknown {
				return err
			}
			stale = unknown || f.State == Finished
		}
		if stale {
			if err := os.Remove(filepath.Join(d.cfg.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("bulk: %w", err)
			}
		}
	}
	return nil
}

// Run runs the adapter and pays files beside it until ctx ends, then closes the store. It returns ctx's
// end as nil; after an error only a new Desk and a new Runner on the same folders help. Run once.
func (d *Desk) Run(ctx context.Context, r *adapters.Runner) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.Run(ctx) })
	group.Go(func() error { return newPump(d, r).run(ctx) })
	return errors.Join(group.Wait(), d.db.Close())
}

// Close closes a desk that is not going to run.
func (d *Desk) Close() error { return d.db.Close() }

// UnknownFileError says that no file of that hash was taken.
type UnknownFileError struct{ SHA256 string }

func (e *UnknownFileError) Error() string { return fmt.Sprintf("bulk: no file %.80q", e.SHA256) }

// keyOf reads a file's hash in hex.
func keyOf(sha string) (k key, ok bool) {
	sum, err := hex.DecodeString(sha)
	if err != nil || len(sum) != 32 {
		return key{}, false
	}
	return key(sum[:len(k)]), true
}

// File tells where a file is. sha is its SHA-256 in hex. Errors are *UnknownFileError or the store's.
func (d *Desk) File(sha string) (File, error) {
	k, ok := keyOf(sha)
	if !ok {
		return File{}, &UnknownFileError{SHA256: sha}
	}
	var f *file
	err := d.db.View(func(tx *bolt.Tx) (err error) {
		f, err = loadFile(tx, k)
		return err
	})
	switch {
	case err != nil:
		return File{}, err
	case f == nil || f.SHA256 != sha:
		return File{}, &UnknownFileError{SHA256: sha}
	}
	return d.shown(k, f), nil
}

func (d *Desk) shown(k key, f *file) File {
	f.Holds = d.held(k)
	return f.File
}

// held is what keeps a file from going on, "" for nothing.
func (d *Desk) held(k key) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.holds[k]
}

// Files lists what was taken, the newest first, at most limit of them.
func (d *Desk) Files(limit int) ([]File, error) {
	list := []File{}
	err := d.db.View(func(tx *bolt.Tx) error {
		return eachFile(tx, func(k key, f *file) error {
			list = append(list, d.shown(k, f))
			return nil
		})
	})
	slices.SortFunc(list, func(a, b File) int { return b.Received.Compare(a.Received) })
	return list[:min(limit, len(list))], err
}

func eachFile(tx *bolt.Tx, visit func(key, *file) error) error {
	return tx.Bucket(bucketFiles).ForEach(func(k, _ []byte) error {
		f, err := loadFile(tx, key(k))
		if err != nil {
			return err
		}
		return visit(key(k), f)
	})
}

// Approve has a file paid. Approving again changes nothing. Errors are *UnknownFileError or the store's.
func (d *Desk) Approve(sha string) (File, error) {
	if _, err := d.File(sha); err != nil {
		return File{}, err
	}
	k, _ := keyOf(sha)
	fresh := false
	err := d.db.Update(func(tx *bolt.Tx) error {
		f, err := loadFile(tx, k)
		if err != nil || f == nil || f.State != Received {
			return err
		}
		fresh, f.State, f.Approved = true, Approved, now()
		return saveFile(tx, k, f)
	})
	if err != nil {
		return File{}, err
	}
	if fresh {
		d.mu.Lock()
		d.live = append(d.live, k)
		d.mu.Unlock()
		signal(d.wake)
	}
	return d.File(sha)
}

// StateError says that a file is too far on for what was asked.
type StateError struct {
	SHA256 string
	State  FileState
}

func (e *StateError) Error() string { return fmt.Sprintf("bulk: file %s is %s", e.SHA256, e.State) }

// Discard forgets a file that nobody approved. Errors are *UnknownFileError, *StateError or the store's.
func (d *Desk) Discard(sha string) error {
	if _, err := d.File(sha); err != nil {
		return err
	}
	k, _ := keyOf(sha)
	d.naming.Lock()
	defer d.naming.Unlock()
	err := d.db.Update(func(tx *bolt.Tx) error {
		f, err := loadFile(tx, k)
		if err != nil || f == nil {
			return err
		}
		if f.State != Received {
			return &StateError{SHA256: sha, State: f.State}
		}
		return errors.Join(tx.Bucket(bucketFiles).Delete(k[:]), forget(tx, sha))
	})
	if err != nil {
		return err
	}
	if err := os.Remove(d.path(sha)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("bulk: %w", err)
	}
	return nil
}

const (
	incoming      = ".incoming-"
	spoolSuffix   = ".csv"
	resultsSuffix = ".results.csv"
)

// path is where a file's bytes are while it is not finished.
func (d *Desk) path(sha string) string { return filepath.Join(d.cfg.Dir, sha+spoolSuffix) }

func (d *Desk) resultsPath(sha string) string { return filepath.Join(d.cfg.Dir, sha+resultsSuffix) }

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
