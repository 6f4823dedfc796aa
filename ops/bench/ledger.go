package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/settlement/store"
)

// LedgerOptions say what to measure of the ledger alone.
type LedgerOptions struct {
	Transfers int    // of each size of batch
	Seed      uint64 // the same seed is the same traffic
	Sizes     []int  // transfers a batch; nil for those of the target
	Log       *slog.Logger
	Progress  func(string) // told what begins; may be nil
}

// ledgerParticipants are as many as in a usual run of E2E.
const ledgerParticipants = 50

// LedgerRow is one size of batch, measured.
type LedgerRow struct {
	Batch         int     `json:"batch"` // transfers
	Batches       int     `json:"batches"`
	Transfers     int     `json:"transfers"`
	TransfersPerS float64 `json:"transfers_per_s"`
	Copy          anchor  `json:"copy"`     // of the same rows over one connection
	CopyTwo       anchor  `json:"copy_two"` // over two
	Ratio         float64 `json:"ratio_to_copy"`
	RatioTwo      float64 `json:"ratio_to_copy_two"`
}

// LedgerReport is what Ledger measured.
type LedgerReport struct {
	Rows          []LedgerRow `json:"rows"`
	TransfersPerS float64     `json:"transfers_per_s"` // the best row's
	Targets       []Goal      `json:"targets"`
	Truth         []Truth     `json:"truth"`
}

