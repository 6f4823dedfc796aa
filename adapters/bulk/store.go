package bulk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/ayni-switch/ayni/adapters"
)

// The store's buckets.
var (
	bucketMeta  = []byte("meta")
	bucketFiles = []byte("files") // by key
	bucketLines = []byte("lines") // a bucket per file, by line number; a line without record is waiting
	bucketPacks = []byte("packs") // by file, sweep and first line: those with lines that are not answered
	bucketIDs   = []byte("ids")   // hash of a line's id → file and line that have it
	// of files that were payment orders: hash of sender and message id → hash of the file in hex, and that → paymentOrder
	bucketOrders = []byte("orders")

	metaParticipant = []byte("participant")
)

// openDB opens the desk's own file in dir. Errors are *adapters.StoreInUseError where another process
// has it.
func openDB(dir, participant string) (*bolt.DB, error) {
	path := filepath.Join(dir, "bulk.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, NoFreelistSync: true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, &adapters.StoreInUseError{Path: path}
	}
	if err != nil {
		return nil, fmt.Errorf("bulk: store %s: %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketFiles, bucketLines, bucketPacks, bucketIDs, bucketOrders} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		switch owner := meta.Get(metaParticipant); {
		case owner == nil:
			return meta.Put(metaParticipant, []byte(participant))
		case string(owner) != participant:
			return fmt.Errorf("belongs to participant %q, not %q", owner, participant)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bulk: store %s: %w", path, err), db.Close())
	}
	return db, nil
}

// get reads a value, false where there is none.
func get(b *bolt.Bucket, at []byte, into any) (bool, error) {
	if b == nil {
		return false, nil
	}
	value := b.Get(at)
	if value == nil {
		return false, nil
	}
	if err := json.Unmarshal(value, into); err != nil {
		return false, fmt.Errorf("bulk: read %x: %w", at, err)
	}
	return true, nil
}

func put(b *bolt.Bucket, at []byte, value any) error {
	text, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("bulk: write %x: %w", at, err)
	}
	return b.Put(at, text)
}

// loadFile reads a file's record, nil where there is none.
func loadFile(tx *bolt.Tx, k key) (*file, error) {
	f := new(file)
	found, err := get(tx.Bucket(bucketFiles), k[:], f)
	if err != nil || !found {
		return nil, err
	}
	if f.Counts == nil {
		f.Counts = map[State]int{}
	}
	return f, nil
}

func saveFile(tx *bolt.Tx, k key, f *file) error { return put(tx.Bucket(bucketFiles), k[:], f) }

// lines are one file's records, nil where it has none yet.
func lines(tx *bolt.Tx, k key) *bolt.Bucket { return tx.Bucket(bucketLines).Bucket(k[:]) }

func lineKey(line int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(line)) } //nolint:gosec // at most MaxLines+1

// loadLine reads a line's record, nil where there is none: it waits.
func loadLine(b *bolt.Bucket, line int) (*record, error) {
	r := new(record)
	found, err := get(b, lineKey(line), r)
	if err != nil || !found {
		return nil, err
	}
	return r, nil
}

func packKey(at place) []byte {
	return append(append(at.file[:len(at.file):len(at.file)], byte(at.sweep)), lineKey(at.line)...) //nolint:gosec // at most maxSweep
}

// claim is a line's hold on its id.
type claim struct {
	file key
	line int
}

func (c claim) encode() []byte { return append(c.file[:len(c.file):len(c.file)], lineKey(c.line)...) }

func decodeClaim(value []byte) (c claim, ok bool) {
	if len(value) != len(c.file)+4 {
		return claim{}, false
	}
	copy(c.file[:], value)
	c.line = int(binary.BigEndian.Uint32(value[len(c.file):]))
	return c, true
}
