package backup

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ayni-switch/ayni/ops/atomicfile"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

// lostName is the file of a data folder that lists what going back gave up.
const lostName = "lost.csv"

// rehearse brings the ledger as far as the write-ahead log goes, in a folder beside, and keeps it up until close.
func (cfg RestoreConfig) rehearse(ctx context.Context, m *Manifest, keys *persons.Store) (f furthest, err error) {
	dir := filepath.Join(cfg.Data, rehearsalName)
	if err := os.RemoveAll(dir); err != nil {
		return f, fmt.Errorf("backup: %w", err)
	}
	server, books, err := cfg.bring(ctx, m, dir, postgres.Target{WAL: cfg.WAL})
	if err != nil {
		return f, errors.Join(err, os.RemoveAll(dir))
	}
	f = furthest{books: books, end: func() {
		books.Close()
		err := errors.Join(server.Stop(context.WithoutCancel(ctx)), os.RemoveAll(dir))
		if err != nil {
			cfg.Log.Warn("the rehearsal stays", "dir", dir, "error", err)
		}
	}}
	if err := f.look(ctx, cfg.UntilBatch, keys); err != nil {
		f.close()
		return furthest{}, err
	}
	return f, nil
}

// look learns where a batch is, and who was erased.
func (f *furthest) look(ctx context.Context, batch int64, keys *persons.Store) (err error) {
	if batch != 0 {
		var found bool
		if f.point, found, err = f.books.Point(ctx, batch); err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("backup: neither the backup nor its write-ahead log has a batch %d", batch)
		}
	}
	if keys == nil {
		return nil
	}
	now, err := keys.Keys()
	if err != nil {
		return err
	}
	f.erased, err = f.books.Erased(ctx, now.ID())
	return err
}

// lost lists what the ledger that was further had and this one has not.
func (f furthest) lost(ctx context.Context, books *store.Ledger, dir string, r *Restored) error {
	if f.books == nil {
		return nil
	}
	last, err := f.books.LastBatch(ctx)
	if err != nil {
		return err
	}
	command, err := books.LastCommand(ctx)
	if err != nil {
		return err
	}
	r.Lost.Batches = last - r.Batch
	file := filepath.Join(dir, lostName)
	err = atomicfile.Write(file, func(to io.Writer) error {
		w := csv.NewWriter(to)
		if err := w.Write([]string{"what", "id", "of", "to", "intent or key", "state or kind", "batch"}); err != nil {
			return err
		}
		err := f.books.LostCommands(ctx, command, r.Batch, func(c ledger.LostCommand) error {
			r.Lost.Commands++
			return w.Write([]string{"command", "", "", "", c.Key, string(c.Kind), strconv.FormatInt(c.Batch, 10)})
		})
		if err != nil {
			return err
		}
		err = f.books.LostTransfers(ctx, r.Batch, func(t ledger.LostTransfer) error {
			r.Lost.Transfers++
			return w.Write([]string{"transfer", t.Transfer.String(), t.Debtor, t.Creditor, t.Intent, t.State, strconv.FormatInt(t.Batch, 10)})
		})
		w.Flush()
		return errors.Join(err, w.Error())
	})
	if err != nil {
		return fmt.Errorf("backup: what is lost: %w", err)
	}
	r.Lost.File = file
	return os.Chmod(file, 0o600)
}
