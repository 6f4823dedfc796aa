package pools

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/verify"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// refusal says that what a pool showed does not hold.
type refusal struct{ why string }

func (e *refusal) Error() string { return e.why }

func refuse(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

// split says that a log's key signed two histories.
type split struct {
	second string // note, "" where it is kept already
	public bool   // the pool showed something to everybody before
}

func (e *split) Error() string { return "its key signed two histories of its log" }

// Look looks at a pool now, after any look at it that is under way. What is wrong with the pool stands in its entry; the
// error is ErrUnknown, the context's, or the memory's: then nothing new is shown.
func (d *Directory) Look(ctx context.Context, participant string) error {
	p, err := d.find(participant)
	if err != nil {
		return err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	looking, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	card, err := d.look(looking, p)
	if second, is := errors.AsType[*split](err); is && second.second != "" {
		if err := d.cfg.Memory.Split(ctx, participant, p.entry.LogKey, second.second); err != nil {
			return err
		}
	}
	if remembering, is := errors.AsType[*memoryError](err); is {
		return remembering.err
	}
	if ctx.Err() != nil { // it ended, and the pool is not to blame
		return ctx.Err()
	}
	p.found(card, err, d)
	return nil
}

// memoryError is the directory's own trouble.
type memoryError struct{ err error }

func (e *memoryError) Error() string { return e.err.Error() }

// found changes the entry by what a look found.
func (p *watched) found(card *Card, err error, d *Directory) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.entry.State
	p.entry.State, p.entry.Why = Current, ""
	two, isSplit := errors.AsType[*split](err)
	switch {
	case err == nil:
		p.entry.Heard, p.entry.Card = d.cfg.Now(), card
	case isSplit:
		p.entry.State, p.entry.Card, p.entry.warns = Split, nil, two.public
	case errors.As(err, new(*refusal)):
		p.entry.State = Refused
	default:
		p.entry.State = Silent
	}
	if err != nil {
		p.entry.Why = clip(err.Error(), maxWhy)
	}
	if p.entry.State != before {
		d.cfg.Log.Info("a pool is heard otherwise", "pool", p.entry.Participant, "state", p.entry.State, "why", p.entry.Why)
	}
}

// look is one look: the card as it is now, or why there is none.
func (d *Directory) look(ctx context.Context, p *watched) (*Card, error) {
	shown := p.now()
	seen, err := d.cfg.Memory.Seen(ctx, shown.Participant, shown.LogKey)
	if err != nil {
		return nil, &memoryError{err}
	}
	if seen.Split != "" {
		return nil, &split{public: seen.Public}
	}
	published, err := p.node.checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	if published != "" {
		c, err := opened(published, p.log)
		switch {
		case err != nil:
			return nil, refuse("its checkpoint: %v", err)
		case c.Size == seen.Size && c.Root.String() != seen.Root:
			return nil, &split{published, seen.Public}
		case shown.Card != nil && c.Size == shown.Card.Size && c.Root.String() == shown.Card.Root:
			return shown.Card, nil
		}
	}
	card, err := d.read(ctx, p, seen)
	if err != nil {
		return nil, err
	}
	if err := p.node.say(ctx, card); err != nil {
		return nil, err
	}
	mine := Seen{Size: card.Size, Root: card.Root, Note: card.Note, Public: len(card.Shown) > 0}
	if seen, err = d.cfg.Memory.See(ctx, shown.Participant, shown.LogKey, mine); err != nil {
		return nil, &memoryError{err}
	}
	if seen.Size == mine.Size && seen.Root != mine.Root { // another process saw another history this moment
		return nil, &split{mine.Note, seen.Public}
	}
	return card, nil
}

// opened is a checkpoint that the log's own key signed.
func opened(signed string, log note.Verifier) (audit.Checkpoint, error) {
	c, err := audit.OpenCheckpoint(signed, log)
	if err == nil && string(c.Origin) != log.Name() {
		err = fmt.Errorf("it is of %.80q", c.Origin)
	}
	return c, err
}

// read fetches the log as everybody sees it, holds it against its key and against what was seen before, and makes a
// card of it.
func (d *Directory) read(ctx context.Context, p *watched, seen Seen) (card *Card, err error) {
	dir, err := os.MkdirTemp("", "ayni-pool-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := p.node.copy(ctx, dir); err != nil {
		return nil, err
	}
	select {
	case d.cores <- struct{}{}:
		defer func() { <-d.cores }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return readCopy(ctx, dir, p.entry.Known, seen)
}

// readCopy reads a log that somebody else wrote. Errors are *refusal, *split and the context's.
func readCopy(ctx context.Context, dir string, of Known, seen Seen) (card *Card, err error) {
	// A whole log is decided again, by all of the pool's rules. Should anything in it break them, then it is this pool
	// that is not shown, and not the switch that ends.
	defer func() {
		if broke := recover(); broke != nil {
			card, err = nil, refuse("its log cannot be read: %v", broke)
		}
	}()
	export, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Key: of.LogKey})
	if err != nil {
		return nil, refuse("its log: %v", err)
	}
	newest := export.Checkpoint()
	if newest.Size < seen.Size {
		return nil, refuse("it shows a log of %d entries, and had %d", newest.Size, seen.Size)
	}
	if seen.Size > 0 {
		if _, err := export.Consistent(seen.Note); errors.As(err, new(*audit.RootError)) {
			return nil, &split{export.Signed(), seen.Public}
		} else if err != nil {
			return nil, refuse("its log: %v", err)
		}
	}
	reader := newReader(of.Participant)
	report, err := verify.Verify(ctx, os.DirFS(dir), diary.Trust{Key: of.LogKey}, reader.page)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, refuse("its log: %v", err)
	case !report.OK():
		return nil, refuse("its log: %v", report.Difference)
	}
	card = reader.card()
	card.Size, card.Root, card.Note = newest.Size, newest.Root.String(), export.Signed()
	card.Lines, card.Unshown, card.Through = report.Shown, report.Hidden, report.Through
	return card, nil
}
