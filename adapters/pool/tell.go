package pool

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Peers reaches other pools' nodes.
type Peers interface {
	// Names lists the pools that can be reached.
	Names() []string
	// Tell hands a receipt of this pool's log to another, with the closed values that its line names. An error means
	// that it was not heard, and is told again.
	Tell(ctx context.Context, pool string, receipt []byte, closed [][]byte) error
}

const (
	tellAgain = 5 * time.Second    // after somebody could not be reached
	tellFor   = 7 * 24 * time.Hour // what is older at a start was heard, or is over
)

// telling is a line that other pools are to hear.
type telling struct {
	index int64
	place int
	entry []byte
	blob  []byte
	to    []string // nil for everybody who can be reached
}

// toldTo is whom a line is for, and whether it is for anybody.
func toldTo(l diary.Line) ([]string, bool) {
	switch l.Kind {
	case decide.LineDeclaration:
		return nil, true
	case decide.LineCall, decide.LineReady, decide.LineSettle, decide.LineMoved:
		return decide.Addressees(l.Body), true
	}
	return nil, false
}

// tell notes which of an entry's lines others are to hear. It is called with mu held, or before Run.
func (n *Node) tell(d *diary.Draft) {
	if n.cfg.Peers == nil {
		return
	}
	for place, l := range d.Lines {
		if to, ok := toldTo(l.Line); ok {
			n.untold = append(n.untold, telling{index: d.Index, place: place, entry: d.Entry, blob: l.Blob, to: to})
		}
	}
}

// tellAll tells others what they are to hear until ctx ends, each as often as it takes.
func (n *Node) tellAll(ctx context.Context) {
	again := time.NewTicker(tellAgain)
	defer again.Stop()
	for {
		n.mu.Lock()
		open := slices.Clone(n.untold)
		n.mu.Unlock()
		for _, t := range open {
			n.tellOne(ctx, t)
		}
		select {
		case <-n.news:
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// tellOne tells a line to everybody who has not heard it yet, and forgets it when all have.
func (n *Node) tellOne(ctx context.Context, t telling) {
	receipt, err := n.log.Receipt(t.index, t.place, t.entry, t.blob)
	if err != nil {
		n.cfg.Logger.Error("a line cannot be proven", "pool", n.cfg.Name, "entry", t.index, "error", err)
		return
	}
	text, err := receipt.Text()
	if err != nil {
		n.cfg.Logger.Error("a receipt cannot be written", "pool", n.cfg.Name, "entry", t.index, "error", err)
		return
	}
	to := t.to
	if to == nil {
		to = n.cfg.Peers.Names()
	}
	var left []string
	for _, pool := range to {
		if err := n.cfg.Peers.Tell(ctx, pool, text, n.closedOf(t.blob)); err != nil {
			n.cfg.Logger.Info("another pool was not reached", "pool", n.cfg.Name, "other", pool, "error", err)
			left = append(left, pool)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.untold = slices.DeleteFunc(n.untold, func(u telling) bool {
		return u.index == t.index && u.place == t.place && len(left) == 0
	})
	for i := range n.untold {
		if n.untold[i].index == t.index && n.untold[i].place == t.place {
			n.untold[i].to = left
		}
	}
}

// closedOf are the closed values that a line names.
func (n *Node) closedOf(line []byte) (closed [][]byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c, blob := range n.closed {
		if name, err := c.MarshalText(); err == nil && bytes.Contains(line, name) {
			closed = append(closed, blob)
		}
	}
	return closed
}

// ErrUnknownPool says that a receipt is of no pool that this one has to do with. Nothing was logged.
var ErrUnknownPool = errors.New("pool: proven under no key that this pool knows")

// Hear takes what another pool tells: a receipt of a line of its log, with the closed values that the line names. A
// refusal is an answer. Errors are ErrUnknownPool, *diary.FormError, *ClosedError, and those of Act.
func (n *Node) Hear(ctx context.Context, text []byte, closed [][]byte) (decide.Answer, error) {
	r, err := diary.ReadReceipt(text)
	if err != nil {
		return decide.Answer{}, err
	}
	if err := admit(act.Act{Kind: "receipt"}, []byte(r.Line), closed); err != nil {
		return decide.Answer{}, err
	}
	_, line, err := diary.ParseBlob([]byte(r.Line))
	if err != nil {
		return decide.Answer{}, err
	}
	word := decide.Word{Kind: decide.WordHeard}
	word.Body, err = audit.Canonical(decide.Heard{Receipt: *r})
	if line.Kind == decide.LineDeclaration {
		word.Kind = decide.WordDeclared
		word.Body, err = audit.Canonical(decide.Declared{Receipt: *r})
	}
	if err != nil {
		return decide.Answer{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if answer, ok := n.heardBefore(r.Line); ok {
		return answer, n.halted
	}
	if !n.state.Knows(r) {
		return decide.Answer{}, ErrUnknownPool
	}
	entry, err := n.take(ctx, decide.Input{At: n.now(), Word: &word}, closed)
	if err == nil {
		n.heard[sha256.Sum256([]byte(r.Line))] = hearing{at: n.now(), answer: entry.Answer}
	}
	return entry.Answer, err
}

// hearing is what another pool was answered.
type hearing struct {
	at     time.Time
	answer decide.Answer
}

// hearAgain is how long a line gets the answer that it got, unlogged: anybody can have a receipt of what is public, and
// hand it in without end. Later it is decided again, because what was refused may be possible then.
const hearAgain = time.Minute

// heardBefore is called with mu held.
func (n *Node) heardBefore(blob string) (decide.Answer, bool) {
	for line, before := range n.heard {
		if n.now().Sub(before.at) >= hearAgain {
			delete(n.heard, line)
		}
	}
	before, ok := n.heard[sha256.Sum256([]byte(blob))]
	return before.answer, ok
}
