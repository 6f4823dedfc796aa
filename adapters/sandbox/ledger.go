package sandbox

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
)

// Kinds of operation that the rails have in common. A rail may have more.
const (
	KindPayout     = "payout"
	KindCollection = "collection"
	KindRefund     = "refund"
	KindHold       = "hold"    // sets money aside for a payout
	KindRelease    = "release" // frees what a hold set aside
)

// State is where an operation is in the rail's books.
type State string

// The states. Settled and Declined are final.
const (
	Accepted State = "accepted"
	Settled  State = "settled"
	Declined State = "declined"
)

// Operation is one entry of a rail's books.
type Operation struct {
	Kind    string   `json:"kind"`
	ID      string   `json:"id"`                // unique within its kind; at most 128 bytes
	FateKey string   `json:"fate_key"`          // what the dice decide on, see Faults
	Aliases []string `json:"aliases,omitempty"` // other names that Find knows it by, unique within its kind
	Account string   `json:"account"`           // the customer's account
	Name    string   `json:"name,omitempty"`    // the customer's name
	Minor   int64    `json:"minor"`             // minor units of the sandbox's currency
	State   State    `json:"state"`
	RailID  string   `json:"rail_id,omitempty"` // the rail's id of the conversation
	Ref     string   `json:"ref,omitempty"`     // the rail's receipt, when Settled
	Code    string   `json:"code,omitempty"`    // the rail's code, when Declined
	Hold    string   `json:"hold,omitempty"`    // what set the money aside that this pays out or frees: a hold's id
	Data    string   `json:"data,omitempty"`    // the rail's own
	// Created is when it was accepted, by the sandbox's clock, in whole milliseconds.
	CreatedMS int64 `json:"created_ms"`
}

// Total counts operations and adds up their amounts, in minor units.
type Total struct {
	Count int64 `json:"count"`
	Minor int64 `json:"minor"`
}

// Totals are the sums of a ledger by kind and state.
type Totals map[string]map[State]Total

// ConflictError says that an id or an alias is taken by an operation with other contents, or that a
// final state would change. A retry fails again.
type ConflictError struct{ Kind, ID, Fault string }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("sandbox: %s %q: %s", e.Kind, e.ID, e.Fault)
}

// Ledger is a rail's book. It survives SIGKILL of the process, as a real rail survives ours; it does
// not survive a loss of power, for it never flushes.
type Ledger struct{ db *bbolt.DB }

var (
	bucketOperations = []byte("operations") // kind \0 id → Operation
	bucketAliases    = []byte("aliases")    // kind \0 alias → id
	bucketAttempts   = []byte("attempts")   // kind \0 id → big-endian count
)

const (
	maxIDBytes  = 128
	lockTimeout = 2 * time.Second
	batchDelay  = 500 * time.Microsecond
	initialMmap = 64 << 20 // growing the map stalls readers
	fileMode    = 0o600
)

// OpenLedger opens or creates the ledger in one file. Two processes on one file: the second is refused
// after two seconds.
func OpenLedger(path string) (*Ledger, error) {
	db, err := bbolt.Open(path, fileMode, &bbolt.Options{
		Timeout:         lockTimeout,
		NoSync:          true,
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: initialMmap,
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox: open ledger %s: %w", path, err)
	}
	db.MaxBatchDelay = batchDelay
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketOperations, bucketAliases, bucketAttempts} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("sandbox: open ledger %s: %w", path, err)
	}
	return &Ledger{db: db}, nil
}

// Close closes the file.
func (l *Ledger) Close() error { return l.db.Close() }

func key(kind, id string) []byte {
	k := make([]byte, 0, len(kind)+1+len(id))
	return append(append(append(k, kind...), 0), id...)
}

// Create writes op unless its kind and id are there already: then it returns what is stored, and
// created is false. The caller compares the contents. An alias that another operation holds is a
// *ConflictError.
func (l *Ledger) Create(op Operation) (stored Operation, created bool, err error) {
	if op.Kind == "" || op.ID == "" || len(op.ID) > maxIDBytes || op.Minor < 0 {
		return Operation{}, false, &ConflictError{Kind: op.Kind, ID: op.ID, Fault: "malformed operation"}
	}
	err = l.db.Batch(func(tx *bbolt.Tx) error { // may run more than once, so it sets every result anew
		operations, k := tx.Bucket(bucketOperations), key(op.Kind, op.ID)
		if value := operations.Get(k); value != nil {
			created = false
			return json.Unmarshal(value, &stored)
		}
		stored, created = op, true
		aliases := tx.Bucket(bucketAliases)
		for _, alias := range op.Aliases {
			aliasKey := key(op.Kind, alias)
			if aliases.Get(aliasKey) != nil {
				return &ConflictError{Kind: op.Kind, ID: op.ID, Fault: "alias " + alias + " is taken"}
			}
			if err := aliases.Put(aliasKey, []byte(op.ID)); err != nil {
				return err
			}
		}
		return put(operations, k, op)
	})
	if err != nil {
		return Operation{}, false, fmt.Errorf("sandbox: create %s %q: %w", op.Kind, op.ID, err)
	}
	return stored, created, nil
}

