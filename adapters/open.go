package adapters

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// OpenOperation is one operation that has not ended, or whose end the switch has not been told.
type OpenOperation struct {
	ID         string           `json:"id"`
	Kind       string           `json:"kind"`
	Transfer   string           `json:"transfer,omitempty"`
	State      State            `json:"state"`
	Amount     messaging.Amount `json:"amount"`
	Account    string           `json:"account"`
	Instructed time.Time        `json:"instructed"`
	RailID     string           `json:"rail_id,omitempty"`
	Claimed    State            `json:"claimed,omitempty"` // a final state that no query has confirmed
	Code       string           `json:"code,omitempty"`    // of the claim, the rail's
	Text       string           `json:"text,omitempty"`
	SaidDone   bool             `json:"said_done,omitzero"`   // somebody said once that it settled, right or wrong
	Missing    int              `json:"missing,omitzero"`     // queries that found nothing of what the rail had known
	MayPay     string           `json:"may_pay,omitempty"`    // why nobody can call it failed now
	MayUntil   time.Time        `json:"may_until,omitzero"`   // until when, where that is known
	ResolvedBy string           `json:"resolved_by,omitzero"` // what ended an unknown
}

// OpenOperations lists operations by id, those in a state ("" for any) and after an id, at most limit of them.
func (r *Runner) OpenOperations(state State, after string, limit int) []OpenOperation {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	var list []OpenOperation
	for id, op := range r.operations {
		if id <= after || state != "" && op.State != state || op.closed() {
			continue
		}
		list = append(list, r.opened(op, now))
	}
	slices.SortFunc(list, func(a, b OpenOperation) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(len(list), limit)]
}

// Operation looks one up, also where it has ended. found is false where there is none.
func (r *Runner) Operation(id string) (o OpenOperation, found bool, err error) {
	if err := r.enter(); err != nil {
		return OpenOperation{}, false, err
	}
	defer r.leave()
	r.mu.Lock()
	defer r.mu.Unlock()
	op, err := r.findOperation(id)
	if err != nil || op == nil {
		return OpenOperation{}, false, err
	}
	defer r.releaseOperation(op)
	return r.opened(op, time.Now()), true, nil
}

// opened is what people see of an operation. r.mu is held.
func (r *Runner) opened(op *liveOperation, now time.Time) OpenOperation {
	o := OpenOperation{
		ID: op.ID, Kind: op.kind(), Transfer: op.Transfer, State: op.State, Amount: messaging.NewAmount(op.Amount),
		Account: op.Beneficiary.Account, Instructed: op.Submitted, RailID: op.RailID, SaidDone: op.SaidDone, Missing: op.Missing,
		ResolvedBy: op.ResolvedBy,
	}
	if op.Claim != nil {
		o.Claimed, o.Code, o.Text = op.Claim.State, op.Claim.Code, op.Claim.Text
	}
	if !op.State.final() {
		o.MayPay, o.MayUntil = op.mayPay(now, r.caps.Timers.OpenFor)
	}
	return o
}

const operationsPage = 1000

// mountOperations serves what a person looks at and decides.
func (r *Runner) mountOperations(mux *http.ServeMux) {
	mux.HandleFunc("GET /operations", func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		answer(w, r.OpenOperations(State(query.Get("state")), query.Get("after"), operationsPage))
	})
	mux.HandleFunc("GET /operations/{id}", func(w http.ResponseWriter, req *http.Request) {
		o, found, err := r.Operation(req.PathValue("id"))
		switch {
		case err != nil:
			r.failed(w, err)
		case !found:
			problem(w, http.StatusNotFound, "unknown_operation", "no operation of that id")
		default:
			answer(w, o)
		}
	})
	mux.HandleFunc("POST /operations/{id}/resolve", r.postResolution)
	mux.HandleFunc("POST /orders/{ref}/prompt", func(w http.ResponseWriter, req *http.Request) {
		prompted, err := r.Prompt(req.Context(), req.PathValue("ref"))
		if err != nil {
			r.failed(w, err)
			return
		}
		answer(w, prompted)
	})
	mux.HandleFunc("GET /balances", func(w http.ResponseWriter, req *http.Request) {
		balances, err := r.Balances(req.Context())
		if err != nil {
			r.failed(w, err)
			return
		}
		type shown struct {
			Account   string           `json:"account"`
			Available messaging.Amount `json:"available"`
		}
		list := make([]shown, len(balances))
		for i, b := range balances {
			list[i] = shown{b.Account, messaging.NewAmount(b.Available)}
		}
		answer(w, list)
	})
}
