package audit

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/audit/verify"
)

// DiffersError ends what rests on a log that is not what follows from it.
type DiffersError struct{ Difference }

func (e *DiffersError) Error() string {
	return "audit: the log is not what it should be: " + e.Difference.String()
}

// replayed verifies an export from end to end, as Verify does, and shows each batch to the observers. Only once it has
// ended without an error does what they saw hold. A difference is a *DiffersError.
func replayed(ctx context.Context, cfg Config, observers ...verify.Observer) error {
	r := &Report{}
	export, err := openExport(cfg, nil)
	if err == nil {
		err = r.verify(ctx, export, cfg, observers...)
	}
	return asDiffers(err)
}

func asDiffers(err error) error {
	if difference := differenceOf(err); difference != nil {
		return &DiffersError{Difference: *difference}
	}
	return err
}

// RangeError says that a log has no such entry.
type RangeError struct{ Index, Size int64 }

func (e *RangeError) Error() string {
	return fmt.Sprintf("audit: entry %d of a log that has %d, the first of them 0", e.Index, e.Size)
}

// Moment is where in a log to stop: at an entry, or at a time where that is set.
type Moment struct {
	Index int64
	At    time.Time
}

// after tells whether the batch of an entry begins after the moment.
func (m Moment) after(index int64, began time.Time) bool {
	if m.At.IsZero() {
		return index > m.Index
	}
	return began.After(m.At)
}

// StateAt verifies an export up to a moment, and says what the accounts have then: after the last batch that began
// until it. An entry in the middle of a batch means that batch. Errors are *RangeError, and *DiffersError.
func StateAt(ctx context.Context, cfg Config, until Moment) (*journal.State, error) {
	export, err := audit.OpenExport(os.DirFS(cfg.Dir), audit.Trust{Key: cfg.Key, Receipts: anyReceipt})
	if err != nil {
		return nil, asDiffers(err)
	}
	size := export.Checkpoint().Size
	if until.At.IsZero() && (until.Index < 0 || until.Index >= size) {
		return nil, &RangeError{Index: until.Index, Size: size}
	}
	state := journal.NewState()
	log := &beginning{exported: exported{export: export}, until: until}
	_, err = verify.Replay(ctx, log, func(p verify.Progress) {
		if cfg.Watch != nil {
			cfg.Watch(p.Index, size)
		}
	}, verify.SecondOpinion(), func(s verify.Step) error { return state.Apply(s.Batch) })
	if err != nil {
		return nil, asDiffers(err)
	}
	return state, nil
}

// beginning is an export up to a moment. What is behind it is not looked at, so it cannot differ.
type beginning struct {
	exported
	until Moment
}

// Visit implements verify.Log.
func (b *beginning) Visit(ctx context.Context, visit func(entry []byte) error) error {
	for e, err := range b.export.Entries(ctx, 0) {
		if err != nil {
			return err
		}
		if began, ok := verify.Began(e.Body); ok && b.until.after(e.Index, began) {
			return nil
		}
		if err := visit(e.Body); err != nil {
			return err
		}
	}
	return nil
}
