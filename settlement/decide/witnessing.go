package decide

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Witnessing is whose word settlement waits for, nil where it waits for nobody's, and the entries whose instructions
// wait, by index.
func (s *State) Witnessing() (policy *witness.Policy, entries []int64) {
	for _, i := range s.instructions { // in any order: sorted below
		if i.Waits {
			entries = append(entries, i.Entry)
		}
	}
	slices.Sort(entries)
	return s.witnesses, slices.Compact(entries)
}

func (d *decision) publishWitnesses(w settlement.Witnesses) (subject, fault string) {
	policy, err := witness.ParsePolicy(w.Policy)
	if wrong, ok := errors.AsType[*witness.PolicyError](err); ok { // its words are a library's in part, and not the same in every build
		return "", fmt.Sprintf("line %d of the policy does not read", wrong.Line)
	}
	d.witnesses = policy
	return "policy", ""
}

// restoreWitnesses takes up a policy that read when it was published.
func (s *State) restoreWitnesses(w settlement.Witnesses) {
	if policy, err := witness.ParsePolicy(w.Policy); err == nil {
		s.witnesses = policy
	}
}

// takeWitnessed has the instructions told whose entries are in a tree that was witnessed. Everything that waits below
// its size has to be proved: a log that forgot an entry proves less than it says.
func (d *decision) takeWitnessed(w settlement.Witnessed) (string, error) {
	if d.witnesses == nil {
		return "nobody is asked to witness", nil
	}
	witnessed, err := d.witnesses.Satisfied(w.Checkpoint, d.Now)
	if unsatisfied, ok := errors.AsType[*witness.UnsatisfiedError](err); ok {
		return fmt.Sprintf("the checkpoint of %d entries has too few cosignatures", unsatisfied.Size), nil
	}
	if err != nil {
		return "the checkpoint is none of this log", nil //nolint:nilerr // the command is at fault, not the engine
	}
	proofs := map[int64][]string{}
	for _, e := range w.Entries {
		proofs[e.Index] = e.Path
	}
	var told []*ledger.OpenInstruction
	for _, id := range sortedKeys(d.instructions) {
		i := d.instructions[id]
		if !i.Waits || i.Entry >= witnessed.Size {
			continue
		}
		if !inTree(proofs[i.Entry], i, witnessed.Checkpoint) {
			return fmt.Sprintf("entry %d is not proved to be in the tree that was witnessed", i.Entry), nil
		}
		told = append(told, i)
	}
	if len(told) == 0 {
		return "no instruction waits for it", nil
	}
	for _, i := range told {
		i.Waits, i.ToldAt, i.Leaf = false, d.Now, [32]byte{}
		d.batch.Told = append(d.batch.Told, i.ID)
		d.tellOf(i.Instruction)
	}
	return "", nil
}

// inTree tells whether a path leads from an instruction's entry to a checkpoint's root.
func inTree(path []string, i *ledger.OpenInstruction, c audit.Checkpoint) bool {
	hashes := make(tlog.RecordProof, len(path))
	for n, text := range path {
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return false
		}
		hashes[n] = tlog.Hash(raw)
	}
	return tlog.CheckRecord(hashes, c.Size, c.Root, i.Entry, i.Leaf) == nil
}

// rememberEntry keeps the hash of the batch's entry for those of its instructions that wait for witnesses of it.
func (d *decision) rememberEntry() error {
	for _, given := range d.batch.Instructions {
		if i := d.instructions[given.ID]; i != nil && i.Waits {
			i.Leaf = audit.Leaf(d.batch.Log[0].Body)
		}
	}
	return nil
}

// dueAt is when a window's debtors are in default, zero for never: not while one of them has not been told what it
// owes, and whoever had to wait to be told has as long from then on as the group gives.
func (s *State) dueAt(w closedWindow) time.Time {
	due := w.due
	if due.IsZero() {
		return due
	}
	within := time.Duration(s.groupNamed(w.group).SettleWithinSeconds) * time.Second
	for _, i := range s.instructions { // in any order: the latest counts
		if i.Kind != ledger.PayIn || i.Window != w.id {
			continue
		}
		if i.Waits {
			return time.Time{}
		}
		if from := i.ToldAt.Add(within); !i.ToldAt.IsZero() && from.After(due) {
			due = from
		}
	}
	return due
}
