// Package accountant is a second opinion on clearing batches. The verifier decides each batch again with the code that
// the switch decides with: that shows that the switch kept to its code, and not that the code is right. The accountant
// shares none of it. It knows what participants signed, what operators commanded, and the design's invariants, and
// holds what came out against them by arithmetic of its own.
//
// It takes a ledger from its first batch on, by the rules of today. It chooses nothing: which of the queue clears is
// netting's; that nobody passes its liquidity by it is looked at here.
//
//	Inputs      what a batch decides on, as plain data
//	Accountant  what is known after some batches: accounts, liquidity, open transfers, used ids, quotes, fees, windows
//	Finding     the first thing that does not hold
package accountant

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Inputs are what a batch decides on, in the order in which it takes them: what dead letters hold that commands have
// taken in again, by command; then what messages hold, by participant, sequence and place. Signatures and hashes are
// checked by whoever hands them in.
type Inputs struct {
	Commands []settlement.Command // by number
	Intents  []Intent
	Outcomes []Outcome
}

// Intent is one signed intent.
type Intent struct {
	Participant int32
	Sequence    uint64 // of its message, and its place in it
	Place       int32
	Command     int64 // that has its dead letter taken in again; 0 of a message of this batch
	Hash        [32]byte
	Intent      messaging.Intent
	Faulty      bool // it does not read: of all that it says, only the ID is sure
}

// Outcome is one signed outcome.
type Outcome struct {
	Participant int32
	Sequence    uint64 // of its message, and its place in it
	Place       int32
	Command     int64 // as an Intent's
	Outcome     messaging.Outcome
}

// Accountant holds what is known after some batches. It is not safe for concurrent use.
type Accountant struct {
	found *Finding // the first; nothing holds behind it

	lastBatch, lastIndex, lastPosting, lastCommand int64
	decidedAt                                      time.Time
	lastTransfer                                   settlement.TransferID

	participants []participant // by ID, gapless from 1
	byName       map[string]int32
	provider     int32 // who stands behind the FX pool; 0 where nobody does

	accounts  []account // by ID, gapless from 1
	accountOf map[owned]int64
	pools     map[fx.Currency]int64

	used   map[usedID]uint64 // the beginning of the hash of the bytes that an id was used for
	open   map[settlement.TransferID]*transfer
	queued int // of the open ones
	quotes map[string]*quote
	fees   []*tariff
	gross  map[pair]int64 // from which amount of the source transfers are settled by themselves
	carry  map[fx.Currency]fx.NanoMinor

	asksWitnesses bool // what batches tell the settlement agent from the next one on waits for witnesses

	waiting
	standing
	settling
}

// New returns the accountant of an empty ledger.
func New() *Accountant {
	return &Accountant{
		byName: map[string]int32{}, accountOf: map[owned]int64{}, pools: map[fx.Currency]int64{},
		used: map[usedID]uint64{}, open: map[settlement.TransferID]*transfer{}, quotes: map[string]*quote{},
		gross: map[pair]int64{}, carry: map[fx.Currency]fx.NanoMinor{},
		waiting:  waiting{bundles: map[ledger.BundleName][]*transfer{}, waits: map[settlement.TransferID]*transfer{}},
		standing: newStanding(), settling: newSettling(),
	}
}

// review is one look at a batch: how far each of its lists has been accounted for.
type review struct {
	*Accountant
	in *Inputs
	b  *ledger.Batch

	touched []int64 // accounts, each once
	at      cursors
	carried map[fx.Currency]struct{} // currencies whose rounding moved

	awaitsWitnesses bool // what the batch tells the settlement agent waits for witnesses

	clearedNow, refundsNow, returnsNow, wordsNow, movedNow int

	lines     []int64 // accounts whose credit line was set, in the order of the first time
	pledges   []int64 // ids of guarantees that changed, likewise
	closedNow []settlement.WindowID
}

// cursors are the places of what is looked at next.
type cursors struct {
	posting, intent, row, transfer, charge, said, letter, lost, leg int

	event, net, evidence, instruction, result, step, claim, paid, told int
}

