package decide

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/mutant"
)

// Inputs are what a batch decides on, in the order in which it takes them: commands by number, then
// messages by participant and sequence.
type Inputs struct {
	Rules    string    // that it decides by
	Now      time.Time // the batch's clock, recorded with it
	Commands []settlement.Command
	Messages []Message
	Known    map[ledger.IntentKey]ledger.KnownIntent           // ids used before; the batch adds its own
	Finished map[settlement.TransferID]ledger.FinishedTransfer // what late outcomes may name; likewise
	Hits     map[ledger.Hit]ledger.Screened                    // what screening said of the intents, where it said more than that they may pass
	Before   *Recent                                           // what the database did not know yet when it was asked
	Letters  map[ledger.LetterKey]ledger.Letter                // dead letters that commands name; the batch adds its own
	// TakenAgain is what they hold, decoded under the keys that hold now; without those that are not what they were.
	TakenAgain map[ledger.LetterKey]Message
	Evidence   map[ledger.EvidenceKey]ledger.Evidence // what the settlement agent's entries proved before; likewise
	Closing    NextClosing
	Silent     bool         // for an auditor: nothing is written to anybody
	Tier       netting.Tier // how it chooses, for who asks what that would have come to; "" by the rules
}

// Recent is what a batch on its way into the database knows.
type Recent struct {
	Known    map[ledger.IntentKey]ledger.KnownIntent
	Finished map[settlement.TransferID]ledger.FinishedTransfer
	Letters  map[ledger.LetterKey]ledger.Letter
	Evidence map[ledger.EvidenceKey]ledger.Evidence
}

// usedBefore tells what became of an id, if it was ever used.
func (in *Inputs) usedBefore(key ledger.IntentKey) (ledger.KnownIntent, bool) {
	known, ok := in.Known[key]
	if !ok && in.Before != nil {
		known, ok = in.Before.Known[key]
	}
	return known, ok
}

// ended tells how a transfer ended, if it has and the batch had reason to ask.
func (in *Inputs) ended(id settlement.TransferID) (ledger.FinishedTransfer, bool) {
	finished, ok := in.Finished[id]
	if !ok && in.Before != nil {
		finished, ok = in.Before.Finished[id]
	}
	return finished, ok
}

// MaxItems bounds the intents and outcomes that one batch takes, and what it asks rails about.
const MaxItems = 16_384

// Message is a received message after decoding: either a fault or its content.
type Message struct {
	messaging.Received
	participant *settlement.Participant
	fault       *messaging.FaultError
	intents     []messaging.DecodedIntent
	hashes      [][32]byte // of each intent's raw bytes
	outcomes    []messaging.Outcome
	health      *messaging.RailHealth // nil where it says nothing of the rail
	key         string                // that its signature was checked with
	recalls     []messaging.Recall
	accounts    [][2]AccountHash // of each intent's debtor and creditor, where there is a Screen
	sealed      []byte           // its closed lines, as they are kept

	first       bool    // of version 1
	openOnly    bool    // the log's, without closed lines
	unaddressed []int32 // of such a one: the places that lack what the travel rule requires
}

// Key is the public key that its signature was checked with.
func (m Message) Key() string { return m.key }

// Items counts what a message asks of a batch.
func (m Message) Items() int { return len(m.intents) + len(m.outcomes) + len(m.recalls) }

// decision is a batch in the making.
type decision struct {
	*State
	Inputs
	batch    *ledger.Batch
	touched  []int       // places of accounts whose balance or liquidity changed, each once
	marked   []bool      // which these are
	mail     []*mail     // by participant, nil where there is nothing to say
	accepted []*transfer // new in this batch, returns included
	expired  []settlement.TransferID
	cleared  []settlement.TransferID
	clearing *clearingRecord // nil where there was nothing to choose
	windows  []windowRecord
	recalls  []recallRecord

	alarmed   []alarmRecord
	defaulted []defaultRecord

	carriedIn map[string]fx.Currency // currencies whose residual carry moved

	unaddressedIn map[fx.Currency]int64 // what the travel rule's threshold is in other currencies

	buried buried // the last message of which something was
	// refreshed is set when everybody must learn the peers and quotes that hold now.
	refreshed bool
	// turned are those whose rails went down or came back.
	turned []*settlement.Participant
	// retold is set when everybody must learn the fees that hold now and were announced.
	retold bool
	// replaying is the dead letter that is being taken in again; nil where none is.
	replaying *replaying
	// stirred is set when something joined the queue, or may clear by what the batch before brought.
	stirred bool
	// awaitsWitnesses is set where a policy was in force before the batch.
	awaitsWitnesses bool
}

// buried names a message.
type buried struct {
	participant int32
	sequence    uint64
}

