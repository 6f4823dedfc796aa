package decide

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// Rules names the version of the decisions in this package: an auditor replays a batch by the rules
// that it was decided under.
const Rules = "ayni-net-4"

// record is what the settlement log keeps of a batch: which inputs, in which order, and what was
// decided. Personal data never enters it; intents are named by the hash of their bytes.
//
// Members stand in the order of their names, here and in what they hold: written as they stand, the record is
// canonical, and need not be read and sorted again.
type record struct {
	Alarms      []alarmRecord      `json:"alarms,omitzero"`
	Balances    []balanceRecord    `json:"balances"`
	Bundles     []bundleRecord     `json:"bundles,omitzero"` // that ended
	Charges     *chargesRecord     `json:"charges,omitzero"` // where a schedule charged something, be it nothing
	Claims      []claimRecord      `json:"claims,omitzero"`
	Cleared     []run              `json:"cleared"`
	Clearing    jsontext.Value     `json:"clearing,omitzero"` // a clearingRecord, where there was something to choose
	Commands    []commandRecord    `json:"commands"`
	DeadLetters []deadLetterRecord `json:"dead_letters"`
	Defaults    []defaultRecord    `json:"defaults,omitzero"`
	Expired     []run              `json:"expired"`
	Guarantees  []guaranteeRecord  `json:"guarantees,omitzero"`
	Instructed  []instructedRecord `json:"instructed,omitzero"`
	Letters     []letterRecord     `json:"letters,omitzero"` // dead letters that were taken in again
	Life        []lifeRecord       `json:"life,omitzero"`
	Lines       []lineRecord       `json:"lines,omitzero"`
	Messages    []messageRecord    `json:"messages"` // that brought new intents
	Outcomes    []outcomeRecord    `json:"outcomes"`
	Postings    postingsRecord     `json:"postings"`
	Rails       []railRecord       `json:"rails,omitzero"`
	Recalls     []recallRecord     `json:"recalls,omitzero"`
	Screened    []screenedRecord   `json:"screened,omitzero"` // what screening said, where it said more than that an intent may pass
	Streams     []streamRecord     `json:"streams"`
	Windows     []windowRecord     `json:"windows"`
}

// bundleRecord is how a bundle ended, and the legs that it had.
type bundleRecord struct {
	By        int32                   `json:"by,omitzero"` // whose leg broke it
	Count     int32                   `json:"count"`
	Digest    string                  `json:"digest"`
	ID        string                  `json:"id"`
	State     ledger.BundleState      `json:"state"`
	Transfers []settlement.TransferID `json:"transfers"`
}

// screenedRecord is an input, like the intent that it is about: who screened is not asked again.
type screenedRecord struct {
	Decision    screen.Decision `json:"decision"`
	List        string          `json:"list"`
	Participant int32           `json:"participant"`
	Place       int32           `json:"place"`
	Rule        string          `json:"rule"`
	Sequence    uint64          `json:"sequence"`
}

// recallRecord is what a recall was answered.
type recallRecord struct {
	Fault       messaging.Fault       `json:"fault,omitempty"`
	Participant int32                 `json:"participant"`
	Place       int32                 `json:"place"`
	Sequence    uint64                `json:"sequence"`
	State       messaging.RecallState `json:"state"`
	Transfer    settlement.TransferID `json:"transfer,omitempty"`
}

// lifeRecord is what happened to a transfer beside its states. That one is held by a screening list is an
// input: who has no key cannot find it again.
type lifeRecord struct {
	About    string                `json:"about,omitempty"`
	Kind     ledger.LifeKind       `json:"kind"`
	Reason   string                `json:"reason,omitempty"`
	Transfer settlement.TransferID `json:"transfer"`
	Until    string                `json:"until,omitempty"`
}

type streamRecord struct {
	After       uint64 `json:"after"`
	Hash        string `json:"hash"` // of the last message
	Participant string `json:"participant"`
	Through     uint64 `json:"through"`
}

type commandRecord struct {
	Fault string `json:"fault,omitempty"`
	Hash  string `json:"hash"` // of the body, which is an entry of its own
	ID    int64  `json:"id"`
	Kind  string `json:"kind"`
}

// messageRecord is what became of the intents of one envelope: those accepted have consecutive ids in the
// order of their places, from First on. Places that it does not speak of repeated an id of before, or are
// dead letters.
type messageRecord struct {
	Accepted    []places              `json:"accepted"`
	First       settlement.TransferID `json:"first,omitempty"`
	Hashes      string                `json:"hashes,omitzero"` // of each intent, before ayni-net-3; now the batch's steps have them
	Participant int32                 `json:"participant"`
	Refused     []refusalRecord       `json:"refused"`
	Sequence    uint64                `json:"sequence"`
}

// run is a row of transfers with consecutive ids, first and last. Ids of one moment are consecutive, so most
// batches clear a few of them.
type run [2]settlement.TransferID

// places is a row of places in an envelope, first and last.
type places [2]int32

