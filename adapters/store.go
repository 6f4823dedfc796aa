package adapters

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The store's buckets. Keys: order reference, operation id, Exception.key, and in meta the names below.
const (
	bucketOrders     = "orders"
	bucketOperations = "operations"
	bucketExceptions = "exceptions"
	bucketReceipts   = "receipts" // order references by rail receipt
	bucketQuotes     = "quotes"   // by currency pair
	bucketPeers      = "peers"    // by participant
	bucketFees       = "fees"     // likewise
	bucketMeta       = "meta"

	metaParticipant = "participant"
)

// fullBatch is how many records are enough company: a commit does not wait for more.
const fullBatch = 2048

// StoreInUseError says that another process holds the adapter's folder.
type StoreInUseError struct{ Path string }

func (e *StoreInUseError) Error() string {
	return fmt.Sprintf("adapters: store %s is in use by another process", e.Path)
}

var errStoreClosed = errors.New("adapters: store is closed")

// record is one value on its way to the disk.
type record struct {
	bucket, key string
	value       any
}

type slot struct{ bucket, key string }

func (s slot) compare(o slot) int {
	return cmp.Or(cmp.Compare(s.bucket, o.bucket), cmp.Compare(s.key, o.key))
}

// store is a bbolt file behind one committer. Many small writes become one transaction: after a commit it rests
// (restOfDisk), and a record that is written twice meanwhile is written once. What one call
// of write holds is committed together, and calls are committed in their order.
type store struct {
	db *bolt.DB

	mu      sync.Mutex
	pending map[slot][]byte
	thens   []func(error)
	failed  error // no write is taken any more
	commits int64
	writes  int64

	wake chan struct{} // something is pending
	full chan struct{} // enough is pending
}

func openStore(dir, participant string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("adapters: store: %w", err)
	}
	path := filepath.Join(dir, "adapter.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:         time.Second,
		FreelistType:    bolt.FreelistMapType,
		NoFreelistSync:  true, // rebuilt at open; saves its write in every commit
		InitialMmapSize: 64 << 20,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, &StoreInUseError{Path: path}
	}
	if err != nil {
		return nil, fmt.Errorf("adapters: store %s: %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{
			bucketOrders, bucketOperations, bucketExceptions, bucketReceipts, bucketQuotes, bucketPeers, bucketFees,
			bucketIntents, bucketDocuments, bucketAnswers, bucketMentions, bucketMeta,
		} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		meta := tx.Bucket([]byte(bucketMeta))
		switch owner := meta.Get([]byte(metaParticipant)); {
		case owner == nil:
			return meta.Put([]byte(metaParticipant), []byte(participant))
		case string(owner) != participant:
			return fmt.Errorf("belongs to participant %q, not %q", owner, participant)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("adapters: store %s: %w", path, err), db.Close())
	}
	return &store{
		db: db, pending: map[slot][]byte{},
		wake: make(chan struct{}, 1), full: make(chan struct{}, 1),
	}, nil
}

// write puts records on their way and returns at once. then (may be nil) is called once, by the
// committer, after they and everything written before are on the disk, or with the reason why not;
// with a reason it must take no lock, because the caller of write may hold it.
// Without records it is a barrier. The values are encoded before write returns.
func (s *store) write(then func(error), records ...record) {
	encoded := make([][]byte, len(records))
	var err error
	for i, r := range records {
		if encoded[i], err = json.Marshal(r.value); err != nil {
			err = fmt.Errorf("adapters: encode %s %s: %w", r.bucket, r.key, err)
			break
		}
	}
	s.mu.Lock()
	if err != nil && s.failed == nil {
		s.failed = err // a record that cannot be written is a bug: stop before memory and disk differ more
	}
	if s.failed != nil {
		err = s.failed
		s.mu.Unlock()
		if then != nil {
			then(err)
		}
		signal(s.wake)
		return
	}
	for i, r := range records {
		s.pending[slot{r.bucket, r.key}] = encoded[i]
	}
	if then != nil {
		s.thens = append(s.thens, then)
	}
	count := len(s.pending)
	s.mu.Unlock()
	signal(s.wake)
	if count >= fullBatch {
		signal(s.full)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run commits until stop is closed, then commits what is left and closes the file.
func (s *store) run(stop <-chan struct{}) error {
	pace := time.NewTimer(0)
	defer pace.Stop()
	for stopping := false; !stopping; {
		select {
		case <-s.wake:
			select {
			case <-pace.C:
			case <-s.full:
			case <-stop:
			}
		case <-stop:
			stopping = true
		}
		began := time.Now()
		if err := s.commit(); err != nil {
			return errors.Join(err, s.db.Close())
		}
		pace.Reset(restOfDisk(time.Since(began)))
	}
	s.mu.Lock()
	s.failed = errStoreClosed
	s.mu.Unlock()
	if err := s.commit(); err != nil { // what came in between the last commit and the closing
		return errors.Join(err, s.db.Close())
	}
	return s.db.Close()
}

func (s *store) commit() error {
	s.mu.Lock()
	pending, thens, failed := s.pending, s.thens, s.failed
	s.pending, s.thens = make(map[slot][]byte, len(pending)), nil
	s.mu.Unlock()
	if failed != nil && !errors.Is(failed, errStoreClosed) {
		return s.fail(failed, thens)
	}
	if len(pending) > 0 {
		err := s.db.Update(func(tx *bolt.Tx) error {
			// In the order of the keys, neighbours share the pages they touch.
			for _, at := range slices.SortedFunc(maps.Keys(pending), slot.compare) {
				if err := tx.Bucket([]byte(at.bucket)).Put([]byte(at.key), pending[at]); err != nil {
					return fmt.Errorf("put %s %s: %w", at.bucket, at.key, err)
				}
			}
			return nil
		})
		if err != nil {
			return s.fail(fmt.Errorf("adapters: commit: %w", err), thens)
		}
	}
	s.mu.Lock()
	if len(pending) > 0 {
		s.commits++
		s.writes += int64(len(pending))
	}
	s.mu.Unlock()
	for _, then := range thens {
		then(nil)
	}
	return nil
}

// fail ends the store: memory is ahead of the disk, and only a restart brings them together again.
func (s *store) fail(err error, thens []func(error)) error {
	s.mu.Lock()
	s.failed = err
	thens = append(thens, s.thens...)
	s.thens = nil
	s.mu.Unlock()
	for _, then := range thens {
		then(err)
	}
	return err
}

// get reads one committed record. found is false where there is none.
func (s *store) get(bucket, key string, into any) (found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		value := tx.Bucket([]byte(bucket)).Get([]byte(key))
		if value == nil {
			return nil
		}
		found = true
		return json.Unmarshal(value, into)
	})
	if err != nil {
		return false, fmt.Errorf("adapters: read %s %s: %w", bucket, key, err)
	}
	return found, nil
}

// has tells whether a record is committed.
func (s *store) has(bucket, key string) (found bool) {
	_ = s.db.View(func(tx *bolt.Tx) error { // a store that is closed has nothing, and takes nothing either
		found = tx.Bucket([]byte(bucket)).Get([]byte(key)) != nil
		return nil
	})
	return found
}

// each reads every committed record of a bucket, in the order of its keys.
func each[T any](s *store, bucket string, visit func(key string, value *T) error) error {
	return s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucket)).ForEach(func(key, encoded []byte) error {
			value := new(T)
			if err := json.Unmarshal(encoded, value); err != nil {
				return fmt.Errorf("adapters: read %s %s: %w", bucket, key, err)
			}
			return visit(string(key), value)
		})
	})
}

func (s *store) counts() (commits, writes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits, s.writes
}
