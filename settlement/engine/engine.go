package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Limits on one batch: what is there is taken, up to these, and the rest is the next batch's.
const (
	maxMessages = 256 // with up to messaging.MaxIntents each
	maxCommands = 500
)

// Hub is what the engine needs of the message system. *messaging.Hub is one.
type Hub interface {
	Read(ctx context.Context, participant string, after messaging.Position, out chan<- messaging.Received) error
	Publish(ctx context.Context, messages []messaging.Outgoing) error
}

// Config is what an engine needs.
type Config struct {
	Ledger *ledger.Ledger
	Hub    Hub
	Signer note.Signer                          // signs the log's checkpoints; its name is the log's origin
	Holder string                               // names this engine in the lease, for people
	Clock  func() time.Time                     // time.Now, outside tests
	Log    *slog.Logger                         //
	Notice func(ctx context.Context, s Summary) // told of each batch after its commit; may be nil
}

// Summary is what a committed batch did.
type Summary struct {
	Batch                                     int64
	Messages, Commands                        int
	Accepted, Refused, Cleared, Ended, Queued int
	DeadLetters                               int
	Took                                      time.Duration // from having the inputs to the commit
}

// Engine clears, while it leads.
type Engine struct {
	Config
	state    *state
	lead     *ledger.Lead
	inbox    chan messaging.Received
	wake     chan struct{}
	outbox   chan []ledger.OutboxMessage
	reading  map[int32]bool
	verifier map[string]*messaging.Verifier
}

// New makes an engine. It does nothing before Run.
func New(config Config) *Engine {
	return &Engine{Config: config}
}

// Run waits for the lead, loads the state, and clears until ctx ends or something breaks. Afterwards
// Run may be called again: it starts from what the database holds. An error that wraps
// *messaging.BackwardsError must not be retried: a stream lost what the ledger has already seen.
func (e *Engine) Run(ctx context.Context) error {
	lead, err := e.Ledger.TakeLead(ctx, e.Holder)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	defer lead.Release() //nolint:contextcheck // see Release
	snapshot, err := lead.Load(ctx)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if e.state, err = restore(snapshot); err != nil {
		return err
	}
	e.lead = lead
	e.inbox = make(chan messaging.Received, maxMessages)
	e.wake = make(chan struct{}, 1)
	e.outbox = make(chan []ledger.OutboxMessage, 16)
	e.reading, e.verifier = map[int32]bool{}, map[string]*messaging.Verifier{}
	e.Log.Info("leading", "epoch", lead.Epoch(), "batch", e.state.lastBatch, "open", len(e.state.open))

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return e.Ledger.WatchCommands(ctx, e.awake)
	})
	group.Go(func() error { return e.publish(ctx) })
	group.Go(func() error { return e.loop(ctx, group) })
	err = group.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

