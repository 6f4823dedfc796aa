package bulk

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/fx"
)

// ResultsHeader is the first line of a result file. A line of input has one line of result, in the order of
// the input; line is its number there, with the header as line 1. source and destination are what left and
// what was to arrive, of lines that were sent.
const ResultsHeader = "line,id,transfer,state,fault,reason,detail," +
	"source_amount,source_currency,destination_amount,destination_currency"

// Results writes a file's results as they are now; of a finished file they never change again. Errors are
// *UnknownFileError, w's, ctx's or the store's; what was written before an error is no whole result file.
func (d *Desk) Results(ctx context.Context, w io.Writer, sha string) error {
	f, err := d.File(sha)
	if err != nil {
		return err
	}
	if f.State != Finished {
		k, _ := keyOf(sha)
		return d.writeResults(ctx, w, k, sha)
	}
	done, err := os.Open(d.resultsPath(sha))
	if err != nil {
		return fmt.Errorf("bulk: results: %w", err)
	}
	_, err = io.Copy(w, done)
	return errors.Join(err, done.Close())
}

// writeResults goes through the file and its records side by side, a chunk at a time, so that no
// transaction of the store stays open while somebody reads slowly.
func (d *Desk) writeResults(ctx context.Context, w io.Writer, k key, sha string) (err error) {
	s, err := openSpool(d.path(sha), mark{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	out := csv.NewWriter(w)
	if _, err := io.WriteString(w, ResultsHeader+"\n"); err != nil {
		return err
	}
	for ended := false; !ended; {
		var rows [][]string
		err := d.db.View(func(tx *bolt.Tx) error {
			f, err := loadFile(tx, k)
			if err != nil {
				return err
			}
			if f == nil {
				return &UnknownFileError{SHA256: sha}
			}
			records := lines(tx, k)
			for len(rows) < resultsChunk && !ended {
				line := s.at.Line
				raw, err := s.next()
				if errors.Is(err, io.EOF) {
					ended = true
					break
				}
				if err != nil {
					return fmt.Errorf("%w: %w", errSpool, err)
				}
				r, err := loadLine(records, line)
				if err != nil {
					return err
				}
				rows = append(rows, resultOf(line, raw, r, f.Currency))
			}
			return nil
		})
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if err := out.WriteAll(rows); err != nil {
			return err
		}
	}
	return nil
}

func resultOf(line int, raw []byte, r *record, from fx.Currency) []string {
	l, _, fault := ParseLine(raw)
	switch {
	case r == nil && fault != nil:
		r = refused(fault)
	case r == nil:
		r = &record{State: Waiting}
	}
	row := []string{strconv.Itoa(line), l.ID, r.Transfer, string(r.State), string(r.Fault), r.Reason, r.Detail, "", "", "", ""}
	if r.Source > 0 {
		source, destination := fx.Money{Minor: r.Source, Currency: from}, fx.Money{Minor: r.Destination, Currency: r.Currency}
		row = append(row[:7], source.Text(), source.Currency.String(), destination.Text(), destination.Currency.String())
	}
	return row
}

// finish writes the results of a file whose lines have all ended, and forgets whom it paid.
func (d *Desk) finish(ctx context.Context, k key, f *file) error {
	temporary, err := os.CreateTemp(d.cfg.Dir, incoming)
	if err != nil {
		return fmt.Errorf("bulk: results: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // it has its name, or is not whole
	w := bufio.NewWriterSize(temporary, 1<<16)
	err = errors.Join(d.writeResults(ctx, w, k, f.SHA256), w.Flush(), temporary.Sync(), temporary.Close())
	if err != nil {
		return fmt.Errorf("bulk: results: %w", err)
	}
	if err := rename(temporary.Name(), d.resultsPath(f.SHA256), d.cfg.Dir); err != nil {
		return err
	}
	if err := d.cfg.failpoint("results written"); err != nil {
		return err
	}
	if err := d.release(k, f); err != nil {
		return err
	}
	err = d.db.Update(func(tx *bolt.Tx) error {
		f, err := loadFile(tx, k)
		if err != nil {
			return err
		}
		f.State, f.Finished = Finished, now()
		return errors.Join(saveFile(tx, k, f), tx.Bucket(bucketLines).DeleteBucket(k[:]))
	})
	if err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	d.mu.Lock()
	d.live = slices.DeleteFunc(d.live, func(other key) bool { return other == k })
	delete(d.holds, k)
	d.mu.Unlock()
	if err := d.cfg.failpoint("finished"); err != nil {
		return err
	}
	if err := os.Remove(d.path(f.SHA256)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("bulk: %w", err)
	}
	return nil
}