// Ledger measures the ledger alone: batches of transfers that are chosen already, written one after the other
// through the lead as the engine writes them, durable, while the next one is made. A row a transfer, its state, one
// or two postings, and for each batch balances, liquidity, the log's entry, the signed checkpoint and the batch. The
// raw COPY beside it is of the same rows (e2e_copy.go).
//
// Not in it, beside what e2e measures on top: messages as they came, ids of intents, the outbox, and the record
// that the log's entry names; they are not the ledger's own.
func Ledger(ctx context.Context, o LedgerOptions) (*LedgerReport, error) {
	if o.Sizes == nil {
		o.Sizes = []int{1000, 10_000, 20_000}
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Transfers < slices.Max(o.Sizes) {
		return nil, fmt.Errorf("bench: %d transfers make no batch of %d", o.Transfers, slices.Max(o.Sizes))
	}
	m, err := newMarket(ledgerParticipants, mostAway, o.Seed, time.Now())
	if err != nil {
		return nil, err
	}
	private, _, err := note.GenerateKey(rand.Reader, logOrigin)
	if err != nil {
		return nil, fmt.Errorf("bench: log key: %w", err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, fmt.Errorf("bench: log key: %w", err)
	}
	payments := 0
	for _, size := range o.Sizes {
		payments += o.Transfers / size * size
	}
	h, err := openHouse(ctx, "", nil, o.Log)
	if err != nil {
		return nil, err
	}
	r := &LedgerReport{}
	measured := r.measure(ctx, h, newBook(m.traffic(payments+payments%2, o.Seed), signer), o)
	if err := errors.Join(measured, h.close(context.WithoutCancel(ctx))); err != nil {
		return nil, err
	}
	r.Targets = []Goal{newGoal("ledger alone, transfers/s", r.TransfersPerS, 150_000, 250_000, false, untrue(r.Truth))}
	return r, nil
}

func (r *LedgerReport) measure(ctx context.Context, h *house, b *book, o LedgerOptions) error {
	lead, err := h.books.TakeLead(ctx, "bench")
	if err != nil {
		return err
	}
	defer lead.Release() //nolint:contextcheck // see Release
	first, err := b.opening(time.Now())
	if err != nil {
		return err
	}
	if err := lead.Write(ctx, lead.Encode(first)); err != nil {
		return err
	}
	for _, size := range o.Sizes {
		o.Progress(fmt.Sprintf("batches of %d", size))
		if _, err := h.admin.Exec(ctx, "CHECKPOINT"); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		row := LedgerRow{Batch: size, Batches: o.Transfers / size, Transfers: o.Transfers / size * size}
		before, began := b.batch, time.Now()
		if err := write(ctx, lead, b, row.Batches, size); err != nil {
			return err
		}
		row.TransfersPerS = float64(row.Transfers) / time.Since(began).Seconds()
		var batches []int64
		for n := range min(row.Batches, max(1, copySample/size)) {
			batches = append(batches, before+int64(n)+1)
		}
		for connections, into := range []*anchor{&row.Copy, &row.CopyTwo} {
			if *into, err = h.copyAgain(ctx, batches, len(batches)*size, connections+1); err != nil {
				return err
			}
		}
		row.Ratio, row.RatioTwo = row.TransfersPerS/row.Copy.TransfersPerS, row.TransfersPerS/row.CopyTwo.TransfersPerS
		r.Rows, r.TransfersPerS = append(r.Rows, row), max(r.TransfersPerS, row.TransfersPerS)
	}
	return r.truth(ctx, h)
}

// write writes so many batches, each while the next is made and encoded, as the engine does.
func write(ctx context.Context, lead *store.Lead, b *book, batches, size int) error {
	made := make(chan *store.Encoded, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(made)
		for range batches {
			next, err := b.clear(size, time.Now())
			if err != nil {
				return err
			}
			select {
			case made <- lead.Encode(next):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		for next := range made {
			if err := lead.Write(ctx, next); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// truth holds what the ledger has against what was written.
func (r *LedgerReport) truth(ctx context.Context, h *house) error {
	written := 0
	for _, row := range r.Rows {
		written += row.Transfers
	}
	for _, question := range []struct {
		name, sql, detail string
		want              int
	}{
		{"all_kept", "SELECT count(*) FROM ledger.transfer", "%d transfers, of %d", written},
		{"all_cleared", "SELECT count(*) FROM ledger.transfer_event WHERE state = 'cleared'", "%d cleared, of %d", written},
		{
			"zero_sum", `SELECT count(*) FROM (SELECT FROM ledger.balance_now GROUP BY currency HAVING sum(balance_minor) <> 0) c`,
			"%d currencies in which balances do not add up to zero, of %d", 0,
		},
		{"balances_are_postings", `SELECT count(*) FROM ledger.balance_now b LEFT JOIN (
			SELECT side.account, sum(side.amount) AS balance FROM ledger.posting p
			CROSS JOIN LATERAL (VALUES (p.debit, -p.amount), (p.credit, p.amount)) AS side (account, amount) GROUP BY 1
		) p ON p.account = b.account WHERE b.balance_minor <> coalesce(p.balance, 0)`, "%d balances that are not their postings, want %d", 0},
	} {
		var found int
		if err := h.admin.QueryRow(ctx, question.sql).Scan(&found); err != nil {
			return fmt.Errorf("bench: %s: %w", question.name, err)
		}
		r.Truth = append(r.Truth, Truth{
			Name: question.name, OK: found == question.want, Detail: fmt.Sprintf(question.detail, found, question.want),
		})
	}
	return nil
}

// OK tells whether everything was as it must be, whatever the speed.
func (r *LedgerReport) OK() bool { return !untrue(r.Truth) }

// Table writes the report for people.
func (r *LedgerReport) Table() string {
	var b strings.Builder
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "batches of %6d  %9.0f transfers/s  raw COPY of the same rows over one connection %9.0f (ratio %.3f), over two %9.0f (ratio %.3f)\n",
			row.Batch, row.TransfersPerS, row.Copy.TransfersPerS, row.Ratio, row.CopyTwo.TransfersPerS, row.RatioTwo)
	}
	if len(r.Rows) > 0 {
		fmt.Fprintf(&b, "%s\n", r.Rows[len(r.Rows)-1].CopyTwo.line())
	}
	for _, g := range r.Targets {
		fmt.Fprintf(&b, "%s\n", g.line())
	}
	for _, t := range r.Truth {
		if !t.OK {
			fmt.Fprintf(&b, "BROKEN  %s: %s\n", t.Name, t.Detail)
		}
	}
	return b.String()
}
