package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Rules names the version of the decisions in this package: an auditor replays a batch by the rules
// that it was decided under.
const Rules = "ayni-net-1"

// record is what the settlement log keeps of a batch: which inputs, in which order, and what was
// decided. Personal data never enters it; intents are named by the hash of their bytes.
type record struct {
	Streams     []streamRecord          `json:"streams"`
	Commands    []commandRecord         `json:"commands"`
	Intents     []intentRecord          `json:"intents"`
	Outcomes    []outcomeRecord         `json:"outcomes"`
	DeadLetters []deadLetterRecord      `json:"dead_letters"`
	Expired     []settlement.TransferID `json:"expired"`
	Cleared     []settlement.TransferID `json:"cleared"`
	Clearing    *clearingRecord         `json:"clearing,omitzero"` // where there was something to choose
	Windows     []windowRecord          `json:"windows"`
	Postings    []postingRecord         `json:"postings"`
	Balances    []balanceRecord         `json:"balances"`

	carriedIn map[string]fx.Currency // currencies whose residual carry moved
}

type streamRecord struct {
	Participant string `json:"participant"`
	After       uint64 `json:"after"`
	Through     uint64 `json:"through"`
	Hash        string `json:"hash"` // of the last message
}

type commandRecord struct {
	ID    int64  `json:"id"`
	Kind  string `json:"kind"`
	Hash  string `json:"hash"` // of the body, which is an entry of its own
	Fault string `json:"fault,omitempty"`
}

type intentRecord struct {
	Participant int32                 `json:"participant"`
	Sequence    uint64                `json:"sequence"`
	Place       int32                 `json:"place"`
	Hash        string                `json:"hash"`
	Transfer    settlement.TransferID `json:"transfer,omitempty"`
	Fault       messaging.Fault       `json:"fault,omitempty"`
}

type outcomeRecord struct {
	Participant int32                  `json:"participant"`
	Sequence    uint64                 `json:"sequence"`
	Transfer    settlement.TransferID  `json:"transfer"`
	Kind        messaging.Kind         `json:"kind"`
	State       messaging.OutcomeState `json:"state"`
	Verdict     ledger.Verdict         `json:"verdict"`
}

type deadLetterRecord struct {
	Participant int32           `json:"participant"`
	Sequence    uint64          `json:"sequence"`
	Place       int32           `json:"place"`
	Fault       messaging.Fault `json:"fault"`
}

type windowRecord struct {
	Window settlement.WindowID    `json:"window"`
	State  settlement.WindowState `json:"state"`

	Residual []tradeRecord `json:"residual,omitzero"` // of a closed one: what the FX pool needs from outside
}

type postingRecord struct {
	ID          int64                 `json:"id"`
	Transfer    settlement.TransferID `json:"transfer,omitempty"`
	Kind        ledger.PostingKind    `json:"kind"`
	Debit       int64                 `json:"debit"`
	Credit      int64                 `json:"credit"`
	AmountMinor int64                 `json:"amount_minor"`
}

type balanceRecord struct {
	Account int64 `json:"account"`
	Debits  int64 `json:"debits"`
	Credits int64 `json:"credits"`
}

// batchEntry is the log's entry for a batch; the record itself is the blob that Record names.
type batchEntry struct {
	Kind     string `json:"kind"`
	Batch    int64  `json:"batch"`
	Rules    string `json:"rules"`
	Time     string `json:"time"`
	Window   int64  `json:"window"`
	Accepted int    `json:"accepted"`
	Cleared  int    `json:"cleared"`
	Queued   int    `json:"queued"`
	Record   string `json:"record"` // SHA-256 of the record, canonical JSON

	Clearing *clearingEntry `json:"clearing,omitzero"` // where there was something to choose
}

// commandEntry is the log's entry for what an operator asked.
type commandEntry struct {
	Kind    string `json:"kind"`
	Command int64  `json:"command"`
	Body    string `json:"body"` // SHA-256 of the blob that holds it
	Fault   string `json:"fault,omitempty"`
}

func (r *record) intent(m message, place int32, row ledger.Intent) {
	r.Intents = append(r.Intents, intentRecord{
		Participant: row.Participant, Sequence: m.Sequence, Place: place, Hash: hex.EncodeToString(row.Hash[:]),
		Transfer: row.Transfer, Fault: row.Fault,
	})
}

func (r *record) outcome(o ledger.Outcome) {
	r.Outcomes = append(r.Outcomes, outcomeRecord{
		Participant: o.Participant, Sequence: o.Sequence, Transfer: o.Transfer, Kind: o.Outcome.Kind,
		State: o.Outcome.State, Verdict: o.Verdict,
	})
}

func (r *record) command(c settlement.Command, fault string) {
	hash := sha256.Sum256(c.Body)
	r.Commands = append(r.Commands, commandRecord{ID: c.ID, Kind: string(c.Kind), Hash: hex.EncodeToString(hash[:]), Fault: fault})
}

func (r *record) window(w settlement.WindowID, state settlement.WindowState) {
	r.Windows = append(r.Windows, windowRecord{Window: w, State: state})
}

func (r *record) carried(c fx.Currency) {
	if r.carriedIn == nil {
		r.carriedIn = map[string]fx.Currency{}
	}
	r.carriedIn[c.String()] = c
}

// writeLog appends the batch's entry, then one for each command, and commits to them by the tree.
func (d *decision) writeLog() error {
	for _, p := range d.batch.Positions {
		d.record.Streams = append(d.record.Streams, streamRecord{
			Participant: d.participants[p.Participant-1].Name, After: p.Old.Sequence, Through: p.New.Sequence,
			Hash: hex.EncodeToString(p.New.Hash[:]),
		})
	}
	for _, p := range d.batch.Postings {
		d.record.Postings = append(d.record.Postings, postingRecord{
			ID: p.ID, Transfer: p.Transfer, Kind: p.Kind, Debit: p.Debit, Credit: p.Credit, AmountMinor: p.AmountMinor,
		})
	}
	for _, b := range d.batch.Balances {
		d.record.Balances = append(d.record.Balances, balanceRecord(b))
	}
	text, err := audit.Canonical(d.record)
	if err != nil {
		return err
	}
	err = d.logEntry("batch", batchEntry{
		Kind: "batch", Batch: d.batch.ID, Rules: d.rules, Time: d.now.UTC().Format(time.RFC3339Nano), Window: int64(d.window),
		Accepted: d.batch.Accepted, Cleared: d.batch.Cleared, Queued: len(d.queue), Record: d.blob(text),
		Clearing: d.record.Clearing.entry(),
	})
	if err != nil {
		return err
	}
	for i, c := range d.commands {
		err := d.logEntry("command", commandEntry{
			Kind: string(c.Kind), Command: c.ID, Body: d.blob(c.Body), Fault: d.batch.CommandResults[i].Fault,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// blob keeps bytes beside the log and returns their name.
func (d *decision) blob(body []byte) string {
	hash := sha256.Sum256(body)
	known := slices.ContainsFunc(d.batch.Blobs, func(b ledger.Blob) bool { return b.Hash == hash })
	if !known {
		d.batch.Blobs = append(d.batch.Blobs, ledger.Blob{Hash: hash, Body: body})
	}
	return hex.EncodeToString(hash[:])
}

func (d *decision) logEntry(kind string, v any) error {
	body, err := audit.Canonical(v)
	if err != nil {
		return err
	}
	leaf := audit.Leaf(body)
	d.batch.Log = append(d.batch.Log, ledger.LogEntry{Index: d.tree.Size(), Kind: kind, Body: body, Leaf: leaf})
	d.tree.Append(leaf)
	return nil
}