func put(operations *bbolt.Bucket, k []byte, op Operation) error {
	value, err := json.Marshal(op)
	if err != nil {
		return err
	}
	return operations.Put(k, value)
}

// Alias gives an operation one more name for Find. The same alias for the same operation is fine.
func (l *Ledger) Alias(kind, id, alias string) error {
	return l.db.Batch(func(tx *bbolt.Tx) error {
		aliases, k := tx.Bucket(bucketAliases), key(kind, alias)
		if held := aliases.Get(k); held != nil && string(held) != id {
			return &ConflictError{Kind: kind, ID: id, Fault: "alias " + alias + " is taken"}
		}
		return aliases.Put(k, []byte(id))
	})
}

// Settle makes an accepted operation settled, with the rail's receipt. Settling again with the same
// receipt changes nothing; any other change of a final state is a *ConflictError.
func (l *Ledger) Settle(kind, id, ref string) (Operation, error) {
	return l.finish(kind, id, Settled, ref, "")
}

// Decline makes an accepted operation declined, with the rail's code. Repeats are as for Settle.
func (l *Ledger) Decline(kind, id, code string) (Operation, error) {
	return l.finish(kind, id, Declined, "", code)
}

func (l *Ledger) finish(kind, id string, state State, ref, code string) (Operation, error) {
	var op Operation
	err := l.db.Batch(func(tx *bbolt.Tx) error {
		operations, k := tx.Bucket(bucketOperations), key(kind, id)
		value := operations.Get(k)
		if value == nil {
			return &ConflictError{Kind: kind, ID: id, Fault: "no such operation"}
		}
		op = Operation{}
		if err := json.Unmarshal(value, &op); err != nil {
			return err
		}
		if op.State == state && op.Ref == ref && op.Code == code {
			return nil
		}
		if op.State != Accepted {
			return &ConflictError{Kind: kind, ID: id, Fault: "already " + string(op.State)}
		}
		op.State, op.Ref, op.Code = state, ref, code
		return put(operations, k, op)
	})
	if err != nil {
		return Operation{}, fmt.Errorf("sandbox: finish %s %q as %s: %w", kind, id, state, err)
	}
	return op, nil
}

// Get returns the operation of this kind and id.
func (l *Ledger) Get(kind, id string) (op Operation, found bool, err error) {
	err = l.db.View(func(tx *bbolt.Tx) error {
		value := tx.Bucket(bucketOperations).Get(key(kind, id))
		if found = value != nil; !found {
			return nil
		}
		return json.Unmarshal(value, &op)
	})
	if err != nil {
		return Operation{}, false, fmt.Errorf("sandbox: get %s %q: %w", kind, id, err)
	}
	return op, found, nil
}

// Find returns the operation of this kind that goes by alias.
func (l *Ledger) Find(kind, alias string) (op Operation, found bool, err error) {
	var id string
	err = l.db.View(func(tx *bbolt.Tx) error {
		id = string(tx.Bucket(bucketAliases).Get(key(kind, alias)))
		return nil
	})
	if err != nil || id == "" {
		return Operation{}, false, err
	}
	return l.Get(kind, id)
}

// Each calls visit for every operation of a kind ("" for all), ordered by kind and id, until it returns
// false. visit must not write to the ledger.
func (l *Ledger) Each(kind string, visit func(Operation) bool) error {
	return l.db.View(func(tx *bbolt.Tx) error {
		cursor := tx.Bucket(bucketOperations).Cursor()
		k, value := cursor.First()
		if kind != "" {
			k, value = cursor.Seek(key(kind, ""))
		}
		for ; k != nil; k, value = cursor.Next() {
			var op Operation
			if err := json.Unmarshal(value, &op); err != nil {
				return fmt.Errorf("sandbox: ledger at %q: %w", k, err)
			}
			if (kind != "" && op.Kind != kind) || !visit(op) {
				return nil
			}
		}
		return nil
	})
}

// Totals sums the ledger by kind and state.
func (l *Ledger) Totals() (Totals, error) {
	totals := Totals{}
	err := l.Each("", func(op Operation) bool {
		byState := totals[op.Kind]
		if byState == nil {
			byState = map[State]Total{}
			totals[op.Kind] = byState
		}
		total := byState[op.State]
		byState[op.State] = Total{Count: total.Count + 1, Minor: total.Minor + op.Minor}
		return true
	})
	return totals, err
}

// Attempt counts one more attempt at an operation, whether or not it is ever created, and returns
// which one it is, from 1.
func (l *Ledger) Attempt(kind, id string) (attempt uint64, err error) {
	err = l.db.Batch(func(tx *bbolt.Tx) error {
		attempts, k := tx.Bucket(bucketAttempts), key(kind, id)
		attempt = 1
		if value := attempts.Get(k); len(value) == 8 {
			attempt = binary.BigEndian.Uint64(value) + 1
		}
		return attempts.Put(k, binary.BigEndian.AppendUint64(nil, attempt))
	})
	if err != nil {
		return 0, fmt.Errorf("sandbox: attempt at %s %q: %w", kind, id, err)
	}
	return attempt, nil
}
