package diary

import (
	"crypto/rand"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Origin names a pool's log, in its checkpoints and as the name of its key.
func Origin(pool string) audit.Origin { return audit.Origin(pool + "/log") }

// GenerateKey makes the key of a pool's log: the secret for note.NewSigner, and the public key that audit.ParseKey
// and Verify read.
func GenerateKey(pool string) (secret, public string, err error) {
	if secret, public, err = note.GenerateKey(rand.Reader, string(Origin(pool))); err != nil {
		return "", "", fmt.Errorf("diary: key of %s: %w", pool, err)
	}
	return secret, public, nil
}

// Log is the tree of a pool's log, in memory: 64 bytes an entry. It writes entries and proves them; keeping them is
// its caller's. Its methods may be called from many goroutines.
type Log struct {
	signer note.Signer
	key    note.Verifier
	salts  SaltKey

	mu     sync.RWMutex
	size   int64
	hashes []tlog.Hash // as tlog numbers them
	signed string      // the newest checkpoint
}

// Draft is an entry that is written and signed, and in the log once it is taken.
type Draft struct {
	Index      int64
	Entry      []byte
	Lines      []Written // in order of place
	Checkpoint string    // signed: the log that ends with this entry

	hashes []tlog.Hash
}

// Written is a line as the log has it.
type Written struct {
	Line       Line
	Blob       []byte
	Commitment Commitment
}

// NewLog begins an empty log of a signer, whose name is its origin, and its public key.
func NewLog(signer note.Signer, key note.Verifier, salts SaltKey) (*Log, error) {
	if signer.Name() != key.Name() || signer.KeyHash() != key.KeyHash() {
		return nil, fmt.Errorf("diary: the keys of %s and %s are no pair", signer.Name(), key.Name())
	}
	return &Log{signer: signer, key: key, salts: salts}, nil
}

// Size is the number of entries, and the index of the next.
func (l *Log) Size() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.size
}

// Checkpoint returns the newest signed checkpoint, "" of an empty log.
func (l *Log) Checkpoint() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.signed
}

// Draft writes the next entry and the checkpoint after it. Nothing changes before Take, which is for when both are
// kept where they outlive this process. Errors are *FormError and the signer's.
func (l *Log) Draft(lines []Line) (*Draft, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	d := &Draft{Index: l.size, Lines: make([]Written, len(lines))}
	commitments := make([]Commitment, len(lines))
	for place, line := range lines {
		text, err := line.Text()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", place, err)
		}
		if line, err = ParseLine(text); err != nil { // what would not be read is not written
			return nil, fmt.Errorf("line %d: %w", place, err)
		}
		blob := Blob(l.salts.Salt(d.Index, place), text)
		commitments[place] = Commit(blob)
		d.Lines[place] = Written{Line: line, Blob: blob, Commitment: commitments[place]}
	}
	var err error
	if d.Entry, err = Entry(commitments); err != nil {
		return nil, err
	}
	if d.hashes, err = l.grown(d.Entry); err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(d.Index+1, reader(l.hashes, d.hashes))
	if err != nil {
		return nil, fmt.Errorf("diary: entry %d: %w", d.Index, err)
	}
	d.Checkpoint, err = audit.Checkpoint{Origin: audit.Origin(l.signer.Name()), Size: d.Index + 1, Root: root}.Sign(l.signer)
	return d, err
}

// Take puts a draft into the log.
func (l *Log) Take(d *Draft) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d.Index != l.size {
		return fmt.Errorf("diary: entry %d drafted for a log of %d", d.Index, l.size)
	}
	l.add(d.hashes)
	l.signed = d.Checkpoint
	return nil
}

// Add puts an entry of before into the log, when it is read back. The error is *FormError.
func (l *Log) Add(entry []byte) error {
	if _, err := ParseEntry(entry); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	hashes, err := l.grown(entry)
	if err == nil {
		l.add(hashes)
	}
	return err
}

// Resume holds the entries that were added against the checkpoint that was signed over them. The error is
// *audit.RootError where they are others.
func (l *Log) Resume(signed string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, err := openCheckpoint(signed, l.key)
	if err != nil {
		return err
	}
	if c.Size != l.size {
		return fmt.Errorf("diary: checkpoint of %d for a log of %d", c.Size, l.size)
	}
	root, err := tlog.TreeHash(l.size, reader(l.hashes))
	if err == nil && root != c.Root {
		err = &audit.RootError{Checkpoint: c, Root: root}
	}
	if err == nil {
		l.signed = signed
	}
	return err
}

// openCheckpoint reads a checkpoint that the log itself signed.
func openCheckpoint(signed string, log note.Verifier) (audit.Checkpoint, error) {
	c, err := audit.OpenCheckpoint(signed, log)
	if err == nil && string(c.Origin) != log.Name() {
		err = fmt.Errorf("diary: checkpoint of %q, signed by %q", c.Origin, log.Name())
	}
	return c, err
}

// grown returns the hashes that the next entry adds.
func (l *Log) grown(entry []byte) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashesForRecordHash(l.size, audit.Leaf(entry), reader(l.hashes))
	if err != nil {
		return nil, fmt.Errorf("diary: entry %d: %w", l.size, err)
	}
	return hashes, nil
}

func (l *Log) add(hashes []tlog.Hash) {
	l.hashes = append(l.hashes, hashes...)
	l.size++
}

// reader reads hashes that stand in rows, one behind the other.
func reader(rows ...[]tlog.Hash) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			for _, row := range rows {
				if index < int64(len(row)) {
					hashes[i] = row[index]
					break
				}
				index -= int64(len(row))
			}
		}
		return hashes, nil
	})
}
