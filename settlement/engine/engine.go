// Package engine has clearing batches decided, written and told of. It is the rim around the pure state machine of
// settlement/decide: it reads streams (arriving.go), has one batch after the other written in one transaction each
// (engine.go), publishes what they say (publish.go), and has witnesses asked about the log (witnessing.go). Replay decides a whole ledger again.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/failpoint"
	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/screen"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Limits on one batch: what is there is taken, up to these, and the rest is the next batch's. Rows beyond some
// ten thousand a transaction gain nothing more, and each waits for all.
const (
	maxMessages = 8192
	maxCommands = 500
)

// Hub is what the engine needs of the message system. *messaging.Hub is one.
type Hub interface {
	Read(ctx context.Context, participant string, after messaging.Position, out chan<- messaging.Received) error
	Publish(ctx context.Context, messages []messaging.Outgoing) error
	Deliver(ctx context.Context, deliveries []messaging.Delivery) error
	LastDelivery(ctx context.Context, participant string) (last messaging.Delivery, found bool, err error)
}

// Config is what an engine needs.
type Config struct {
	Ledger *store.Ledger
	Hub    Hub
	Signer note.Signer                          // signs the log's checkpoints; its name is the log's origin
	Holder string                               // names this engine in the lease, for people
	Clock  func() time.Time                     // time.Now, outside tests
	Log    *slog.Logger                         //
	Notice func(ctx context.Context, s Summary) // told of each batch after its commit; may be nil
	Screen decide.Screen                        // hashes accounts for the screening lists; nil where there are none

	Screener screen.Screener // is asked about every new intent before it is decided on; nil for none
	Persons  *persons.Store  // seals what is closed before it is kept; nil where it is kept as it comes
	Tracer   trace.Tracer    // nil for none
}

// Engine clears, while it leads.
type Engine struct {
	Config
	state    *decide.State
	lead     *store.Lead
	arriving *arriving
	wake     chan struct{}
	writing  chan decided
	outbox   chan outgoing
	compared chan totals
	// unwitnessed holds the newest checkpoint that witnesses are to be asked about.
	unwitnessed chan unwitnessed
	reading     map[int32]bool
	recent      *decide.Recent // what the batch knows that was handed over last

	screening *screening
}

// decided is a batch on its way into the database.
type decided struct {
	batch   *ledger.Batch
	encoded *store.Encoded
	summary Summary
	started time.Time
	witness unwitnessed
	traced  traced
}

// New makes an engine. It does nothing before Run.
func New(config Config) *Engine {
	return &Engine{Config: config, screening: newScreening(config.Screener)}
}

// Run waits for the lead, loads the state, and clears until ctx ends or something breaks. Afterwards
// Run may be called again: it starts from what the database holds. An error that wraps
// *messaging.BackwardsError must not be retried: a stream lost what the ledger has already seen. Nor one that
// wraps *messaging.DuplicateError: a stream has what the ledger does not know. Nor one that wraps
// *ledger.DriftError: balances are not what their postings make of them.
//
// Three stages work at once. Messages are verified and decoded as they arrive, on all cores; the loop decides
// the next batch on the state that the last one left; the one before is being written. So the state in memory
// may be one batch ahead of the database, and after any error it is thrown away.
func (e *Engine) Run(ctx context.Context) error {
	err := e.run(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

func (e *Engine) run(ctx context.Context) error {
	lead, err := e.Ledger.TakeLead(ctx, e.Holder)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	defer lead.Release() //nolint:contextcheck // see Release
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return e.Ledger.RenewLead(ctx, lead.Epoch()) })
	group.Go(func() error { return e.serve(ctx, group, lead) })
	return group.Wait()
}

// serve loads the state and starts what clears by it.
func (e *Engine) serve(ctx context.Context, group *errgroup.Group, lead *store.Lead) error {
	snapshot, err := lead.Load(ctx)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if err := e.eraseAgain(ctx); err != nil {
		return err
	}
	if err := e.unsealAll(snapshot); err != nil {
		return err
	}
	if e.state, err = decide.Restore(snapshot); err != nil {
		return err
	}
	e.lead = lead
	e.arriving = newArriving(e.Screen, e.Persons)
	e.wake = make(chan struct{}, 1)
	e.writing = make(chan decided)
	e.outbox = make(chan outgoing, unpublishedBatches)
	e.compared = make(chan totals, 1)
	e.unwitnessed = make(chan unwitnessed, 1)
	size, signed, err := e.Ledger.NewestCheckpoint(ctx)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	e.submit(e.toWitness(size, signed)) // what an earlier engine left waiting
	e.reading, e.recent = map[int32]bool{}, nil
	e.Log.Info("leading", "epoch", lead.Epoch(), "batch", e.state.LastBatch(), "open", e.state.Open())

	group.Go(func() error {
		return e.Ledger.WatchCommands(ctx, e.awake)
	})
	group.Go(func() error { return e.arriving.decode(ctx) })
	group.Go(func() error { return e.write(ctx) })
	last := e.state.LastOutbox()
	group.Go(func() error { return e.publish(ctx, last) })
	group.Go(func() error { return e.compare(ctx) })
	group.Go(func() error { return e.haveWitnessed(ctx) })
	group.Go(func() error { return every(ctx, selfCheckEvery, e.Ledger.SelfCheck) })
	return e.loop(ctx, group)
}

