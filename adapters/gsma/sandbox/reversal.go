package sandbox

import (
	"net/http"

	"github.com/go-json-experiment/json"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

type reversalRequest struct {
	Type     string `json:"type"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Ours     string `json:"requestingOrganisationTransactionReference"`
}

// serveReversal takes a customer's payment back, all of it where no amount is named. Payouts are not reversed.
func (s *Server) serveReversal(w http.ResponseWriter, r *http.Request, body []byte) {
	var p reversalRequest
	if err := json.Unmarshal(body, &p, json.RejectUnknownMembers(true)); err != nil || p.Type != "reversal" || !ownForm.MatchString(p.Ours) {
		s.invalid(w, "formatError")
		return
	}
	paid, found, err := s.Ledger.Find(kit.KindCollection, r.PathValue("reference"))
	if err != nil {
		s.internal(w)
		return
	}
	if !found {
		s.notFound(w)
		return
	}
	amount := fx.Money{Minor: paid.Minor, Currency: s.Currency}
	if p.Amount != "" {
		amount, err = s.amount(p.Amount)
	}
	switch {
	case err != nil:
		s.invalid(w, "formatError")
	case p.Amount != "" && p.Currency != s.Currency.String():
		s.invalid(w, "currencyNotSupported")
	case amount.Minor > paid.Minor:
		s.refuse(w, http.StatusBadRequest, "businessRule", "overPaymentNotAllowed")
	default:
		s.accept(w, r, kit.Operation{
			Kind: kit.KindRefund, ID: p.Ours, FateKey: paid.Ref, Account: paid.Account, Name: paid.Name, Minor: amount.Minor,
		}, request{Type: "reversal", Ours: p.Ours, Party: "msisdn", Original: paid.Ref})
	}
}
