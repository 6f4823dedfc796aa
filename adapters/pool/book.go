package pool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/ayni-switch/ayni/fx"
)

// Fund is the account that holds what the pool can pay.
const Fund = "fund"

// The accounts that stand against the fund: one for each contributor and one for each payout.
func contributions(from string) string { return "contributions/" + from }
func payouts(proposal string) string   { return "payouts/" + proposal }

// Entry moves an amount from one account of the book to another. It is never changed.
type Entry struct {
	ID    string    `json:"id"`
	From  string    `json:"from"`
	To    string    `json:"to"`
	Minor int64     `json:"minor,string"`
	At    time.Time `json:"at"`
	Note  string    `json:"note,omitempty"`
}

// Book is a copy of the whole book. Balances sum to zero: what the fund holds is what contributors
// are down by, less what payouts are up by.
type Book struct {
	Currency fx.Currency      `json:"currency"`
	Entries  []Entry          `json:"entries"` // in the order of booking
	Balances map[string]int64 `json:"balances"`
}

var (
	bucketEntries   = []byte("entries")   // by sequence, 8 bytes big-endian
	bucketIDs       = []byte("ids")       // Entry.ID → its JSON
	bucketBalances  = []byte("balances")  // account → decimal
	bucketProposals = []byte("proposals") // proposal id → JSON
	bucketOrders    = []byte("orders")    // reference of a proposal's second or later order → proposal id
)

// InUseError says that another process holds the pool's folder.
type InUseError struct{ Path string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("pool: %s is in use by another process", e.Path)
}

// errNotEnough is returned by post where From would go below zero and may not.
var errNotEnough = errors.New("pool: more than the account holds")

// maxBatchDelay is how long a booking waits for others to share its flush.
const maxBatchDelay = 5 * time.Millisecond

func openBook(dir string) (*bolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("pool: %w", err)
	}
	path := filepath.Join(dir, "pool.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second, FreelistType: bolt.FreelistMapType})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, &InUseError{Path: path}
	}
	if err != nil {
		return nil, fmt.Errorf("pool: open %s: %w", path, err)
	}
	db.MaxBatchDelay = maxBatchDelay
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketEntries, bucketIDs, bucketBalances, bucketProposals, bucketOrders} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pool: open %s: %w", path, err), db.Close())
	}
	return db, nil
}

// post books e once: an entry of the same id is returned as it was booked first. Only contributions
// may go below zero.
func post(tx *bolt.Tx, e Entry, mayOwe bool) (Entry, error) {
	if known, found, err := entry(tx, e.ID); err != nil || found {
		return known, err
	}
	if e.Minor <= 0 || e.From == e.To {
		return Entry{}, fmt.Errorf("pool: entry %s moves nothing", e.ID)
	}
	from, err := balance(tx, e.From)
	if err != nil {
		return Entry{}, err
	}
	to, err := balance(tx, e.To)
	if err != nil {
		return Entry{}, err
	}
	if !mayOwe && from < e.Minor {
		return Entry{}, errNotEnough
	}
	less, ok := fx.AddMinor(from, -e.Minor)
	more, fits := fx.AddMinor(to, e.Minor)
	if !ok || !fits {
		return Entry{}, &fx.AmountError{Fault: fx.FaultOverflow, Amount: fmt.Sprint(e.Minor)}
	}
	encoded, err := json.Marshal(e)
	if err != nil {
		return Entry{}, fmt.Errorf("pool: entry %s: %w", e.ID, err)
	}
	entries := tx.Bucket(bucketEntries)
	sequence, err := entries.NextSequence()
	if err != nil {
		return Entry{}, fmt.Errorf("pool: entry %s: %w", e.ID, err)
	}
	return e, errors.Join(
		entries.Put(fmt.Appendf(nil, "%020d", sequence), encoded),
		tx.Bucket(bucketIDs).Put([]byte(e.ID), encoded),
		tx.Bucket(bucketBalances).Put([]byte(e.From), fmt.Append(nil, less)),
		tx.Bucket(bucketBalances).Put([]byte(e.To), fmt.Append(nil, more)),
	)
}

func entry(tx *bolt.Tx, id string) (e Entry, found bool, err error) {
	encoded := tx.Bucket(bucketIDs).Get([]byte(id))
	if encoded == nil {
		return Entry{}, false, nil
	}
	if err := json.Unmarshal(encoded, &e); err != nil {
		return Entry{}, false, fmt.Errorf("pool: entry %s: %w", id, err)
	}
	return e, true, nil
}

func balance(tx *bolt.Tx, account string) (int64, error) {
	text := tx.Bucket(bucketBalances).Get([]byte(account))
	if text == nil {
		return 0, nil
	}
	var minor int64
	if _, err := fmt.Sscan(string(text), &minor); err != nil {
		return 0, fmt.Errorf("pool: balance of %s: %w", account, err)
	}
	return minor, nil
}

// readBook copies the book and checks it: balances are what the entries make, and they sum to zero.
func readBook(tx *bolt.Tx, currency fx.Currency) (Book, error) {
	book := Book{Currency: currency, Entries: []Entry{}, Balances: map[string]int64{}}
	err := tx.Bucket(bucketEntries).ForEach(func(_, encoded []byte) error {
		var e Entry
		if err := json.Unmarshal(encoded, &e); err != nil {
			return fmt.Errorf("pool: book: %w", err)
		}
		book.Entries = append(book.Entries, e)
		book.Balances[e.From] -= e.Minor
		book.Balances[e.To] += e.Minor
		return nil
	})
	if err != nil {
		return Book{}, err
	}
	var sum int64
	for account, made := range book.Balances {
		sum += made
		if kept, err := balance(tx, account); err != nil || kept != made {
			return Book{}, errors.Join(fmt.Errorf("pool: book: %s holds %d, its entries make %d", account, kept, made), err)
		}
	}
	if sum != 0 {
		return Book{}, fmt.Errorf("pool: book: accounts sum to %d, not zero", sum)
	}
	return book, nil
}
