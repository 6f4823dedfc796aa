package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"text/tabwriter"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Parting says where two logs part, and what that comes to.
type Parting struct {
	SizeA  int64                `json:"size_a"` // entries
	SizeB  int64                `json:"size_b"`
	Common int64                `json:"common"`           // entries, from the first on, that are the same
	EntryA string               `json:"entry_a,omitzero"` // the first that differs; "" where the log has ended
	EntryB string               `json:"entry_b,omitzero"`
	First  []journal.Difference `json:"first,omitzero"` // in the books, in the first batch where these differ
	End    []journal.Difference `json:"end,omitzero"`   // of accounts, positions and windows, when both logs have ended
}

// Same tells whether the two are one log.
func (p *Parting) Same() bool { return p.SizeA == p.SizeB && p.Common == p.SizeA }

// Diff verifies two exports and says where they part. A log that does not verify is a *DiffersError.
func Diff(ctx context.Context, a, b Config) (*Parting, error) {
	p, err := part(ctx, a, b)
	if err != nil {
		return nil, asDiffers(err)
	}
	books, err := journal.Compare(batches(ctx, a), batches(ctx, b))
	if err != nil {
		return nil, err
	}
	if books != nil {
		p.First, p.End = books.First, books.End
	}
	return p, nil
}

// part compares entries, byte by byte.
func part(ctx context.Context, a, b Config) (*Parting, error) {
	logA, err := openLog(a)
	if err != nil {
		return nil, err
	}
	logB, err := openLog(b)
	if err != nil {
		return nil, err
	}
	nextA, stopA := iter.Pull2(logA.Entries(ctx, 0))
	defer stopA()
	nextB, stopB := iter.Pull2(logB.Entries(ctx, 0))
	defer stopB()
	p := &Parting{SizeA: logA.Checkpoint().Size, SizeB: logB.Checkpoint().Size}
	for {
		x, errX, moreX := nextA()
		y, errY, moreY := nextB()
		if err := errors.Join(errX, errY); err != nil {
			return nil, err
		}
		if !moreX || !moreY || !bytes.Equal(x.Body, y.Body) {
			p.EntryA, p.EntryB = string(x.Body), string(y.Body)
			return p, nil
		}
		p.Common++
	}
}

func openLog(cfg Config) (*audit.Export, error) {
	export, err := audit.OpenExport(os.DirFS(cfg.Dir), audit.Trust{Key: cfg.Key, Receipts: anyReceipt})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Dir, err)
	}
	return export, nil
}

// batches hands over those of an export while it is verified. An error, a *DiffersError where the log does not hold,
// names the export.
func batches(ctx context.Context, cfg Config) journal.Batches {
	return func(yield func(*ledger.Batch, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		decided, failed := make(chan *ledger.Batch), make(chan error, 1)
		go func() {
			defer close(decided)
			failed <- replayed(ctx, cfg, func(s verify.Step) error {
				select {
				case decided <- s.Batch:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		}()
		defer func() {
			stop()
			for range decided {
				continue // until the replay has ended
			}
		}()
		for b := range decided {
			if !yield(b, nil) {
				return
			}
		}
		if err := <-failed; err != nil {
			yield(nil, fmt.Errorf("%s: %w", cfg.Dir, err))
		}
	}
}

// Table writes it for people.
func (p *Parting) Table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) {
		fmt.Fprintf(w, format+"\n", args...) //nolint:errcheck // Flush tells of it
	}
	if p.Same() {
		row("one log of %d entries", p.Common)
		return w.Flush()
	}
	row("%d entries are the same; %d in A, %d in B", p.Common, p.SizeA, p.SizeB)
	row("A  %s\nB  %s", orEnd(p.EntryA), orEnd(p.EntryB))
	for _, part := range []struct {
		title       string
		differences []journal.Difference
	}{{"THE FIRST BATCH THAT DIFFERS", p.First}, {"AT THE END", p.End}} {
		if len(part.differences) == 0 {
			continue
		}
		row("\n%s\tFIELD\tA\tB", part.title)
		for _, d := range part.differences {
			row("%s %d %s\t%s\t%s\t%s", d.Noun, d.ID, d.Account, d.Field, orNothing(d.A), orNothing(d.B))
		}
	}
	return w.Flush()
}

func orEnd(entry string) string {
	if entry == "" {
		return "the log has ended"
	}
	return entry
}

func orNothing(said string) string {
	if said == "" {
		return "-"
	}
	return said
}
