package audit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store"
)

// ErrBusy says that as much is under way as may be at a time. Asking later helps.
var ErrBusy = errors.New("audit: another one is under way")

// Evidence shows what the ledger of a running switch holds to whoever may look: receipts, the log's files, archives of
// it, and what a replay of all of it finds. It only reads.
type Evidence struct {
	key       string
	log       note.Verifier
	books     *store.Ledger
	archiving sync.Mutex // held by who takes an archive: each keeps a snapshot of the ledger open

	mu     sync.Mutex
	replay Replay
	stop   context.CancelFunc // of the replay
	ended  sync.WaitGroup
}

// OpenEvidence connects to a ledger whose log a verifier key names. It takes the right to read messages.
func OpenEvidence(ctx context.Context, databaseURL, key string) (*Evidence, error) {
	log, err := audit.ParseKey(key)
	if err != nil {
		return nil, err
	}
	books, err := store.OpenPersonal(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	return &Evidence{key: key, log: log, books: books, stop: func() {}}, nil
}

// Close ends a replay that is under way, and the connections.
func (e *Evidence) Close() {
	e.StopReplay()
	e.ended.Wait()
	e.books.Close()
}

// Key is the log's verifier key: this switch's own word.
func (e *Evidence) Key() string { return e.key }

// Receipt makes a transfer's receipt. Errors are those of LiveReceipt.
func (e *Evidence) Receipt(ctx context.Context, transfer settlement.TransferID) (*audit.Receipt, error) {
	return LiveReceipt(ctx, e.books, e.log, transfer)
}

// Files serves the log as it is now: key, checkpoints, tiles and entries.
func (e *Evidence) Files() http.Handler { return audit.LiveHandler(e.key, e.books) }

// maxArchiveTime bounds how long an archive may keep its snapshot of the ledger.
const maxArchiveTime = 2 * time.Hour

// Archive writes an archive of the whole log. The error is ErrBusy, before the first byte, where somebody else takes one.
func (e *Evidence) Archive(ctx context.Context, out io.Writer) error {
	if !e.archiving.TryLock() {
		return ErrBusy
	}
	defer e.archiving.Unlock()
	ctx, cancel := context.WithTimeout(ctx, maxArchiveTime)
	defer cancel()
	_, err := Archive(ctx, e.books, e.key, time.Now(), out)
	return err
}
