package participant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// maxWords bounds who asks or decides, and why, in bytes.
const maxWords = 300

// Ask keeps what maker wants done, and returns the number that somebody else approves it by. The same plan of the same
// maker is asked once until it is done; then it can be asked again.
func Ask(ctx context.Context, books *store.Ledger, maker string, plan Plan) (id int64, err error) {
	if maker == "" || len(maker) > maxWords {
		return 0, fmt.Errorf("participant: a request names who asks, in at most %d bytes", maxWords)
	}
	body, err := json.Marshal(plan, json.Deterministic(true))
	if err != nil {
		return 0, fmt.Errorf("participant: %w", err)
	}
	for n := 0; ; n++ {
		hash := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%s", maker, n, body))
		id, err := books.MakeRequest(ctx, ledger.Request{
			Key: hex.EncodeToString(hash[:]), Kind: string(plan.Kind), Subject: plan.Participant, Body: body, Maker: maker,
		})
		if err != nil {
			return 0, err
		}
		r, err := books.Request(ctx, id)
		if err != nil {
			return 0, err
		}
		if !r.Done && (r.Checker == "" || r.Approved) {
			return id, nil
		}
	}
}

// Decide has somebody other than the maker approve or refuse a request.
func Decide(ctx context.Context, books *store.Ledger, id int64, checker string, approved bool, reason string) error {
	if checker == "" || reason == "" || len(checker)+len(reason) > maxWords {
		return fmt.Errorf("participant: a decision names who decides, and why, in at most %d bytes", maxWords)
	}
	return books.DecideRequest(ctx, id, checker, approved, reason)
}

// Await waits until an approved request is done.
func Await(ctx context.Context, books *store.Ledger, id int64) (ledger.Request, error) {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	woken := make(chan struct{}, 1)
	watched := make(chan error, 1)
	go func() {
		watched <- books.WatchRequests(watching, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	}()
	for {
		select {
		case <-woken:
		case err := <-watched:
			return ledger.Request{}, err
		}
		if r, err := books.Request(ctx, id); err != nil || r.Done {
			return r, err
		}
	}
}

// Credentials copies a participant's credentials from the data folder of a switch with a broker of its own to a file
// that only its owner can read. A file that there is already is not written over.
func Credentials(data, participant, file string) (err error) {
	if !messaging.ValidParticipant(participant) {
		return fmt.Errorf("participant: %.40q cannot name a participant", participant)
	}
	from, err := os.Open(messaging.CredsFile(filepath.Join(data, "nats"), participant))
	if err != nil {
		return fmt.Errorf("participant: no credentials of %s here: %w", participant, err)
	}
	defer from.Close() //nolint:errcheck // only read
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("participant: credentials of %s: %w", participant, err)
	}
	_, err = io.Copy(to, from)
	if closeErr := to.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("participant: credentials of %s: %w", participant, err)
	}
	return nil
}