// awake has the loop look for commands.
func (e *Engine) awake() {
	select {
	case e.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// readNew starts a reader for every participant that has none yet.
func (e *Engine) readNew(ctx context.Context, group *errgroup.Group) error {
	for _, p := range e.state.Participants() {
		if p.Role == settlement.RoleProvider || e.reading[p.ID] {
			continue
		}
		e.reading[p.ID] = true
		if err := e.arriving.admit(p); err != nil {
			return err
		}
		name, after := p.Name, e.state.ReadTo(p.ID)
		group.Go(func() error {
			if err := e.Hub.Read(ctx, name, after, e.arriving.inbox); err != nil {
				return fmt.Errorf("engine: read %s: %w", name, err)
			}
			return nil
		})
	}
	return nil
}

// loop decides one batch after the other. Alone, a transfer clears at once; under load, what arrived while the writer
// was busy, or the loop rested (pace.go), is the next batch.
func (e *Engine) loop(ctx context.Context, group *errgroup.Group) error {
	due, pace := newWaker(e.Clock), newPace()
	defer due.timer.Stop()
	defer pace.timer.Stop()
	for {
		if err := pace.wait(ctx); err != nil {
			return err
		}
		if err := e.readNew(ctx, group); err != nil {
			return err
		}
		var messages []decide.Message
		var commands []settlement.Command
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case first := <-e.arriving.decoded:
			if messages, err = e.arriving.collect(first); err != nil {
				return err
			}
		case <-e.wake:
			if commands, err = e.Ledger.Commands(ctx, e.state.LastCommand(), maxCommands); err != nil {
				return fmt.Errorf("engine: %w", err)
			}
			if len(commands) == maxCommands { // there may be more
				e.awake()
			}
		case <-due.timer.C:
		}
		pace.began(len(messages))
		if err := e.batch(ctx, commands, messages); err != nil {
			return err
		}
		due.set(e.state.NextMoment(e.Clock()))
	}
}

// batch decides one batch and hands it to the writer, if there is anything to decide.
func (e *Engine) batch(ctx context.Context, commands []settlement.Command, messages []decide.Message) error {
	now := e.Clock().UTC().Truncate(time.Microsecond) // what PostgreSQL keeps
	moment, waits := e.state.NextMoment(now)
	if len(commands) == 0 && len(messages) == 0 && (!waits || moment.After(now)) {
		return nil
	}
	started := e.Clock()
	traced := e.traceBatch(ctx, messages)
	if err := e.decodeAgain(messages); err != nil {
		return err
	}
	e.state.Order(messages)
	in := decide.Inputs{Rules: decide.Rules, Now: now, Commands: commands, Messages: messages, Before: e.recent, Closing: decide.ByTimetable}
	// The database is asked while the batch before may still be on its way there: what that one knows comes
	// along. Its predecessor is committed, or it would not have been handed over.
	var err error
	if in.Letters, err = e.letters(ctx, commands); err != nil {
		return err
	}
	if in.TakenAgain, err = e.takenAgain(in.Letters); err != nil {
		return err
	}
	asked := slices.AppendSeq(slices.Clip(messages), maps.Values(in.TakenAgain)) // whose ids and transfers the database is asked about
	if in.Known, err = e.Ledger.Intents(ctx, e.state.Doubtful(asked)); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if in.Finished, err = e.Ledger.Finished(ctx, e.state.LateTransfers(asked)); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if err := e.screen(ctx, asked, &in); err != nil {
		return err
	}
	if in.Evidence, err = e.Ledger.Evidence(ctx, decide.References(in.Commands)); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	deciding := traced.step(ctx, "decide")
	b, err := e.state.Decide(in)
	deciding.End(err)
	if err != nil {
		return err
	}
	e.recent = &decide.Recent{Known: in.Known, Finished: in.Finished, Evidence: in.Evidence, Letters: in.Letters}
	if err := e.turnKeys(b); err != nil {
		return err
	}
	for _, h := range b.Rails {
		e.Log.Warn("rail", "of", e.state.Participants()[h.Participant-1].Name, "state", h.State, "since", h.Since, "waiting", h.Waiting)
	}
	failpoint.Hit("decided")
	tree := e.state.Tree()
	checkpoint := audit.Checkpoint{Origin: audit.Origin(e.Signer.Name()), Size: tree.Size(), Root: tree.Root()}
	b.Checkpoint.Size = checkpoint.Size
	if b.Checkpoint.Note, err = checkpoint.Sign(e.Signer); err != nil {
		return err
	}
	for _, hash := range tree.Edge() {
		b.Checkpoint.Edge = append(b.Checkpoint.Edge, hash[:]...)
	}
	select {
	case e.writing <- decided{batch: b, encoded: e.lead.Encode(b), summary: summarize(b, len(messages)), started: started,
		witness: e.toWitness(b.Checkpoint.Size, b.Checkpoint.Note), traced: traced}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write writes batches in the order in which they were decided, and has each published and told of after its
// commit.
func (e *Engine) write(ctx context.Context) error {
	for {
		var next decided
		select {
		case next = <-e.writing:
		case <-ctx.Done():
			return ctx.Err()
		}
		posting := next.traced.step(ctx, "post")
		err := e.lead.Write(ctx, next.encoded)
		posting.End(err)
		next.traced.end(next.summary, err)
		if err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		failpoint.Hit("written")
		e.closed(next.batch)
		e.submit(next.witness)
		if alarm := next.batch.Clearing.Alarm; len(alarm) > 0 {
			e.Log.Error("netting passed a limit; its choice was thrown away", "batch", next.batch.ID, "tiers", alarm)
		}
		if e.Notice != nil {
			next.summary.Took = e.Clock().Sub(next.started)
			e.Notice(ctx, next.summary)
		}
		for _, event := range next.batch.Life {
			if event.Kind == ledger.LifeUnheard {
				e.Log.Warn("nobody answers; a person has to look", "transfer", event.Transfer.String(), "about", event.About)
			}
		}
		select {
		case e.outbox <- outgoing{messages: next.batch.Outbox, follows: next.traced.follows}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
