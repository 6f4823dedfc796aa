package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/atomicfile"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
)

// Format is how postings are written for another program.
type Format string

// The formats.
const (
	Hledger Format = "hledger" // plain text, which ledger reads, too
	CSV     Format = "csv"
	Parquet Format = "parquet"
)

func (f Format) consumer(out io.Writer) (journal.Consumer, error) {
	switch f {
	case Hledger:
		return journal.NewText(out), nil
	case CSV:
		return journal.NewCSV(out), nil
	case Parquet:
		return journal.NewParquet(out), nil
	default:
		return nil, fmt.Errorf("audit: no format %q: hledger, csv or parquet", f)
	}
}

// Journal verifies an export and writes its postings into a file, which is there only once everything holds. A
// difference is a *DiffersError.
func Journal(ctx context.Context, cfg Config, format Format, file string) error {
	return atomicfile.Write(file, func(w io.Writer) error { return writeJournal(ctx, cfg, format, w) })
}

// JournalTo is Journal for a stream, which gets nothing before everything holds.
func JournalTo(ctx context.Context, cfg Config, format Format, out io.Writer) (err error) {
	spool, err := os.CreateTemp("", "ayni-journal-*")
	if err != nil {
		return fmt.Errorf("audit: journal: %w", err)
	}
	defer func() { err = errors.Join(err, spool.Close(), os.Remove(spool.Name())) }()
	if err := writeJournal(ctx, cfg, format, spool); err != nil {
		return err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("audit: journal: %w", err)
	}
	_, err = io.Copy(out, spool)
	return err
}

func writeJournal(ctx context.Context, cfg Config, format Format, w io.Writer) error {
	consumer, err := format.consumer(w)
	if err != nil {
		return err
	}
	return consume(ctx, cfg, consumer)
}

func consume(ctx context.Context, cfg Config, c journal.Consumer) error {
	err := replayed(ctx, cfg, func(s verify.Step) error { return c.Batch(s.Batch) })
	return errors.Join(err, c.Close())
}

// JournalByDay verifies an export and writes a plain-text journal for each of its days into a new folder, which is
// there only once everything holds.
func JournalByDay(ctx context.Context, cfg Config, dir string) error {
	dir = filepath.Clean(dir)
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return fmt.Errorf("audit: journal: %w", err)
	}
	err = consume(ctx, cfg, journal.NewDays(func(day fx.Date) (io.WriteCloser, error) {
		f, err := os.Create(filepath.Join(fresh, string(day)+".journal"))
		return flushed{f}, err
	}))
	const listable = 0o755
	if err == nil {
		err = errors.Join(os.Chmod(fresh, listable), os.Rename(fresh, dir)) // over an empty folder, never over a full one
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return nil
}

// flushed is a file that is on the disk when it is closed.
type flushed struct{ *os.File }

// Close implements io.Closer.
func (f flushed) Close() error { return errors.Join(f.Sync(), f.File.Close()) }