// Batch holds the next batch against the invariants. The error is a *Finding: the first thing that does not hold, and
// from then on the same one, for nothing that comes later can be told.
func (a *Accountant) Batch(in Inputs, b *ledger.Batch) error {
	if a.found != nil {
		return a.found
	}
	r := &review{Accountant: a, in: &in, b: b, carried: map[fx.Currency]struct{}{}, awaitsWitnesses: a.asksWitnesses}
	for _, step := range []func() error{
		r.numbers, r.admit, r.openAccounts, r.forms, r.makeReturns, r.closeDue, r.carryOut, r.takeMessages, r.hear, r.screen, r.step,
		r.wholeBundles, r.clear, r.round, r.settleWindows, r.lowerLines, r.nothingLeft, r.balances, r.liquidity, r.zeroSum,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// numbers looks at what orders batches: each has the next number and comes later in the log, at no earlier time.
func (r *review) numbers() error {
	switch {
	case r.b.ID != r.lastBatch+1:
		return r.fault(Order, subject{}, r.lastBatch+1, r.b.ID)
	case r.b.LogIndex <= r.lastIndex && r.lastBatch > 0 || r.b.LogIndex < 0:
		return r.fault(Order, subject{text: "log index"}, r.lastIndex+1, r.b.LogIndex)
	case r.b.DecidedAt.Before(r.decidedAt):
		return r.fault(Order, subject{text: "clock"}, r.decidedAt, r.b.DecidedAt)
	case len(r.b.CommandResults) != len(r.in.Commands):
		return r.fault(Commands, subject{text: "results"}, len(r.in.Commands), len(r.b.CommandResults))
	}
	r.lastBatch, r.lastIndex, r.decidedAt = r.b.ID, r.b.LogIndex, r.b.DecidedAt
	for i, c := range r.in.Commands {
		switch result := r.b.CommandResults[i]; {
		case c.ID <= r.lastCommand:
			return r.fault(Commands, subject{text: "command"}, r.lastCommand+1, c.ID)
		case result.Command != c.ID:
			return r.fault(Commands, subject{text: "result"}, c.ID, result.Command)
		}
		r.lastCommand = c.ID
	}
	return nil
}

// nothingLeft wants every row of the batch accounted for, and its counts right.
func (r *review) nothingLeft() error {
	b := r.b
	if r.at.posting < len(b.Postings) {
		p := b.Postings[r.at.posting]
		return r.fault(ZeroSum, subject{p.Debit, p.Transfer, fmt.Sprintf("posting %d", p.ID)}, "a posting that something asks for", posting(p.Kind, p.Debit, p.Credit, p.AmountMinor))
	}
	for _, list := range []struct {
		invariant Invariant
		name      string
		seen, has int
	}{
		{Windows, "window nets", r.at.net, len(b.WindowNets)},
		{Windows, "default steps", r.at.step, len(b.DefaultSteps)},
		{Windows, "claims", r.at.claim, len(b.Claims)},
		{Commands, "claims paid", r.at.paid, len(b.ClaimsPaid)},
		{Commands, "evidence", r.at.evidence, len(b.Evidence)},
		{Commands, "instructions", r.at.instruction, len(b.Instructions)},
		{Commands, "instruction results", r.at.result, len(b.InstructionResults)},
		{Commands, "told", r.at.told, len(b.Told)},
		{Bundles, "legs", r.at.leg, len(b.BundleLegs)},
		{Amounts, "charges", r.at.charge, len(b.Charges)},
		{Life, "accepted", r.at.row - r.refusedRows(), b.Accepted},
		{Life, "cleared", r.clearedNow, b.Cleared},
		{Life, "queued", r.queued, b.Queued},
	} {
		if list.seen != list.has {
			return r.fault(list.invariant, subject{text: list.name}, list.seen, list.has)
		}
	}
	if open := r.groups[0].window; b.Window != open {
		return r.fault(Windows, subject{text: "window"}, open, b.Window)
	}
	return r.standingRows()
}

func (r *review) refusedRows() (n int) {
	for i := range r.b.Intents {
		if r.b.Intents[i].Fault != "" {
			n++
		}
	}
	return n
}
