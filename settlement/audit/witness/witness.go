package witness

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Config is how a witness is made.
type Config struct {
	Folder string   // of its key and memory; one process at a time
	Name   string   // in its cosignatures: a URL without its scheme, as a rule
	Logs   []string // vkeys of the logs that it cosigns
}

// Witness cosigns checkpoints that continue what it knows. It is safe for concurrent use.
type Witness struct {
	logs     Logs
	cosigner audit.Cosigner
	db       *bbolt.DB
	folder   string
	now      func() time.Time

	mu      sync.Mutex
	refused map[audit.Origin]Refused
}

// Refused is how often proofs of a log led nowhere, and the last checkpoint that came with one. It may be a fork that
// cannot be proved, or anybody's prank: it holds nothing, and is forgotten when the witness stops.
type Refused struct {
	Count int64  `json:"count,string"`
	Note  string `json:"note"`
}

// Open opens a witness's folder, or makes it with a new key. Errors are *KeyError where its key cannot be used.
func Open(c Config) (*Witness, error) {
	logs, err := ParseLogs(c.Logs...)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(c.Folder, evidenceKept), 0o700); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	db, err := openStore(c.Folder)
	if err != nil {
		return nil, err
	}
	w := &Witness{logs: logs, db: db, folder: c.Folder, now: time.Now, refused: map[audit.Origin]Refused{}}
	w.cosigner, err = ownKey(filepath.Join(c.Folder, "key"), c.Name) // behind the store's lock
	if err == nil {
		err = w.recall()
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return w, nil
}

// recall verifies the memory of the logs that are known, and writes files of evidence that a crash left out.
func (w *Witness) recall() error {
	return w.db.View(func(tx *bbolt.Tx) error {
		r := records{tx}
		for origin := range maps.Keys(w.logs.keys) {
			if _, _, err := r.newest(origin, w.logs); err != nil {
				return err
			}
		}
		return r.Bucket(evidenceBucket).ForEach(func(name, text []byte) error {
			path := w.evidencePath(string(name))
			if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
				return nil
			}
			return writeFile(path, text)
		})
	})
}

func (w *Witness) evidencePath(name string) string {
	return filepath.Join(w.folder, evidenceKept, name+".json")
}

// Close closes the folder. Nothing may be under way.
func (w *Witness) Close() error { return w.db.Close() }

// Key returns the witness's public key.
func (w *Witness) Key() audit.CosignerKey { return w.cosigner.Key() }

// Add decides about a request and answers it with the line of a cosignature, which is durable in what it commits to.
// Errors are *RefusedError, *SplitViewError, or of the store.
func (w *Witness) Add(body string) (line string, err error) {
	r, err := ParseRequest(body)
	if err != nil {
		return "", err
	}
	submitted, err := w.logs.Open(r.Checkpoint)
	if err != nil {
		return "", err
	}
	if r.Old > submitted.Size {
		return "", refuse(FaultMalformed, "a proof from size %d to size %d", r.Old, submitted.Size)
	}
	line, err = w.decide(r, submitted)
	if refused, ok := errors.AsType[*RefusedError](err); ok && refused.Fault == FaultProof {
		w.remember(submitted)
	}
	return line, err
}

// decide compares and remembers in one transaction, of which there is one at a time. What it answers is committed.
func (w *Witness) decide(r Request, submitted Signed) (line string, err error) {
	tx, err := w.db.Begin(true)
	if err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	memory := records{tx}
	defer func() {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, bolterrors.ErrTxClosed) {
			err = errors.Join(err, rollback)
		}
	}()
	if name := memory.held(submitted.Origin); name != "" {
		return "", refuse(FaultHeld, "log %s was seen to fork: evidence %s", submitted.Origin, name)
	}
	known, cosigned, err := memory.newest(submitted.Origin, w.logs)
	if err != nil {
		return "", err
	}
	err = judge(known, r, submitted)
	if fork, ok := errors.AsType[*SplitViewError](err); ok {
		return "", w.split(memory, fork)
	}
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: submitted.Text}, w.cosigner.At(w.now()))
	if err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	line = string(signed[len(submitted.Text)+1:])
	if cosigned != "" && submitted.Size == known.Size {
		return line, nil // signed once more: nothing to remember
	}
	if err := memory.keep(submitted.Origin, submitted.Note+line); err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return "", fmt.Errorf("witness: %w", err)
	}
	return line, nil
}

// split holds a log for a fork, first in memory that lasts and then as a file, and returns the fork.
func (w *Witness) split(memory records, fork *SplitViewError) error {
	if memory.pardoned(fork.Name()) {
		return fork
	}
	if err := memory.hold(fork); err != nil {
		return errors.Join(fork, err)
	}
	if err := memory.Commit(); err != nil {
		return errors.Join(fork, fmt.Errorf("witness: %w", err))
	}
	text, err := fork.Evidence()
	if err == nil {
		err = writeFile(w.evidencePath(fork.Name()), text)
	}
	if err != nil {
		return errors.Join(fork, err) // it is in the store, and the next start writes it
	}
	return fork
}

func (w *Witness) remember(submitted Signed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	refused := w.refused[submitted.Origin]
	w.refused[submitted.Origin] = Refused{Count: refused.Count + 1, Note: strings.Clone(submitted.Note)}
}
