package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// Log is a settlement log as it is read.
type Log interface {
	// Visit hands over the entries in order, from the first on, until visit errs. Its error is ErrCutOff where
	// entries are left that cannot be read: then those before stand for themselves.
	Visit(ctx context.Context, visit func(entry []byte) error) error
	// Blob returns the bytes with a SHA-256, which the entry of an index names. It is called from many goroutines.
	Blob(index int64, hash [sha256.Size]byte) ([]byte, error)
}

// ErrCutOff says that a log goes on after the last entry that could be read. What it is about is told by who reads.
var ErrCutOff = errors.New("verify: the log goes on with what cannot be read")

// batch is a batch as the log has it: its entry, those of its commands, and what the entry names.
type batch struct {
	index    int64 // of its entry
	entry    []byte
	commands [][]byte // entries
	head     entry
	record   []byte
	messages []Message
	inputs   decide.Inputs
	bytes    int64 // of all that it names
	err      error // why it could not be read
}

// entry is what a replay needs of an entry.
type entry struct {
	Kind   string           `json:"kind"`
	Batch  int64            `json:"batch"`
	Rules  string           `json:"rules"`
	Time   time.Time        `json:"time"`
	Record string           `json:"record"`
	Inputs string           `json:"inputs"`
	Steps  audit.StepsEntry `json:"steps"`
}

// commandEntry is the entry of a command.
type commandEntry struct {
	Kind    settlement.CommandKind `json:"kind"`
	Command int64                  `json:"command"`
	Body    string                 `json:"body"`
	Maker   string                 `json:"maker"`
	Checker string                 `json:"checker"`
}

// recorded is what a replay takes from a record, because only the switch could know it.
type recorded struct {
	Screened []struct {
		Decision    screen.Decision `json:"decision"`
		List        string          `json:"list"`
		Participant int32           `json:"participant"`
		Place       int32           `json:"place"`
		Rule        string          `json:"rule"`
		Sequence    uint64          `json:"sequence"`
	} `json:"screened"`
	Windows []struct {
		Moment time.Time              `json:"moment"`
		State  settlement.WindowState `json:"state"`
		Window settlement.WindowID    `json:"window"`
	} `json:"windows"`
}

var numbersAsText = json.StringifyNumbers(true)

// read fills in what the entries name. What fails is an error of the batch.
func (b *batch) read(log Log, keys *keyring) {
	b.err = func() error {
		if err := json.Unmarshal(b.entry, &b.head, numbersAsText); err != nil {
			return fmt.Errorf("the entry does not read: %w", err)
		}
		if !decide.ShowsNobody(b.head.Rules) {
			return fmt.Errorf("the entry names the rules %q, by which no log is verified", b.head.Rules)
		}
		var err error
		if b.record, err = b.blob(log, b.index, b.head.Record); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		if len(b.record) > maxRecordBytes {
			return fmt.Errorf("a record of %d bytes; the limit is %d", len(b.record), maxRecordBytes)
		}
		var r recorded
		if err := json.Unmarshal(b.record, &r, numbersAsText); err != nil {
			return fmt.Errorf("the record does not read: %w", err)
		}
		b.inputs = decide.Inputs{
			Rules: b.head.Rules, Now: b.head.Time, Hits: map[ledger.Hit]ledger.Screened{}, Closing: r.closing(), Silent: true,
			TakenAgain: map[ledger.LetterKey]decide.Message{},
		}
		for _, s := range r.Screened {
			at := ledger.Hit{Participant: s.Participant, Sequence: s.Sequence, Place: s.Place}
			b.inputs.Hits[at] = ledger.Screened{Decision: s.Decision, List: s.List, Rule: s.Rule}
		}
		if err := b.readCommands(log); err != nil {
			return err
		}
		return b.readMessages(log, keys)
	}()
}

// closing answers when windows close by what the record has of it.
func (r *recorded) closing() decide.NextClosing {
	closings := map[settlement.WindowID]time.Time{}
	for _, w := range r.Windows {
		if w.State == settlement.WindowOpen && !w.Moment.IsZero() {
			closings[w.Window] = w.Moment
		}
	}
	return decide.AsRecorded(closings)
}

func (b *batch) readCommands(log Log) error {
	for i, text := range b.commands {
		var c commandEntry
		if err := json.Unmarshal(text, &c, numbersAsText); err != nil {
			return fmt.Errorf("entry %d does not read: %w", b.index+1+int64(i), err)
		}
		body, err := b.blob(log, b.index+1+int64(i), c.Body)
		if err != nil {
			return fmt.Errorf("body of command %d: %w", c.Command, err)
		}
		b.inputs.Commands = append(b.inputs.Commands, settlement.Command{ID: c.Command, Kind: c.Kind, Body: body, Maker: c.Maker, Checker: c.Checker})
	}
	return nil
}

// Limits on what a batch names: a record of the largest batch is a few megabytes, and what little text can make many
// rows takes much memory to read.
const (
	maxRecordBytes = 64 << 20
	maxNamedBytes  = audit.MaxBlobBytes
)

func (b *batch) blob(log Log, index int64, name string) ([]byte, error) {
	raw, err := hex.DecodeString(name)
	if err != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("%.80q names no blob", name)
	}
	body, err := log.Blob(index, [sha256.Size]byte(raw))
	if b.bytes += int64(len(body)); err == nil && b.bytes > maxNamedBytes {
		return nil, fmt.Errorf("the batch names more than %d bytes", maxNamedBytes)
	}
	return body, err
}