// microseconds is a time as PostgreSQL keeps it: what is decided by it must be the same after a reload.
func microseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Decide takes the next batch's inputs, moves the state on, and returns what is to be written.
// An error is a broken invariant or an overflow: nothing may be written and the engine must stop.
func (s *State) Decide(in Inputs) (*ledger.Batch, error) {
	if in.Now.Before(s.decidedAt) { // the batch's clock never goes back, whatever the machine's does
		in.Now = s.decidedAt
	}
	if in.Letters == nil {
		in.Letters = map[ledger.LetterKey]ledger.Letter{}
	}
	if in.Evidence == nil {
		in.Evidence = map[ledger.EvidenceKey]ledger.Evidence{}
	}
	s.lastBatch++
	s.decidedAt = in.Now
	d := &decision{
		State: s, Inputs: in,
		batch:  &ledger.Batch{ID: s.lastBatch, DecidedAt: in.Now},
		marked: make([]bool, len(s.accounts)), carriedIn: map[string]fx.Currency{}, awaitsWitnesses: s.witnesses != nil,
		stirred: s.brought,
	}
	s.brought = false
	d.makeRoom()
	d.batch.LogIndex = s.tree.Size() // the batch's own entry comes first, so that messages can name it
	steps := []func() error{
		d.forgetQuotes, d.forgetBroken, d.openFirstWindow, d.closeDue, d.carryOutCommands, d.takeMessages, d.lapseHealth, d.turnKeys, d.expire, d.settleGross, d.clear, d.ask,
		d.wait, d.postResidual, d.settleWindows, d.lowerLines, d.writeBalances, d.writeLog, d.rememberEntry, d.writeMail, d.writeOpen,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("engine: batch %d: %w", d.batch.ID, err)
		}
	}
	d.batch.Window = s.defaultWindow()
	d.batch.Queued = s.queued()
	return d.batch, nil
}

// makeRoom makes the batch's large lists as long as they are likely to become: they would grow by copying.
func (d *decision) makeRoom() {
	intents, outcomes := 0, 0
	for _, m := range d.Messages {
		intents += len(m.intents)
		outcomes += len(m.outcomes)
	}
	d.accepted = make([]*transfer, 0, intents)
	d.cleared = make([]settlement.TransferID, 0, intents)
	d.batch.Transfers = make([]*settlement.Transfer, 0, intents)
	d.batch.Intents = make([]ledger.Intent, 0, intents)
	d.batch.Postings = make([]ledger.Posting, 0, 2*intents)
	d.batch.Events = make([]ledger.Event, 0, intents+outcomes)
	d.batch.Outcomes = make([]ledger.Outcome, 0, outcomes)
}

// touch remembers that an account's balance or liquidity changed.
func (d *decision) touch(index int) {
	for len(d.marked) <= index {
		d.marked = append(d.marked, false)
	}
	if !d.marked[index] {
		d.marked[index] = true
		d.touched = append(d.touched, index)
	}
}

// takeMessages takes each message in order and moves its stream's position past it.
func (d *decision) takeMessages() error {
	at := map[int32]int{}
	for _, m := range d.Messages {
		id := m.participant.ID
		if _, ok := at[id]; !ok {
			at[id] = len(d.batch.Positions)
			d.batch.Positions = append(d.batch.Positions, ledger.StreamPosition{Participant: id, Old: d.positions[id]})
		}
		d.batch.Positions[at[id]].New = m.Position()
		d.keep(m)
		d.positions[id] = m.Position()
		switch {
		case m.fault != nil:
			d.bury(m, wholeMessage, m.fault)
		case d.unreadableMessageThen(m):
			d.bury(m, wholeMessage, &messaging.FaultError{Fault: messaging.FaultSchema})
		case m.Kind == messaging.PayloadIntent:
			d.takeIntents(m)
			d.takeRecalls(m)
		default:
			for place, o := range m.outcomes {
				d.takeOutcome(m, int32(place), o)
			}
			d.takeHealth(m)
		}
	}
	return nil
}

// wholeMessage is the place of a dead letter that is no single part of its message.
const wholeMessage = -1

// keep keeps the message as it came, as far as its size allows.
func (d *decision) keep(m Message) {
	d.batch.Envelopes = append(d.batch.Envelopes, m.envelope())
}

// envelope is a message as it is kept.
func (m Message) envelope() ledger.Envelope {
	e := ledger.Envelope{
		Participant: m.participant.ID, Sequence: m.Sequence, Kind: m.Kind, ReceivedAt: microseconds(m.Time),
		Hash: m.Hash,
	}
	if !m.tooLarge() {
		e.Payload, e.Signature, e.Closed = m.kept(), m.Signature, m.sealed
		if e.Payload == nil { // none is said of those that were too large
			e.Payload = []byte{}
		}
	}
	return e
}