// awake has the loop look for commands.
func (e *Engine) awake() {
	select {
	case e.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// readNew starts a reader for every participant that has none yet.
func (e *Engine) readNew(ctx context.Context, group *errgroup.Group) {
	for _, p := range e.state.participants {
		if p.Role == settlement.RoleProvider || e.reading[p.ID] {
			continue
		}
		e.reading[p.ID] = true
		name, after := p.Name, e.state.positions[p.ID]
		group.Go(func() error {
			if err := e.Hub.Read(ctx, name, after, e.inbox); err != nil {
				return fmt.Errorf("engine: read %s: %w", name, err)
			}
			return nil
		})
	}
}

// loop makes one batch after the other. It never waits for more than the first input: alone, a
// transfer clears at once; under load, what arrived during one batch is the next.
func (e *Engine) loop(ctx context.Context, group *errgroup.Group) error {
	expiry := time.NewTimer(0)
	defer expiry.Stop()
	for {
		e.readNew(ctx, group)
		var received []messaging.Received
		var commands []settlement.Command
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case first := <-e.inbox:
			received = append(received, first)
		case <-e.wake:
			if commands, err = e.Ledger.Commands(ctx, e.state.lastCommand, maxCommands); err != nil {
				return fmt.Errorf("engine: %w", err)
			}
			if len(commands) == maxCommands { // there may be more
				e.awake()
			}
		case <-expiry.C:
		}
		received = e.drain(received)
		if err := e.batch(ctx, commands, received); err != nil {
			return err
		}
		if deadline, ok := e.state.nextDeadline(); ok {
			expiry.Reset(max(deadline.Sub(e.Clock()), 0))
		}
	}
}

// drain takes what has arrived already.
func (e *Engine) drain(received []messaging.Received) []messaging.Received {
	for len(received) < maxMessages {
		select {
		case next := <-e.inbox:
			received = append(received, next)
		default:
			return received
		}
	}
	return received
}

// batch decides and writes one batch, if there is anything to decide.
func (e *Engine) batch(ctx context.Context, commands []settlement.Command, received []messaging.Received) error {
	now := e.Clock().UTC().Truncate(time.Microsecond) // what PostgreSQL keeps
	deadline, waits := e.state.nextDeadline()
	if len(commands) == 0 && len(received) == 0 && (!waits || deadline.After(now)) {
		return nil
	}
	started := e.Clock()
	in := inputs{rules: Rules, now: now, commands: commands}
	var err error
	if in.messages, err = e.decode(received); err != nil {
		return err
	}
	if in.known, err = e.lead.Intents(ctx, intentKeys(in.messages)); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if in.finished, err = e.lead.Finished(ctx, e.lateTransfers(in.messages)); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	b, err := e.state.decide(in)
	if err != nil {
		return err
	}
	checkpoint := audit.Checkpoint{Origin: audit.Origin(e.Signer.Name()), Size: e.state.tree.Size(), Root: e.state.tree.Root()}
	b.Checkpoint.Size = checkpoint.Size
	if b.Checkpoint.Note, err = checkpoint.Sign(e.Signer); err != nil {
		return err
	}
	if err := e.lead.Write(ctx, b); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	if alarm := b.Clearing.Alarm; len(alarm) > 0 {
		e.Log.Error("netting passed a limit; its choice was thrown away", "batch", b.ID, "tiers", alarm)
	}
	select {
	case e.outbox <- b.Outbox:
	case <-ctx.Done():
		return ctx.Err()
	}
	if e.Notice != nil {
		e.Notice(ctx, summarize(b, len(received), e.Clock().Sub(started)))
	}
	return nil
}

func summarize(b *ledger.Batch, messages int, took time.Duration) Summary {
	s := Summary{
		Batch: b.ID, Accepted: b.Accepted, Cleared: b.Cleared, Queued: b.Queued,
		DeadLetters: len(b.DeadLetters), Messages: messages, Commands: len(b.CommandResults), Took: took,
	}
	for _, n := range b.Intents {
		if n.Fault != "" {
			s.Refused++
		}
	}
	for _, event := range b.Events {
		switch {
		case event.State == messaging.StateReturned: // the return that brought it ended with it, and is no other
		case event.State.Final():
			s.Ended++
		}
	}
	return s
}

// decode verifies and decodes messages on all cores, and orders them: by participant, then sequence.
func (e *Engine) decode(received []messaging.Received) ([]message, error) {
	messages := make([]message, len(received))
	var wait sync.WaitGroup
	for i, r := range received {
		p := e.state.byName[r.Participant]
		if p == nil {
			return nil, fmt.Errorf("engine: message from %q, who is no participant", r.Participant)
		}
		verifier, err := e.verifierOf(p)
		if err != nil {
			return nil, err
		}
		wait.Go(func() { messages[i] = decode(r, p, verifier) })
	}
	wait.Wait()
	sortMessages(messages)
	return messages, nil
}

func (e *Engine) verifierOf(p *settlement.Participant) (*messaging.Verifier, error) {
	if v, ok := e.verifier[p.SigningKey]; ok {
		return v, nil
	}
	v, err := messaging.NewVerifier(p.SigningKey)
	if err != nil {
		return nil, fmt.Errorf("engine: signing key of %s: %w", p.Name, err)
	}
	e.verifier[p.SigningKey] = v
	return v, nil
}
