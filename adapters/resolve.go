package adapters

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
)

// Resolution is how a person ends an operation that no query can end.
type Resolution struct {
	State    State  `json:"state"` // settled or failed
	Operator string `json:"operator"`
	Reason   string `json:"reason"`
	RailRef  string `json:"rail_ref,omitempty"` // the rail's receipt, of what settled
}

const maxResolutionBytes = 4 << 10

// EndedError says that an operation had ended otherwise than a person says. It stays as it ended, and is a case for people.
type EndedError struct {
	Operation string
	State     State // as it ended
}

func (e *EndedError) Error() string {
	return fmt.Sprintf("adapters: operation %s had ended as %s", e.Operation, e.State)
}

// MayPayError says that nobody can call an operation failed yet, as the rail may still pay. Later somebody may.
type MayPayError struct {
	Operation string
	Why       string
	Until     time.Time // zero where it is not known
}

func (e *MayPayError) Error() string {
	text := fmt.Sprintf("adapters: operation %s may still be paid: %s", e.Operation, e.Why)
	if !e.Until.IsZero() {
		text += "; wait until " + e.Until.UTC().Format(time.RFC3339)
	}
	return text
}

// Resolve ends an operation as a person says. Said again it is done once. Errors are *messaging.FaultError for what is
// no resolution, *UnknownOperationError, *EndedError, *MayPayError, ErrNotRunning, ctx's and the store's; after the last three
// asking again is safe.
func (r *Runner) Resolve(ctx context.Context, operationID string, how Resolution) error {
	if err := r.enter(); err != nil {
		return err
	}
	defer r.leave()
	if !how.State.final() || how.Operator == "" || how.Reason == "" {
		return refuse(messaging.FaultSchema, fmt.Sprintf("resolve %s: needs a final state, the operator's name and a reason", operationID))
	}
	var ended error
	err := r.heard(ctx, operationID, "", Evidence{
		State: how.State, Origin: byOperator, RailRef: how.RailRef, Text: how.Operator + ": " + how.Reason,
	}, func(op *liveOperation) error {
		if op.State.final() {
			if op.State != how.State {
				ended = &EndedError{operationID, op.State} // and weighed, so that people see it
			}
			return nil
		}
		if why, until := op.mayPay(time.Now(), r.caps.Timers.OpenFor); how.State == Failed && why != "" {
			return &MayPayError{operationID, why, until}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.durable(ctx); err != nil {
		return err
	}
	return ended
}

// openForDefault is how long a rail may still pay that does not say how long it may take: a day and its statement pass.
const openForDefault = 48 * time.Hour

// mayPay says why an operation that has not ended cannot be called failed: "" where nothing speaks for that the rail has
// it, or will have it; otherwise until when, where it is known.
func (o *liveOperation) mayPay(now time.Time, openFor time.Duration) (why string, until time.Time) {
	switch {
	case o.untouched():
		return "", time.Time{}
	case o.busy:
		return "the rail is being called about it", time.Time{}
	case o.State != Instructed && (o.Claim != nil && o.Claim.State == Failed && !o.SaidDone || o.Missing == missingAfter):
		return "", time.Time{}
	}
	if until = o.lastSent(); !until.IsZero() {
		if until = until.Add(orDefault(openFor, openForDefault)); !now.Before(until) {
			return "", time.Time{}
		}
	}
	switch {
	case o.State == Instructed:
		why = "it may have reached the rail, and is submitted again under its id"
	case o.SaidDone:
		why = "somebody said that it was paid"
	case o.State == Accepted:
		why = "the rail took it, and has not said what became of it"
	default:
		why = "the rail has not said what became of it"
	}
	return why, until
}

// lastSent is when the rail was last called to carry it out; zero where an earlier process may have called it, and nobody
// knows when.
func (o *operation) lastSent() time.Time {
	switch {
	case o.SentMS > 0:
		return time.UnixMilli(o.SentMS)
	case o.State == Instructed:
		return time.Time{}
	default: // of before the time of the call was kept
		return o.Submitted
	}
}

func (r *Runner) postResolution(w http.ResponseWriter, req *http.Request) {
	var how Resolution
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxResolutionBytes))
	if err == nil {
		err = json.Unmarshal(body, &how, json.RejectUnknownMembers(true))
	}
	if err != nil {
		problem(w, http.StatusBadRequest, string(messaging.FaultSyntax), clip(err.Error(), 512))
		return
	}
	if err := r.Resolve(req.Context(), req.PathValue("id"), how); err != nil {
		r.failed(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