// bury records what could not be accepted as anything, with its reason, and tells the stream's owner:
// once a message, lest small malice make long answers.
func (d *decision) bury(m Message, place int32, fault *messaging.FaultError) {
	if d.stays(place, fault) {
		return
	}
	d.Letters[ledger.LetterKey{Participant: m.participant.ID, Sequence: m.Sequence, Place: place}] = ledger.Letter{Envelope: m.envelope()}
	d.batch.DeadLetters = append(d.batch.DeadLetters, ledger.DeadLetter{
		Participant: m.participant.ID, Sequence: m.Sequence, Place: place, Fault: fault.Fault, Detail: Plain(fault.Detail),
	})
	if d.buried == (buried{m.participant.ID, m.Sequence}) {
		return
	}
	d.buried = buried{m.participant.ID, m.Sequence}
	d.to(m.participant).refuse(messaging.Change{
		State: messaging.StateRejected, Fault: fault.Fault, Reason: fault.Fault.Reason(),
		Detail: Plain(fmt.Sprintf("message %d, place %d: %s", m.Sequence, place, fault.Detail)),
	})
}

// post moves money between two accounts of one currency.
func (d *decision) post(kind ledger.PostingKind, transfer settlement.TransferID, debit, credit int, amountMinor int64) error {
	from, to := &d.accounts[debit], &d.accounts[credit]
	if from.Currency != to.Currency || amountMinor <= 0 {
		return fmt.Errorf("posting of %d from account %d (%s) to %d (%s)", amountMinor, from.ID, from.Currency, to.ID, to.Currency)
	}
	var fits [4]bool
	from.debits, fits[0] = fx.AddMinor(from.debits, amountMinor)
	if mutant.Sum && d.lastPosting%100 == 99 {
		to.credits++
	}
	to.credits, fits[1] = fx.AddMinor(to.credits, amountMinor)
	fits[2], fits[3] = true, true
	switch kind {
	case ledger.PostClear, ledger.PostReturn, ledger.PostResidual, ledger.PostFee, ledger.PostInterchange: // the flows that a window nets
		from.grossOut, fits[2] = fx.AddMinor(from.grossOut, amountMinor)
		to.grossIn, fits[3] = fx.AddMinor(to.grossIn, amountMinor)
	default: // what stands behind positions, and what settles them
	}
	if fits != [4]bool{true, true, true, true} {
		return fmt.Errorf("totals of account %d or %d overflow", from.ID, to.ID)
	}
	d.touch(debit)
	d.touch(credit)
	d.lastPosting = d.next(d.lastPosting)
	d.batch.Postings = append(d.batch.Postings, ledger.Posting{
		ID: d.lastPosting, Transfer: transfer, Kind: kind, Debit: from.ID, Credit: to.ID,
		AmountMinor: amountMinor, Currency: from.Currency,
	})
	return nil
}

// account returns the place of an account, opening it where it does not exist yet.
func (d *decision) account(participant int32, kind ledger.AccountKind, currency fx.Currency) int {
	if index := d.find(participant, kind, currency); index >= 0 {
		return index
	}
	a := ledger.Account{ID: int64(len(d.accounts)) + 1, Participant: participant, Kind: kind, Currency: currency}
	d.batch.Accounts = append(d.batch.Accounts, a)
	return d.addAccount(a)
}

// next is the id after the last one: time-ordered, so that what is kept by id is kept by time.
func (d *decision) next(last int64) int64 {
	if d.countsFromOne() {
		return last + 1
	}
	return max(last+1, ledger.FirstID(d.Now))
}

// wait lets what this batch accepted and did not clear wait in the queue. What cleared at once has never
// waited: of the states that a transfer passes in one batch, the last is recorded.
func (d *decision) wait() error {
	for _, t := range d.accepted {
		if t.state == messaging.StateQueued {
			reason := ""
			if t.life != nil && !t.life.late.IsZero() {
				reason = messaging.FaultClosed.Reason() // of a hold nothing is told: nobody is tipped off
			}
			d.step(t, messaging.StateQueued, reason)
		}
	}
	return nil
}

// openEvery is after how many transfers the open ones are written down: what a new leader looks through then
// takes it some tenths of a second.
const openEvery = 200_000

// writeOpen writes down, now and then, which transfers are open.
func (d *decision) writeOpen() error {
	d.sinceOpen += len(d.batch.Transfers)
	if d.sinceOpen < openEvery {
		return nil
	}
	d.sinceOpen = 0
	d.batch.Open = []ledger.OpenTransfers{{Through: d.lastTransfer, Transfers: sortedKeys(d.open)}}
	return nil
}

// step moves a transfer into a state, records it, and tells the debtor's participant.
func (d *decision) step(t *transfer, state messaging.State, reason string) {
	t.state = state
	d.atRails.recount(t)
	d.batch.Events = append(d.batch.Events, ledger.Event{Transfer: t.ID, State: state, Reason: reason})
	if state.Final() {
		delete(d.open, t.ID)
		t.leave()
		if t.original == nil {
			d.Finished[t.ID] = ledger.FinishedTransfer{Debtor: t.Debtor, Creditor: t.Creditor, State: state}
			d.openCount[t.Debtor]--
		}
	}
	if t.original == nil { // a return shows in the states of the transfer that it sends back
		d.tell(t, state, reason)
	}
}
