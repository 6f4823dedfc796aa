package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Check starts a data folder's servers and holds its ledger against the invariants, every decision
// decided again among them. watch is told how far it is, deciding again left aside. The error wraps fs.ErrNotExist where
// there is no ledger.
func Check(ctx context.Context, dir string, log *slog.Logger, watch func(done, all int)) (findings []ledger.Finding, err error) {
	if dir == "" {
		if dir, err = dev.DefaultDir(); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres")); err != nil { // else one would be made, and found to be whole
		return nil, fmt.Errorf("demo: there is no ledger in %s: %w", dir, err)
	}
	names, err := participants()
	if err != nil {
		return nil, err
	}
	servers, err := dev.Start(ctx, dev.Config{Dir: dir, Participants: names, Logger: log})
	if err != nil {
		return nil, err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		err = errors.Join(err, servers.Close(closing))
	}()
	keys, err := loadKeys(servers.Dir, names)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(keys.LogPublic)
	if err != nil {
		return nil, fmt.Errorf("demo: log key: %w", err)
	}
	if err := store.Migrate(ctx, servers.DatabaseURL()); err != nil {
		return nil, err
	}
	books, err := store.OpenAuditor(ctx, servers.DatabaseURL())
	if err != nil {
		return nil, err
	}
	defer books.Close()
	if findings, err = books.CheckWatched(ctx, verifier, watch); err != nil {
		return nil, err
	}
	witness, err := store.OpenPersonal(ctx, servers.DatabaseURL())
	if err != nil {
		return nil, err
	}
	defer witness.Close()
	batches, err := engine.Replay(ctx, witness)
	finding := ledger.Finding{Name: "deterministic", OK: err == nil, Detail: fmt.Sprintf("%d batches decided again, to the byte", batches)}
	if diverged, ok := errors.AsType[*engine.DivergedError](err); ok {
		finding.Detail, err = diverged.Error(), nil
	}
	return append(findings, finding), err
}
