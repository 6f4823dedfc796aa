package bulk

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// FileState is where a file is in its life.
type FileState string

// The states of a file.
const (
	Received FileState = "received" // taken and checked; nothing is paid before somebody approves it
	Approved FileState = "approved" // its ids are being held against those of other files
	Running  FileState = "running"  // its lines are sent and followed
	Finished FileState = "finished" // every line has its result, which never changes again
)

// State is where a line is. From Queued on it is the transfer's own state (messaging.State).
type State string

// The states of a line that the switch does not know, and Sent.
const (
	Waiting State = "waiting" // not sent yet
	Invalid State = "invalid" // not sent, and will not be: see its fault
	Sent    State = "sent"    // published until the switch answers
	Again   State = "again"   // refused for a reason that passes; will be sent again
)

// rank orders the states of a line that was sent: a change to a lower or equal rank is old news.
func (s State) rank() int {
	switch messaging.State(s) {
	case messaging.StateQueued:
		return 1
	case messaging.StateCleared:
		return 2
	case messaging.StateReturnPending:
		return 3
	case messaging.StatePaid, messaging.StateReturned, messaging.StateRejected, messaging.StateExpired:
		return 4
	}
	return 0
}

// unpaid tells whether the line ended without being paid: its id is free for another file.
func (s State) unpaid() bool {
	return s == Invalid || s == State(messaging.StateReturned) || s == State(messaging.StateRejected) || s == State(messaging.StateExpired)
}

// File is what is known of a file.
type File struct {
	SHA256   string    `json:"sha256"`
	Bytes    int64     `json:"bytes"`
	Lines    int       `json:"lines"` // without the header
	State    FileState `json:"state"`
	Received time.Time `json:"received"`
	Approved time.Time `json:"approved,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	// Totals are the sums of the sound lines' amounts by currency, as they stand in the file.
	Totals map[string]messaging.Amount `json:"totals"`
	// Counts are how many lines are where. Their sum is Lines.
	Counts map[State]int `json:"counts"`
	// Holds says what keeps a running file from going on, "" where nothing does.
	Holds string `json:"holds,omitempty"`
}

// open is how many lines the switch has not ended.
func (f *File) open() int {
	open := f.Counts[Sent]
	for _, s := range []messaging.State{messaging.StateQueued, messaging.StateCleared, messaging.StateReturnPending} {
		open += f.Counts[State(s)]
	}
	return open
}

// file is what the store keeps of a File: what is known, and how far it was sent.
type file struct {
	File
	Currency fx.Currency `json:"currency,omitzero"` // of the lines' sources
	Sweep    int         `json:"sweep"`             // how many times it was gone through before
	Next     mark        `json:"next,omitzero"`     // the first line of this sweep that was not looked at
}

// moved counts a line that went from one state to another.
func (f *file) moved(from, to State) {
	if f.Counts[from]--; f.Counts[from] == 0 {
		delete(f.Counts, from)
	}
	f.Counts[to]++
}

// record is what the store keeps of a line. Names are short because there are a million of them.
type record struct {
	State       State           `json:"s"`
	Sweep       int             `json:"n,omitzero"` // the last time that it was sent
	Transfer    string          `json:"t,omitempty"`
	Source      int64           `json:"a,omitzero"` // minor units, of the file's currency
	Destination int64           `json:"b,omitzero"`
	Currency    fx.Currency     `json:"c,omitzero"` // of Destination
	Fault       messaging.Fault `json:"f,omitempty"`
	Reason      string          `json:"r,omitempty"`
	Detail      string          `json:"d,omitempty"`
}

func refused(fault *messaging.FaultError) *record {
	return &record{State: Invalid, Fault: fault.Fault, Reason: reason(fault.Fault), Detail: fault.Detail}
}

// pack is a row of lines that were priced at one moment and are published together, until the switch has
// answered each. With it, a line makes the same intent for ever.
type pack struct {
	First      mark              `json:"first"`
	End        int               `json:"end"` // the first line behind it
	Deadline   time.Time         `json:"deadline"`
	Quotes     map[string]string `json:"quotes,omitempty"` // ids, by the destination's currency
	Unanswered int               `json:"unanswered"`
}

// intent is what a line says to the switch: a function of file, place, line, record and pack.
func (p *pack) intent(at place, l Line, r *record, from fx.Currency) messaging.Intent {
	intent := l.intent()
	intent.ID, intent.Deadline = at.intentID(), p.Deadline
	intent.Source = messaging.NewAmount(fx.Money{Minor: r.Source, Currency: from})
	intent.Destination = messaging.NewAmount(fx.Money{Minor: r.Destination, Currency: r.Currency})
	if r.Currency != from {
		intent.Quote, intent.Fixed = p.Quotes[r.Currency.String()], fx.FixedDestination
		if l.Amount.Currency == from.String() {
			intent.Fixed = fx.FixedSource
		}
	}
	return intent
}
