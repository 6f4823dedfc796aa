// Package pool opens and runs a pool's node where it lives: a folder with its keys, a schema in PostgreSQL, and a
// place at the switch.
package pool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	node "github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/atomicfile"
)

// Config says where a pool lives.
type Config struct {
	Name        string
	Dir         string // of its keys, made where it is missing
	DatabaseURL string // as a user who may create the pool's schema and roles
	Currency    fx.Currency
	Account     messaging.Party
	Peers       node.Peers      // other pools; nil for none
	Collectors  node.Collectors // ask members for money; nil for none
	Timers      adapters.Timers
	Logger      *slog.Logger
}

// Home is a pool at home: its node, its store and its public key. Close ends it, after Run.
type Home struct {
	*node.Node

	Name    string
	Account messaging.Party // that contributions are paid to
	Store   *store.Store
	Public  string // the key of its log
}

// keys are the pool's secrets, in a file that only its owner reads.
type keys struct {
	Log    string `json:"log"` // signs checkpoints
	Public string `json:"public"`
	Salts  string `json:"salts"` // hides lines from those who are not shown them
}

// Open migrates the schema, makes the keys at the first start, and takes the pool up where it ended.
func Open(ctx context.Context, cfg Config) (*Home, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("pool %s: %w", cfg.Name, err)
	}
	if err := store.Migrate(ctx, cfg.DatabaseURL, cfg.Name); err != nil {
		return nil, err
	}
	books, err := store.Open(ctx, cfg.DatabaseURL, cfg.Name)
	if err != nil {
		return nil, err
	}
	home, err := open(ctx, cfg, books)
	if err != nil {
		books.Close() //nolint:contextcheck // it says goodbye whatever became of the context
		return nil, err
	}
	return home, nil
}

func open(ctx context.Context, cfg Config, books *store.Store) (*Home, error) {
	size, _, err := books.Newest(ctx)
	if err != nil {
		return nil, err
	}
	secrets, err := loadKeys(filepath.Join(cfg.Dir, "pool.keys"), cfg.Name, size == 0)
	if err != nil {
		return nil, err
	}
	salts, err := diary.ReadSaltKey(secrets.Salts)
	if err != nil {
		return nil, fmt.Errorf("pool %s: %w", cfg.Name, err)
	}
	people, err := books.Persons(ctx, filepath.Join(cfg.Dir, "persons.keys"))
	if err != nil {
		return nil, err
	}
	n, err := node.Open(ctx, node.Config{
		Name: cfg.Name, Currency: cfg.Currency, Account: cfg.Account, Store: books, Key: secrets.Log, Public: secrets.Public,
		Salts: salts, Persons: people, Peers: cfg.Peers, Collectors: cfg.Collectors, Timers: cfg.Timers,
		Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Home{Node: n, Name: cfg.Name, Account: cfg.Account, Store: books, Public: secrets.Public}, nil
}

// Close ends the pool's sessions, and lets another node take it up.
func (h *Home) Close() { h.Store.Close() }

// loadKeys reads the pool's keys, or makes them where fresh: keys that were lost are not quietly replaced.
func loadKeys(file, pool string, fresh bool) (k keys, err error) {
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &k); err != nil {
			return keys{}, fmt.Errorf("pool %s: %s: %w", pool, file, err)
		}
		return k, nil
	case !errors.Is(err, fs.ErrNotExist):
		return keys{}, fmt.Errorf("pool %s: keys: %w", pool, err)
	case !fresh:
		return keys{}, fmt.Errorf("pool %s: its log has entries, and its keys are gone: put %s back from the backup", pool, file)
	}
	if k.Log, k.Public, err = diary.GenerateKey(pool); err != nil {
		return keys{}, err
	}
	k.Salts = diary.GenerateSaltKey().Reveal()
	return k, writeSecret(file, k)
}

// writeSecret writes a file that only its owner reads.
func writeSecret(file string, v any) error {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("pool: %s: %w", file, err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil { // the one that takes its place has its rights
		return fmt.Errorf("pool: %w", err)
	}
	err = atomicfile.Write(file, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("pool: %w", err)
	}
	return nil
}
