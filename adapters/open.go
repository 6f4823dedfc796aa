package adapters

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

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
}

// OpenOperations lists operations by id, those in a state ("" for any) and after an id, at most limit of them.
func (r *Runner) OpenOperations(state State, after string, limit int) []OpenOperation {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []OpenOperation
	for id, op := range r.operations {
		if id <= after || state != "" && op.State != state || op.closed() {
			continue
		}
		open := OpenOperation{
			ID: id, Kind: op.kind(), Transfer: op.Transfer, State: op.State, Amount: messaging.NewAmount(op.Amount),
			Account: op.Beneficiary.Account, Instructed: op.Submitted, RailID: op.RailID,
		}
		if op.Claim != nil {
			open.Claimed, open.Code, open.Text = op.Claim.State, op.Claim.Code, op.Claim.Text
		}
		list = append(list, open)
	}
	slices.SortFunc(list, func(a, b OpenOperation) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(len(list), limit)]
}

// Resolution is how a person ends an operation that no query can end.
type Resolution struct {
	State    State  `json:"state"` // settled or failed
	Operator string `json:"operator"`
	Reason   string `json:"reason"`
}

const (
	operationsPage     = 1000
	maxResolutionBytes = 4 << 10
)

// mountOperations serves what a person looks at and decides.
func (r *Runner) mountOperations(mux *http.ServeMux) {
	mux.HandleFunc("GET /operations", func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		answer(w, r.OpenOperations(State(query.Get("state")), query.Get("after"), operationsPage))
	})
	mux.HandleFunc("POST /operations/{id}/resolve", func(w http.ResponseWriter, req *http.Request) {
		var how Resolution
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxResolutionBytes))
		if err == nil {
			err = json.Unmarshal(body, &how, json.RejectUnknownMembers(true))
		}
		if err != nil {
			problem(w, http.StatusBadRequest, string(messaging.FaultSyntax), clip(err.Error(), 512))
			return
		}
		if err := r.Resolve(req.Context(), req.PathValue("id"), how.State, how.Operator, how.Reason); err != nil {
			r.failed(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
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
