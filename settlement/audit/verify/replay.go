package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// DivergedError says which entry of the log is the first that does not follow from what is before it.
type DivergedError struct {
	Index    int64  // of the entry
	Batch    int64  // 0 where none could be read
	What     string // where in the entry, or in what it names
	Expected string // what follows from the log so far
	Found    string // what stands there
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("verify: entry %d (batch %d): %s: expected %s, found %s", e.Index, e.Batch, e.What, e.Expected, e.Found)
}

// Progress is how far a replay is.
type Progress struct {
	Index     int64 // entries up to here, this one excluded, hold
	At        time.Time
	Batches   int64
	Commands  int64
	Messages  int64 // whose signatures were verified
	Transfers int64 // accepted
	Cleared   int64
	Postings  int64
	Unread    int64 // messages that nobody could read, for which the switch's word stands
}

// Step is a batch that holds: what it was decided on, and what came out.
type Step struct {
	Index    int64 // of its entry
	Inputs   decide.Inputs
	Messages []Message // in the order of the inputs
	Batch    *ledger.Batch
	State    *decide.State // after it; good until the next step

	beside func(judge func() error)
}

// Observer is shown each batch that holds, in order. Its error ends the replay there.
type Observer func(Step) error

// ahead is how many batches are read and their messages verified before their turn.
const ahead = 64

// Replay decides a whole log again, from its first entry, and shows each batch that holds to the observers, in
// order. It ends with *DivergedError at the first entry that does not follow, or with what reading the log ended
// with.
func Replay(ctx context.Context, log Log, progress func(Progress), observers ...Observer) (Progress, error) {
	group, ctx := errgroup.WithContext(ctx)
	keys, held := &keyring{}, &held{freed: make(chan struct{}, 1)}
	found := make(chan *batch)
	ordered := make(chan chan *batch, ahead)
	group.Go(func() error {
		defer close(found)
		return split(ctx, log, found)
	})
	group.Go(func() error { return readAhead(ctx, group, log, keys, held, found, ordered) })
	r := &replay{keys: keys, observers: observers, progress: progress}
	group.Go(func() error { return r.run(ctx, held, ordered) })
	err := group.Wait()
	return r.done, err
}

// split hands out the log's batches: an entry of one, and those of its commands.
func split(ctx context.Context, log Log, found chan<- *batch) error {
	var current *batch
	index := int64(0)
	hand := func() error {
		if current == nil {
			return nil
		}
		select {
		case found <- current:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := log.Visit(ctx, func(text []byte) error {
		text = bytes.Clone(text)
		switch {
		case isBatch(text):
			if err := hand(); err != nil {
				return err
			}
			current = &batch{index: index, entry: text}
		case current == nil:
			return &DivergedError{Index: index, What: "the log's first entry", Expected: "a batch", Found: quote(text)}
		default:
			current.commands = append(current.commands, text)
		}
		index++
		return nil
	})
	switch {
	case errors.Is(err, ErrCutOff): // nor can the batch be judged whose last entries may be missing
		return nil
	case err != nil:
		return err
	}
	return hand()
}

// isBatch tells what an entry is by what canonical entries of batches alone have.
func isBatch(text []byte) bool { return bytes.Contains(text, []byte(`"kind":"batch"`)) }

// readAhead has batches read on all cores, and hands them on in order.
func readAhead(ctx context.Context, group *errgroup.Group, log Log, keys *keyring, held *held, found <-chan *batch, ordered chan<- chan *batch) error {
	defer close(ordered)
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	for b := range found {
		if err := held.room(ctx); err != nil {
			return err
		}
		done := make(chan *batch, 1)
		select {
		case ordered <- done:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		group.Go(func() error {
			b.read(log, keys)
			held.bytes.Add(b.bytes)
			<-places
			done <- b
			return nil
		})
	}
	return nil
}

// maxHeld bounds in bytes what was read before its turn, but for one batch a core: blobs may be large, and a hostile log can
// name one many times.
const maxHeld = 256 << 20

// held counts what was read and waits for its turn. Batches are begun in order, so whoever waits for room waits for
// those before it alone.
type held struct {
	bytes atomic.Int64
	freed chan struct{} // holds one, so that none is missed
}

func (h *held) room(ctx context.Context) error {
	for h.bytes.Load() > maxHeld {
		select {
		case <-h.freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (h *held) free(bytes int64) {
	h.bytes.Add(-bytes)
	select {
	case h.freed <- struct{}{}:
	default:
	}
}

// replay is a log being decided again.
type replay struct {
	keys      *keyring
	observers []Observer
	progress  func(Progress)
	done      Progress
	last      *judged // the batch before, which is still being judged; nil before the first
}

// judged is a batch that was decided again and is judged beside the next.
type judged struct {
	batch   *batch
	decided *ledger.Batch
	by      errgroup.Group
}

func (r *replay) run(ctx context.Context, held *held, ordered <-chan chan *batch) error {
	state, err := decide.Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{},
	})
	if err != nil {
		return err
	}
	memory := newMemory()
	for next := range ordered {
		var b *batch
		select {
		case b = <-next:
		case <-ctx.Done():
			return r.end(ctx.Err())
		}
		held.free(b.bytes)
		decided, err := r.decide(b, state, memory)
		if err := r.end(err); err != nil { // what is wrong with the batch before comes first
			return err
		}
		r.last = &judged{batch: b, decided: decided}
		step := Step{Index: b.index, Inputs: b.inputs, Batch: decided, State: state, Messages: b.messages, beside: r.last.by.Go}
		for _, observe := range r.observers {
			if err := observe(step); err != nil {
				r.last = nil
				return err
			}
		}
	}
	return r.end(nil)
}

// decide decides a batch again, and holds it against the log.
func (r *replay) decide(b *batch, state *decide.State, m *memory) (*ledger.Batch, error) {
	if b.err != nil {
		return nil, &DivergedError{Index: b.index, Batch: b.head.Batch, What: b.err.Error(), Expected: "an entry that can be replayed", Found: quote(b.entry)}
	}
	if err := b.settle(state, r.keys, m); err != nil {
		return nil, err
	}
	decided, err := state.Decide(b.inputs)
	if err != nil {
		return nil, &DivergedError{Index: b.index, Batch: b.head.Batch, What: "deciding it again", Expected: "a sound batch", Found: err.Error()}
	}
	return decided, b.compare(decided)
}

// end waits for what is judged of the batch before, which holds only then. Its error comes before that of the next.
func (r *replay) end(next error) error {
	if r.last == nil {
		return next
	}
	last := r.last
	r.last = nil
	if err := last.by.Wait(); err != nil {
		return err
	}
	r.advance(last.batch, last.decided)
	return next
}

func (r *replay) advance(b *batch, decided *ledger.Batch) {
	r.done.Index = b.index + 1 + int64(len(b.commands))
	r.done.At = decided.DecidedAt
	r.done.Batches++
	r.done.Commands += int64(len(b.commands))
	r.done.Transfers += int64(decided.Accepted)
	r.done.Cleared += int64(decided.Cleared)
	r.done.Postings += int64(len(decided.Postings))
	for _, m := range b.messages {
		if m.Fault == "" {
			r.done.Messages++
		} else {
			r.done.Unread++
		}
	}
	if r.progress != nil {
		r.progress(r.done)
	}
}

func quote(text []byte) string { return fmt.Sprintf("%.200q", text) }
