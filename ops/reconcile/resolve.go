package reconcile

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Propose has one person say how a difference was resolved, and returns the number that another approves it by.
func Propose(ctx context.Context, books *store.Ledger, maker string, r ledger.Resolution) (id int64, err error) {
	of, err := books.Difference(ctx, r.Difference)
	if err != nil {
		return 0, err
	}
	if of.Resolution != nil {
		return 0, fmt.Errorf("reconcile: difference %s: %w", r.Difference, ledger.ErrNoDifference)
	}
	plan, err := request.DifferencePlan(of.Participant, r)
	if err != nil {
		return 0, err
	}
	return request.Ask(ctx, books, maker, plan)
}

// Approve has another person stand behind a resolution, which is kept, or refuse it. After an error of the database to
// approve again is safe.
func Approve(ctx context.Context, books *store.Ledger, id int64, checker string, approved bool, reason string) error {
	asked, err := books.Request(ctx, id)
	if err != nil {
		return err
	}
	plan, err := request.Read(asked)
	if err != nil {
		return err
	}
	if plan.Difference == nil {
		return fmt.Errorf("reconcile: request %d resolves no difference", id)
	}
	if !asked.Approved || asked.Checker != checker { // else it was decided, and its end was not kept
		if err := request.Decide(ctx, books, id, checker, approved, reason); err != nil {
			return err
		}
	}
	if !approved {
		return nil
	}
	fault, err := request.Settle(ctx, books, id, *plan.Difference)
	if err == nil && fault != "" {
		err = fmt.Errorf("reconcile: difference %s: %w", plan.Difference.Difference, ledger.ErrNoDifference)
	}
	return err
}