type refusalRecord struct {
	Fault messaging.Fault `json:"fault"`
	Place int32           `json:"place"`
}

type outcomeRecord struct {
	Kind        messaging.Kind         `json:"kind"`
	Participant int32                  `json:"participant"`
	Sequence    uint64                 `json:"sequence"`
	State       messaging.OutcomeState `json:"state"`
	Transfer    settlement.TransferID  `json:"transfer"`
	Verdict     ledger.Verdict         `json:"verdict"`
}

type deadLetterRecord struct {
	Fault       messaging.Fault `json:"fault"`
	Participant int32           `json:"participant"`
	Place       int32           `json:"place"`
	Sequence    uint64          `json:"sequence"`
}

type windowRecord struct {
	Group    string                 `json:"group,omitzero"`
	Moment   time.Time              `json:"moment,omitzero"`   // when it closes by itself, or is due
	Residual []tradeRecord          `json:"residual,omitzero"` // of a closed one: what the FX pool needs from outside
	State    settlement.WindowState `json:"state"`
	Window   settlement.WindowID    `json:"window"`
}

// postingsRecord commits to the batch's postings, which follow from the rest: SHA-256 over a line each, in
// order: id, transfer, kind, debit, credit, amount_minor, with a space between and a line feed after.
type postingsRecord struct {
	Count int    `json:"count"`
	Hash  string `json:"hash"`
}

// chargesRecord commits to what the batch's transfers cost: SHA-256 over a line each, in order: transfer, version,
// rule, kind, payer, payee, amount_minor, with a space between and a line feed after. It follows from the
// schedules, which are commands.
type chargesRecord struct {
	Count int    `json:"count"`
	Hash  string `json:"hash"`
}

type balanceRecord struct {
	Account int64 `json:"account"`
	Credits int64 `json:"credits"`
	Debits  int64 `json:"debits"`
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

	Inputs   string            `json:"inputs,omitzero"`   // SHA-256 of the messages (audit.AppendMessage)
	Steps    *audit.StepsEntry `json:"steps,omitzero"`    // what receipts are made from
	Clearing *clearingEntry    `json:"clearing,omitzero"` // where there was something to choose
}

// commandEntry is the log's entry for what an operator asked.
type commandEntry struct {
	Kind    string `json:"kind"`
	Command int64  `json:"command"`
	Body    string `json:"body"` // SHA-256 of the blob that holds it
	Fault   string `json:"fault,omitempty"`
	Maker   string `json:"maker,omitempty"`
	Checker string `json:"checker,omitempty"` // "" where one person did it alone
}

