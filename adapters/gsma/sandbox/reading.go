package sandbox

import (
	"net/http"
	"strings"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// kinds of operation that a request can be, in the order in which they are looked for.
var kinds = []string{kit.KindPayout, kit.KindRefund, kindPrompt}

// stateAnswer is where a request is.
type stateAnswer struct {
	ID           string       `json:"serverCorrelationId"`
	Status       string       `json:"status"`
	Notification string       `json:"notificationMethod"`
	Object       string       `json:"objectReference,omitempty"`
	Error        *errorObject `json:"error,omitempty"`
}

func (s *Server) state(op kit.Operation) stateAnswer {
	a := stateAnswer{ID: op.RailID, Status: "pending", Notification: "polling"}
	if read(op).Callback != "" {
		a.Notification = "callback"
	}
	switch op.State {
	case kit.Settled:
		a.Status, a.Object = "completed", op.Ref
	case kit.Declined:
		failed := s.failure(category(op.Code), op.Code)
		a.Status, a.Error = "failed", &failed
	case kit.Accepted:
	}
	return a
}

// transactionAnswer is a transaction as the rail shows it.
type transactionAnswer struct {
	Reference   string       `json:"transactionReference"`
	Ours        string       `json:"requestingOrganisationTransactionReference,omitempty"`
	Original    string       `json:"originalTransactionReference,omitempty"`
	Type        string       `json:"type"`
	Status      string       `json:"transactionStatus"`
	Amount      string       `json:"amount"`
	Currency    string       `json:"currency"`
	DebitParty  []identifier `json:"debitParty"`
	CreditParty []identifier `json:"creditParty"`
	Created     string       `json:"creationDate"`
}

// show is the transaction of a settled operation.
func (s *Server) show(op kit.Operation) transactionAnswer {
	p := read(op)
	own, customer := []identifier{{s.cfg.AccountKey, s.cfg.AccountValue}}, []identifier{{p.Party, op.Account}}
	if p.Party == "msisdn" {
		customer[0].Value = "+" + op.Account
	}
	a := transactionAnswer{
		Reference: op.Ref, Ours: p.Ours, Original: p.Original, Type: p.Type, Status: "completed",
		Amount: s.money(op.Minor), Currency: s.Currency.String(),
		DebitParty: own, CreditParty: customer, Created: s.stamp(time.UnixMilli(op.CreatedMS)),
	}
	switch op.Kind {
	case kit.KindCollection:
		a.Ours, a.Type = op.ID, "merchantpay"
		a.DebitParty, a.CreditParty = []identifier{{"msisdn", "+" + op.Account}}, own
	case kindPrompt:
		a.DebitParty, a.CreditParty = customer, own
	}
	return a
}

// money writes an amount without a zero at the end of its fraction.
func (s *Server) money(minor int64) string {
	text := fx.Money{Minor: minor, Currency: s.Currency}.Text()
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// find looks for a request by an alias, among those that the rail shows already.
func (s *Server) find(alias string) (kit.Operation, bool, error) {
	for _, kind := range kinds {
		op, found, err := s.Ledger.Find(kind, alias)
		if err != nil || found {
			return op, found && s.Visible(op), err
		}
	}
	return kit.Operation{}, false, nil
}

func (s *Server) serveState(w http.ResponseWriter, r *http.Request, _ []byte) {
	op, found, err := s.find(r.PathValue("id"))
	switch {
	case err != nil:
		s.internal(w)
	case !found || op.RailID != r.PathValue("id"):
		s.notFound(w)
	default:
		s.answer(w, http.StatusOK, s.state(op))
	}
}

// serveResponse links to what came of a request: the transaction, or, where there is none yet, its state.
func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request, _ []byte) {
	correlation := strings.ToLower(r.PathValue("correlation"))
	op, found, err := s.find(correlation)
	switch {
	case err != nil:
		s.internal(w)
	case !found || read(op).Correlation != correlation:
		s.notFound(w)
	case op.State == kit.Settled:
		s.answer(w, http.StatusOK, map[string]string{"link": BasePath + "/transactions/" + op.Ref})
	default:
		s.answer(w, http.StatusOK, map[string]string{"link": BasePath + "/requeststates/" + op.RailID})
	}
}

func (s *Server) serveRead(w http.ResponseWriter, r *http.Request, _ []byte) {
	reference := r.PathValue("reference")
	op, found, err := s.Ledger.Find(kit.KindCollection, reference)
	if err == nil && !found {
		op, found, err = s.find(reference)
	}
	switch {
	case err != nil:
		s.internal(w)
	case !found || op.State != kit.Settled || op.Ref != reference:
		s.notFound(w)
	default:
		s.answer(w, http.StatusOK, s.show(op))
	}
}

type balanceAnswer struct {
	Current   string `json:"currentBalance"`
	Available string `json:"availableBalance"`
	Currency  string `json:"currency"`
}

// serveBalance is the float with what was collected, less what was paid out and given back; what is on its way is
// reserved.
func (s *Server) serveBalance(w http.ResponseWriter, r *http.Request, _ []byte) {
	totals, err := s.Totals()
	switch {
	case err != nil:
		s.internal(w)
		return
	case r.PathValue("account") != s.cfg.AccountValue:
		s.notFound(w)
		return
	}
	payouts, refunds := totals[kit.KindPayout], totals[kit.KindRefund]
	current := s.cfg.FloatMinor + totals[kit.KindCollection][kit.Settled].Minor - payouts[kit.Settled].Minor - refunds[kit.Settled].Minor
	s.answer(w, http.StatusOK, balanceAnswer{
		Current: s.money(current), Available: s.money(current - payouts[kit.Accepted].Minor - refunds[kit.Accepted].Minor),
		Currency: s.Currency.String(),
	})
}
