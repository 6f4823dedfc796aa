package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// requestKind names a request to resolve a difference.
const requestKind = "resolve_difference"

// maxWords bounds a reason, and where the evidence is, in bytes.
const maxWords = 1000

// Propose has one person say how a difference was resolved, and returns the number that another approves it by.
func Propose(ctx context.Context, books *store.Ledger, maker string, r ledger.Resolution) (id int64, err error) {
	switch {
	case maker == "" || r.Reason == "" || len(maker)+len(r.Reason)+len(r.Evidence) > maxWords:
		return 0, errors.New("reconcile: a resolution names who says so, and why")
	case r.How != "explained" && r.How != "corrected" && r.How != "written_off" && r.How != "retried":
		return 0, fmt.Errorf("reconcile: no way %.20q: explained, corrected, written_off or retried", r.How)
	case r.Evidence == "" && (r.How == "corrected" || r.How == "retried"):
		return 0, errors.New("reconcile: what was corrected or retried names the command or transfer that did it, as evidence")
	}
	of, err := books.Difference(ctx, r.Difference)
	if err != nil {
		return 0, err
	}
	if of.Resolution != nil {
		return 0, fmt.Errorf("reconcile: difference %s: %w", r.Difference, ledger.ErrNoDifference)
	}
	body, err := json.Marshal(ledger.Resolution{Difference: r.Difference, How: r.How, Reason: r.Reason, Evidence: r.Evidence}, json.Deterministic(true))
	if err != nil {
		return 0, fmt.Errorf("reconcile: %w", err)
	}
	return books.MakeRequest(ctx, ledger.Request{
		Key: requestKind + " " + r.Difference + " " + time.Now().UTC().Format(time.RFC3339Nano), Kind: requestKind, Subject: of.Participant, Body: body, Maker: maker,
	})
}

// Approve has another person stand behind a resolution, which is kept, or refuse it. After an error of the database to
// approve again is safe.
func Approve(ctx context.Context, books *store.Ledger, id int64, checker string, approved bool, reason string) error {
	request, err := books.Request(ctx, id)
	if err != nil {
		return err
	}
	if request.Kind != requestKind {
		return fmt.Errorf("reconcile: request %d resolves no difference", id)
	}
	var r ledger.Resolution
	if err := json.Unmarshal(request.Body, &r); err != nil {
		return fmt.Errorf("reconcile: request %d no longer reads: %w", id, err)
	}
	if !request.Approved || request.Checker != checker { // else it was decided, and its end was not kept
		if err := books.DecideRequest(ctx, id, checker, approved, reason); err != nil {
			return err
		}
	}
	if !approved {
		return nil
	}
	r.Request = id
	fault := ""
	if err := books.Resolve(ctx, r); errors.Is(err, ledger.ErrNoDifference) {
		fault = "it was resolved before"
	} else if err != nil {
		return err
	}
	if err := books.FinishRequest(ctx, id, fault); err != nil || fault == "" {
		return err
	}
	return fmt.Errorf("reconcile: difference %s: %w", r.Difference, ledger.ErrNoDifference)
}
