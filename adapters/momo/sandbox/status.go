package sandbox

import (
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// statusAnswer is a transfer as the rail shows it, when asked and by callback.
type statusAnswer struct {
	FinancialTransactionID string         `json:"financialTransactionId,omitempty"`
	ExternalID             string         `json:"externalId"`
	Amount                 string         `json:"amount"`
	Currency               string         `json:"currency"`
	Payee                  party          `json:"payee"`
	Status                 string         `json:"status"`
	Reason                 jsontext.Value `json:"reason,omitzero"`
}

// show is a transfer as it stands.
func (s *Server) show(op kit.Operation) statusAnswer {
	a := statusAnswer{
		ExternalID: read(op).ExternalID, Amount: s.money(op.Minor), Currency: s.Currency.String(),
		Payee: party{PartyIDType: "MSISDN", PartyID: op.Account}, Status: "PENDING",
	}
	switch op.State {
	case kit.Settled:
		a.Status, a.FinancialTransactionID = "SUCCESSFUL", op.Ref
	case kit.Declined:
		a.Status, a.Reason = "FAILED", reason(read(op).Product, op.Code)
	case kit.Accepted:
	}
	return a
}

// told says that a transfer succeeded or failed, be it so or not.
func (s *Server) told(op kit.Operation, success bool) statusAnswer {
	switch {
	case success && op.State != kit.Settled:
		op.State, op.Ref, op.Code = kit.Settled, s.receipt(op), ""
	case !success && op.State != kit.Declined:
		op.State, op.Ref, op.Code = kit.Declined, "", contraryDecline
	}
	return s.show(op)
}

// reason is why a transfer failed: the disbursement product gives an object, the remittance product a text.
func reason(product, code string) jsontext.Value {
	var shown any = code
	if product == "disbursement" {
		shown = errorAnswer{Code: code, Message: descriptions[code]}
	}
	value, err := json.Marshal(shown)
	if err != nil { // codes are constants
		return jsontext.Value(`""`)
	}
	return value
}

var descriptions = map[string]string{
	"PAYEE_NOT_FOUND":              "Payee does not exist.",
	"PAYEE_NOT_ALLOWED_TO_RECEIVE": "Payee is unable to receive the payment.",
	"NOT_ENOUGH_FUNDS":             "The payer does not have enough funds.",
	"PAYEE_LIMIT_REACHED":          "The payee's limit has been breached.",
	"INTERNAL_PROCESSING_ERROR":    "An internal error occurred while processing.",
}

// serveStatus shows a transfer, to the product that it was asked of.
func (s *Server) serveStatus(w http.ResponseWriter, r *http.Request, product string, _ []byte) {
	op, found, err := s.Ledger.Find(kit.KindPayout, r.PathValue("reference"))
	switch {
	case err != nil:
		internal(w)
	case !found || read(op).Product != product || !s.Visible(op):
		refuse(w, http.StatusNotFound, "RESOURCE_NOT_FOUND", "Requested resource was not found.")
	default:
		kit.WriteJSON(w, http.StatusOK, s.show(op))
	}
}

type balanceAnswer struct {
	AvailableBalance string `json:"availableBalance"`
	Currency         string `json:"currency"`
}

// serveBalance is the float less what was paid out or is on its way.
func (s *Server) serveBalance(w http.ResponseWriter, _ *http.Request, _ string, _ []byte) {
	totals, err := s.Totals()
	if err != nil {
		internal(w)
		return
	}
	paid := totals[kit.KindPayout]
	kit.WriteJSON(w, http.StatusOK, balanceAnswer{
		AvailableBalance: s.money(s.cfg.FloatMinor - paid[kit.Settled].Minor - paid[kit.Accepted].Minor),
		Currency:         s.Currency.String(),
	})
}

func (s *Server) money(minor int64) string {
	return fx.Money{Minor: minor, Currency: s.Currency}.Text()
}