// writeLog appends the batch's entry, then one for each command, and commits to them by the tree.
func (d *decision) writeLog() error {
	text, err := d.recorded()
	if err != nil {
		return err
	}
	entry := batchEntry{
		Kind: "batch", Batch: d.batch.ID, Rules: d.Rules, Time: d.Now.UTC().Format(time.RFC3339Nano), Window: int64(d.defaultWindow()),
		Accepted: d.batch.Accepted, Cleared: d.batch.Cleared, Queued: d.queued(), Record: d.blob(text),
		Clearing: d.clearing.entry(),
	}
	if !d.beforeNet3() {
		if entry.Inputs, err = d.recordInputs(); err != nil {
			return err
		}
		entry.Steps = d.recordSteps()
	}
	err = d.logEntry("batch", entry)
	if err != nil {
		return err
	}
	for i, c := range d.Commands {
		err := d.logEntry("command", commandEntry{
			Kind: string(c.Kind), Command: c.ID, Body: d.blob(c.Body), Fault: d.batch.CommandResults[i].Fault,
			Maker: c.Maker, Checker: c.Checker,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// recorded is the record as the log keeps it.
func (d *decision) recorded() ([]byte, error) {
	if d.countsFromOne() {
		return audit.Canonical(d.recordEarlier())
	}
	r := &record{
		Streams: d.recordStreams(), Commands: d.recordCommands(), Messages: d.recordMessages(), Outcomes: d.recordOutcomes(),
		DeadLetters: d.recordDeadLetters(), Expired: runs(d.expired), Cleared: runs(d.cleared),
		Windows: d.windows, Postings: d.recordPostings(), Balances: d.recordBalances(), Letters: d.recordLetters(),
		Alarms: d.alarmed, Lines: d.recordLines(), Guarantees: d.recordGuarantees(), Instructed: d.recordInstructed(),
		Bundles: d.recordBundles(), Defaults: d.defaulted, Claims: d.recordClaims(), Charges: d.recordCharges(), Rails: d.recordRails(), Recalls: d.recalls, Life: d.recordLife(), Screened: d.recordScreened(),
	}
	if d.clearing != nil {
		var err error
		if r.Clearing, err = audit.Canonical(d.clearing); err != nil {
			return nil, err
		}
	}
	return audit.Ordered(r)
}

func (d *decision) recordStreams() (streams []streamRecord) {
	for _, p := range d.batch.Positions {
		streams = append(streams, streamRecord{
			Participant: d.participants[p.Participant-1].Name, After: p.Old.Sequence, Through: p.New.Sequence,
			Hash: hex.EncodeToString(p.New.Hash[:]),
		})
	}
	return streams
}

func (d *decision) recordCommands() (commands []commandRecord) {
	for i, c := range d.Commands {
		hash := sha256.Sum256(c.Body)
		commands = append(commands, commandRecord{
			ID: c.ID, Kind: string(c.Kind), Hash: hex.EncodeToString(hash[:]), Fault: d.batch.CommandResults[i].Fault,
		})
	}
	return commands
}

// recordMessages goes through the intents, which stand by message and place.
func (d *decision) recordMessages() (messages []messageRecord) {
	var hashes []byte
	for i, row := range d.batch.Intents {
		last := len(messages) - 1
		if last < 0 || messages[last].Participant != row.Participant || messages[last].Sequence != row.Sequence {
			messages = append(messages, messageRecord{Participant: row.Participant, Sequence: row.Sequence, First: row.Transfer})
			last++
			hashes = hashes[:0]
		}
		m := &messages[last]
		if d.beforeNet3() {
			hashes = append(hashes, row.Hash[:]...)
		}
		if row.Fault != "" {
			m.Refused = append(m.Refused, refusalRecord{Place: row.Place, Fault: row.Fault})
		} else {
			if m.First == 0 {
				m.First = row.Transfer
			}
			if n := len(m.Accepted); n > 0 && m.Accepted[n-1][1] == row.Place-1 {
				m.Accepted[n-1][1]++
			} else {
				m.Accepted = append(m.Accepted, places{row.Place, row.Place})
			}
		}
		if i+1 == len(d.batch.Intents) || d.batch.Intents[i+1].Participant != row.Participant || d.batch.Intents[i+1].Sequence != row.Sequence {
			m.Hashes = base64.StdEncoding.EncodeToString(hashes)
		}
	}
	return messages
}

func (d *decision) recordOutcomes() (outcomes []outcomeRecord) {
	for _, o := range d.batch.Outcomes {
		outcomes = append(outcomes, outcomeRecord{
			Participant: o.Participant, Sequence: o.Sequence, Transfer: o.Transfer, Kind: o.Outcome.Kind,
			State: o.Outcome.State, Verdict: o.Verdict,
		})
	}
	return outcomes
}

func (d *decision) recordDeadLetters() (letters []deadLetterRecord) {
	for _, l := range d.batch.DeadLetters {
		letters = append(letters, deadLetterRecord{Participant: l.Participant, Sequence: l.Sequence, Place: l.Place, Fault: l.Fault})
	}
	return letters
}

func (d *decision) recordPostings() postingsRecord {
	hash := sha256.New()
	var line []byte
	for _, p := range d.batch.Postings {
		line = strconv.AppendInt(line[:0], p.ID, 10)
		line = strconv.AppendInt(append(line, ' '), int64(p.Transfer), 10)
		line = append(append(append(line, ' '), p.Kind...), ' ')
		line = strconv.AppendInt(line, p.Debit, 10)
		line = strconv.AppendInt(append(line, ' '), p.Credit, 10)
		line = strconv.AppendInt(append(line, ' '), p.AmountMinor, 10)
		hash.Write(append(line, '\n'))
	}
	return postingsRecord{Count: len(d.batch.Postings), Hash: hex.EncodeToString(hash.Sum(nil))}
}

func (d *decision) recordBalances() (balances []balanceRecord) {
	for _, b := range d.batch.Balances {
		balances = append(balances, balanceRecord{Account: b.Account, Debits: b.Debits, Credits: b.Credits})
	}
	return balances
}

func (d *decision) recordLife() (life []lifeRecord) {
	for _, e := range d.batch.Life {
		r := lifeRecord{Transfer: e.Transfer, Kind: e.Kind, About: e.About, Reason: e.Reason}
		if !e.Until.IsZero() {
			r.Until = e.Until.UTC().Format(time.RFC3339Nano)
		}
		life = append(life, r)
	}
	return life
}

func (d *decision) recordScreened() (screened []screenedRecord) {
	for _, v := range d.batch.Screened {
		screened = append(screened, screenedRecord{
			Participant: v.Participant, Sequence: v.Sequence, Place: v.Place, Decision: v.Decision, List: v.List, Rule: v.Rule,
		})
	}
	return screened
}

func (d *decision) recordBundles() (bundles []bundleRecord) {
	for _, e := range d.batch.BundleEnds {
		bundles = append(bundles, bundleRecord{By: e.By, Count: e.Count, Digest: e.Digest, ID: e.ID, State: e.State, Transfers: e.Legs})
	}
	return bundles
}

// runs joins consecutive ids.
func runs(ids []settlement.TransferID) (joined []run) {
	for _, id := range ids {
		if n := len(joined); n > 0 && joined[n-1][1] == id-1 {
			joined[n-1][1] = id
		} else {
			joined = append(joined, run{id, id})
		}
	}
	return joined
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
