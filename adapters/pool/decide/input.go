package decide

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// Rules names this state machine in every entry of the log.
const Rules = "ayni-pool-1"

// Input is what the pool hears: an act or a word.
type Input struct {
	At   time.Time // of the node's clock: UTC, whole milliseconds, never before the input before
	Act  *act.Signed
	Word *Word
}

// Word is what the node says by itself. Nobody signs it but the log's checkpoint.
type Word struct {
	Kind string         `json:"kind"`
	Body jsontext.Value `json:"body"` // canonical JSON
}

// Line is one thing that an input made known.
type Line struct {
	Section charter.Section // to whom it may be shown, by the charter
	About   []string        // members who may see it whatever the charter says
	Kind    string
	Body    any // with JSON names; written canonically
}

// Entry is what an input made. Lines[0] is the input.
type Entry struct {
	Index    int64 // of the input, from 0 without gaps
	Lines    []Line
	Postings []book.Posting
	Answer   Answer

	// Remembered is under what the act is known again: the same bytes get the same answer, others are refused. "" of
	// what may be said again.
	Remembered string
}

// Answer is what whoever said something is told.
type Answer struct {
	Index  int64  `json:"index"`           // of the entry that holds the act
	Made   string `json:"made,omitzero"`   // the id of what it made: a proposal, a member, a posting on the board
	Fault  Fault  `json:"fault,omitzero"`  // "" where it was done
	Detail string `json:"detail,omitzero"` // of the fault, for people
}

// said is the line of an input.
type said struct {
	At        time.Time      `json:"at"`
	Key       string         `json:"key,omitzero"`
	Open      string         `json:"open,omitzero"` // the act as it was signed
	Signature []byte         `json:"signature,omitzero"`
	Word      string         `json:"word,omitzero"` // the word's kind
	Body      jsontext.Value `json:"body,omitzero"`
}
