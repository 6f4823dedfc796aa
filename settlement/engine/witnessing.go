package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

const (
	// witnessEvery is between two checkpoints that enough witnesses cosigned.
	witnessEvery = time.Second
	// witnessPause is the first pause where too few do.
	witnessPause = 250 * time.Millisecond
	// longestWitnessPause bounds that pause, which doubles each time.
	longestWitnessPause = 30 * time.Second
)

// unwitnessed is a committed checkpoint to ask witnesses about.
type unwitnessed struct {
	policy  *witness.Policy
	size    int64
	note    string
	entries []int64 // whose instructions wait for it, by index
}

// toWitness is what is to be witnessed after a batch; without a policy where nobody is asked.
func (e *Engine) toWitness(size int64, note string) unwitnessed {
	policy, entries := e.state.Witnessing()
	return unwitnessed{policy: policy, size: size, note: note, entries: entries}
}

// submit hands a checkpoint to who asks the witnesses. Where they are still at another, the newest waits: it vouches
// for those before.
func (e *Engine) submit(next unwitnessed) {
	if next.policy == nil || next.size == 0 {
		return
	}
	select {
	case <-e.unwitnessed:
	default:
	}
	e.unwitnessed <- next // its one place is free: nobody else sends
}

// haveWitnessed asks the policy's witnesses about one checkpoint after the other, beside the batches, until they
// suffice and nothing waits.
func (e *Engine) haveWitnessed(ctx context.Context) error {
	var collector *witness.Collector
	var of *witness.Policy
	for {
		var at unwitnessed
		select {
		case at = <-e.unwitnessed:
		case <-ctx.Done():
			return ctx.Err()
		}
		pause := witnessPause
		for again := true; again; {
			if of != at.policy {
				collector, of = witness.NewCollector(at.policy), at.policy
			}
			done, err := e.askWitnesses(ctx, collector, at)
			if err != nil {
				return err
			}
			if done {
				pause = witnessEvery
			}
			rest := time.NewTimer(pause)
			select {
			case <-rest.C:
			case <-ctx.Done():
				rest.Stop()
				return ctx.Err()
			}
			if pause = min(2*pause, longestWitnessPause); done {
				pause = witnessPause
			}
			select {
			case at = <-e.unwitnessed: // in the place of the older one
			default:
				again = !done
			}
		}
	}
}

// askWitnesses collects cosignatures on a checkpoint, and has the engine told once they suffice for what waits. It
// errs where the ledger does: whatever witnesses do is a matter of their own.
func (e *Engine) askWitnesses(ctx context.Context, collector *witness.Collector, at unwitnessed) (done bool, err error) {
	collected, err := collector.Collect(ctx, at.note, e.Ledger.Hashes(ctx))
	if err != nil {
		e.Log.Error("the policy of witnesses is not for this log; settlement waits", "error", err)
		return false, nil
	}
	for _, name := range slices.Sorted(maps.Keys(collected.Failed)) {
		if err := e.tellWitness(ctx, name, at.size, collected.Failed[name]); err != nil {
			return false, err
		}
	}
	if _, err := at.policy.Satisfied(collected.Note, e.Clock()); err != nil {
		e.Log.Warn("too few witnesses", "size", at.size, "waiting", len(at.entries), "error", err)
		return false, nil
	}
	if len(at.entries) == 0 {
		return true, nil
	}
	body := settlement.Witnessed{Checkpoint: collected.Note}
	for _, index := range at.entries {
		path, err := tlog.ProveRecord(at.size, index, e.Ledger.Hashes(ctx))
		if err != nil {
			return false, fmt.Errorf("engine: prove entry %d: %w", index, err)
		}
		proved := settlement.WitnessedEntry{Index: index, Path: make([]string, len(path))}
		for i, hash := range path {
			proved.Path[i] = base64.StdEncoding.EncodeToString(hash[:])
		}
		body.Entries = append(body.Entries, proved)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return false, fmt.Errorf("engine: %w", err)
	}
	command, err := e.Ledger.Ask(ctx, fmt.Sprintf("witnessed %d %x", at.size, sha256.Sum256(text)), settlement.CommandWitnessed, text)
	if err != nil {
		return false, fmt.Errorf("engine: %w", err)
	}
	fault, err := e.Ledger.AwaitCommand(ctx, command)
	if err != nil {
		return false, fmt.Errorf("engine: %w", err)
	}
	if fault != "" {
		e.Log.Error("what witnesses vouched for was refused", "size", at.size, "fault", fault)
	}
	return fault == "", nil
}

// tellWitness tells people why a witness did not cosign, and louder where it knows another log than this ledger's, which
// the ledger keeps: then one of them was forked or put back from a copy.
func (e *Engine) tellWitness(ctx context.Context, name string, size int64, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	disputes := witness.Disputes(why)
	if ahead, ok := errors.AsType[*witness.AheadError](why); ok { // of this checkpoint: the ledger may have gone on
		newest, _, err := e.Ledger.NewestCheckpoint(ctx)
		if err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		disputes = ahead.Known > newest
	}
	if !disputes {
		e.Log.Warn("a witness does not cosign", "witness", name, "error", why)
		return nil
	}
	e.Log.Error("split view: a witness knows another log than this ledger's; a person has to look", "witness", name, "error", why)
	if err := e.Ledger.KeepSplitView(ctx, ledger.SplitView{Witness: name, Size: size, Said: why.Error()}); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	return nil
}
