package adapters

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// Reserver is a Rail that sets money aside before a transfer clears. The payout that follows (Submit) commits
// it: Operation.Reservation names the operation that set it aside. Query is asked about both, and about
// releases, by Operation.Kind. What Submit's contract says about ids and evidence holds for both methods.
type Reserver interface {
	// Reserve sets op.Amount aside for a payout to op.Beneficiary. Settled says that the payout can be made.
	Reserve(ctx context.Context, op Operation) Evidence
	// Release frees what op.Reservation set aside. It is called after that has settled.
	Release(ctx context.Context, op Operation) Evidence
}

// submitting is the rail's method for an operation.
func (r *Runner) submitting(kind messaging.Kind) func(context.Context, Operation) Evidence {
	if reserver, ok := r.rail.(Reserver); ok {
		switch kind {
		case messaging.KindReserve:
			return reserver.Reserve
		case messaging.KindRelease:
			return reserver.Release
		default:
		}
	}
	return r.rail.Submit
}

// reserved finds what was set aside for a transfer, nil where nothing was, and gives up what was not asked for
// yet and is to be released. It is called with mu held; errors are the store's.
func (r *Runner) reserved(transfer string, giveUp bool) (*liveOperation, error) {
	op, err := r.findOperation(OperationID(transfer, messaging.KindReserve))
	if err != nil || op == nil {
		return nil, err
	}
	if giveUp && op.untouched() {
		r.weigh(op, Evidence{State: Failed, Origin: FromResponse, Text: "released before the rail was called"}, true, change{})
	}
	return op, nil
}

// freed ends a release for which there is nothing to do any more, and puts one off whose reservation is still
// on its way: the rail must not hear of them in the other order. It tells whether it did. It is called with
// mu held.
func (r *Runner) freed(op *liveOperation) bool {
	if op.Kind != messaging.KindRelease || op.State != Instructed {
		return false
	}
	reservation, err := r.findOperation(op.Reservation)
	switch {
	case err == nil && (reservation == nil || reservation.State == Failed):
		r.weigh(op, Evidence{State: Settled, Origin: FromResponse, Text: "nothing was set aside"}, true, change{})
	case err == nil && reservation.State == Settled:
		r.releaseOperation(reservation)
		return false
	default:
		r.schedule.by(task{bucketOperations, op.ID}, time.Now().Add(r.caps.Timers.QueryEvery))
	}
	if reservation != nil {
		r.releaseOperation(reservation)
	}
	return true
}
