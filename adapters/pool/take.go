package pool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/adapters/pool/verify"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// maxClosed bounds how many closed values come with an act.
const maxClosed = 8

// ClosedError says that an act came without a closed value that is needed, or with one that it does not name.
type ClosedError struct{ Detail string }

func (e *ClosedError) Error() string { return "pool: closed values: " + e.Detail }

// Act takes what a member signed, with the closed values that it commits to. When it returns, the act and what became
// of it are in the log and on the disk; a refusal is an answer. Errors are *ClosedError, *decide.InputError and
// *act.FormError, of which nothing was logged, and the store's, after which the node has to be opened again.
func (n *Node) Act(ctx context.Context, signed act.Signed, closed [][]byte) (decide.Answer, error) {
	a, err := act.Read(signed.Open)
	if err != nil {
		closed = nil // it is refused, and the log says so
	}
	if err := admit(a, signed.Open, closed); err != nil {
		return decide.Answer{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		err = n.wanted(a, closed)
	}
	if err != nil && signed.Verify() {
		return decide.Answer{}, err
	}
	entry, err := n.take(ctx, decide.Input{At: n.now(), Act: &signed}, closed)
	return entry.Answer, err
}

// admit tells whether closed values are those that an act names.
func admit(a act.Act, open []byte, closed [][]byte) error {
	if len(closed) > maxClosed {
		return &ClosedError{Detail: fmt.Sprintf("%d values", len(closed))}
	}
	for _, blob := range closed {
		name, err := act.Commit(blob).MarshalText()
		if err != nil || !bytes.Contains(open, name) {
			return &ClosedError{Detail: fmt.Sprintf("%s %s does not name %s", a.Kind, a.ID, name)}
		}
		var anything any
		if err := act.Open(blob, &anything); err != nil {
			return err
		}
	}
	return nil
}

// wanted tells whether the accounts that an act names are known: what nobody can pay is not voted on, and whom nobody
// knows is not asked.
func (n *Node) wanted(a act.Act, closed [][]byte) error {
	for _, c := range decide.Parties(a) {
		var party messaging.Party
		blob := n.closed[c]
		for _, given := range closed {
			if act.Commit(given) == c {
				blob = given
			}
		}
		if blob == nil {
			return &ClosedError{Detail: "the beneficiary was not given"}
		}
		if err := act.Open(blob, &party); err != nil {
			return err
		}
		if party.Name == "" || party.Account == "" {
			return &ClosedError{Detail: "the beneficiary needs name and account"}
		}
	}
	return nil
}

// say takes a word of the node's own.
func (n *Node) say(ctx context.Context, kind string, body any) (decide.Answer, error) {
	text, err := audit.Canonical(body)
	if err != nil {
		return decide.Answer{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	entry, err := n.take(ctx, decide.Input{At: n.now(), Word: &decide.Word{Kind: kind, Body: text}}, nil)
	return entry.Answer, err
}

// HaltedError says that an input was decided and could not be kept: the state is ahead of the log, and nothing more is
// taken. The node has to be opened again.
type HaltedError struct{ Why error }

func (e *HaltedError) Error() string { return fmt.Sprintf("pool: halted: %v", e.Why) }

// Unwrap returns what halted it.
func (e *HaltedError) Unwrap() error { return e.Why }

// Halted tells why the node takes nothing more, a *HaltedError; nil while it does.
func (n *Node) Halted() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.halted
}

// take decides an input and keeps what came of it. It is called with mu held.
func (n *Node) take(ctx context.Context, in decide.Input, closed [][]byte) (decide.Entry, error) {
	if n.halted != nil {
		return decide.Entry{}, n.halted
	}
	entry, err := n.state.Decide(in)
	if err != nil || len(entry.Lines) == 0 { // known from before
		return entry, err
	}
	if err := n.keep(context.WithoutCancel(ctx), in, entry, closed); err != nil {
		n.halted = &HaltedError{Why: err}
		n.cfg.Logger.Error("the pool halts", "pool", n.cfg.Name, "entry", entry.Index, "error", err)
		n.stir() // Run ends
		return decide.Entry{}, n.halted
	}
	if entry.Answer.Fault == "" {
		for _, blob := range closed {
			n.closed[act.Commit(blob)] = blob
		}
	}
	n.stir()
	return entry, nil
}

// keep writes what came of an input, whole or not at all. Whoever asked may have gone meanwhile: it is written all the same.
func (n *Node) keep(ctx context.Context, in decide.Input, entry decide.Entry, closed [][]byte) error {
	draft, err := n.draft(entry)
	if err != nil {
		return err
	}
	moved := postings(entry)
	add := store.Append{
		Draft: draft, Input: kept(in), Act: entry.Remembered, Postings: moved, Balances: store.After(moved, n.state.Balance),
	}
	if entry.Answer.Fault == "" {
		if add.Sealed, err = n.seal(in, entry, closed); err != nil {
			return err
		}
	}
	if err := n.cfg.Store.Append(ctx, add); err != nil {
		return err
	}
	n.tell(draft)
	return n.log.Take(draft)
}

// draft writes an entry's lines for the log.
func (n *Node) draft(entry decide.Entry) (*diary.Draft, error) {
	lines := make([]diary.Line, len(entry.Lines))
	for i, l := range entry.Lines {
		var err error
		if lines[i], err = verify.Line(l); err != nil {
			return nil, fmt.Errorf("pool %s: entry %d: %w", n.cfg.Name, entry.Index, err)
		}
	}
	return n.log.Draft(lines)
}

// actKind is the kind under which the store has acts; all others are of words.
const actKind = "act"

func kept(in decide.Input) store.Input {
	if in.Act != nil {
		return store.Input{Kind: actKind, At: in.At, Body: in.Act.Open, Key: in.Act.Key.String(), Signature: in.Act.Signature}
	}
	return store.Input{Kind: in.Word.Kind, At: in.At, Body: in.Word.Body}
}

func postings(entry decide.Entry) []store.Posting {
	var list []store.Posting
	for _, p := range entry.Postings {
		list = append(list, store.Posting{Debit: p.From, Credit: p.To, Amount: fx.Money{Minor: p.AmountMinor, Currency: p.Unit}})
	}
	return list
}

// seal seals closed values under the keys of those whom they are about: a beneficiary's account under its own, all
// else under the member's who said it, or who joined by it.
func (n *Node) seal(in decide.Input, entry decide.Entry, closed [][]byte) ([]byte, error) {
	if len(closed) == 0 {
		return nil, nil
	}
	var a act.Act
	var err error
	var beneficiaries []act.Commitment
	owner := persons.Person{Participant: n.cfg.Name, Account: entry.Answer.Made}
	if in.Act == nil { // of another pool's declaration: all of it is whoever gets the money
		for _, blob := range closed {
			beneficiaries = append(beneficiaries, act.Commit(blob))
		}
	} else {
		if a, err = act.Read(in.Act.Open); err != nil {
			return nil, err
		}
		if beneficiaries = decide.Parties(a); a.By != "" {
			owner.Account = a.By
		}
	}
	lines := make([]persons.Line, len(closed))
	for i, blob := range closed {
		lines[i] = persons.Line{Person: owner, Text: blob}
		var party messaging.Party
		if slices.Contains(beneficiaries, act.Commit(blob)) && act.Open(blob, &party) == nil {
			lines[i].Person.Account = party.Account
		}
	}
	keys, err := n.cfg.Persons.Keys()
	if err != nil {
		return nil, fmt.Errorf("pool %s: keys of persons: %w", n.cfg.Name, err)
	}
	return keys.SealAll(lines)
}

// unseal takes up closed values that were sealed, but for those of people who were erased.
func (n *Node) unseal(sealed []byte) error {
	keys, err := n.cfg.Persons.Keys()
	if err != nil {
		return fmt.Errorf("pool %s: keys of persons: %w", n.cfg.Name, err)
	}
	lines, err := keys.UnsealAll(sealed)
	if err != nil {
		return fmt.Errorf("pool %s: unseal: %w", n.cfg.Name, err)
	}
	for _, line := range lines {
		switch {
		case line.Err == nil:
			n.closed[act.Commit(line.Text)] = line.Text
		case !errors.As(line.Err, new(*persons.ErasedError)):
			return fmt.Errorf("pool %s: unseal: %w", n.cfg.Name, line.Err)
		}
	}
	return nil
}

// Found begins the pool: its first charter and its founders, who then agree to it. The error is the store's.
func (n *Node) Found(ctx context.Context, f decide.Founding) (decide.Answer, error) {
	return n.say(ctx, decide.WordFounded, f)
}
