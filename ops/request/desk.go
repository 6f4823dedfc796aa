package request

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// maxWords bounds who asks or decides, and why, in bytes.
const maxWords = 300

// Ask keeps what maker wants done, and returns the number that somebody else approves it by. The same plan of the same
// maker is asked once until it is done, refused or expired; then it can be asked again. Errors are *PlanError and the
// database's.
func Ask(ctx context.Context, books *store.Ledger, maker string, plan Plan) (id int64, err error) {
	if err := plan.Check(); err != nil {
		return 0, err
	}
	switch {
	case plan.Reason == "":
		return 0, &PlanError{plan.Kind, "a request says why"}
	case maker == "" || len(maker) > maxWords || !plain(maker):
		return 0, &PlanError{plan.Kind, fmt.Sprintf("a request names who asks, in at most %d bytes", maxWords)}
	}
	plan.Outlook = nil
	same, err := plan.body() // whatever stood when it was asked for
	if err != nil {
		return 0, err
	}
	seen, err := Preview(ctx, books, plan)
	if err != nil {
		return 0, err
	}
	plan.Outlook = &seen
	body, err := plan.body()
	if err != nil {
		return 0, err
	}
	for n := 0; ; n++ {
		hash := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%s", maker, n, same))
		r, err := made(ctx, books, ledger.Request{
			Key: hex.EncodeToString(hash[:]), Kind: string(plan.Kind), Subject: plan.Participant, Body: body, Maker: maker,
		})
		if err != nil {
			return 0, err
		}
		if !r.Done && !r.Expired && (r.Checker == "" || r.Approved) {
			return r.ID, nil
		}
	}
}

// made makes a request, or finds the one that was made under its key while something else stood.
func made(ctx context.Context, books *store.Ledger, r ledger.Request) (ledger.Request, error) {
	id, err := books.MakeRequest(ctx, r)
	if err == nil {
		return books.Request(ctx, id)
	}
	if !errors.Is(err, ledger.ErrRequestChanged) {
		return ledger.Request{}, err
	}
	was, found := books.RequestUnder(ctx, r.Key)
	if found == nil && (was.Kind != r.Kind || was.Subject != r.Subject) {
		return ledger.Request{}, err
	}
	return was, found
}

// Decide has somebody other than the maker approve or refuse a request. What nobody decided on for ledger.RequestHolds
// can be refused, and no longer approved: ledger.ErrExpired.
func Decide(ctx context.Context, books *store.Ledger, id int64, checker string, approved bool, reason string) error {
	if checker == "" || reason == "" || len(checker)+len(reason) > maxWords || !plain(checker) {
		return fmt.Errorf("request: a decision names who decides, and why, in at most %d bytes", maxWords)
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
