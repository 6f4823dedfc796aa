package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/gcash"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// kindPrompt is an order that the wallet was asked to have paid: accepted once the customer has a link, declined where
// the wallet refused to ask.
const kindPrompt = "prompt"

// pathCashier is the page behind the link of a pay call. Who opens it, as ?customerId=, pays.
const pathCashier = "/cashier/"

// promptDeclines are what the wallet refuses to ask with.
var promptDeclines = []string{"RISK_REJECT", "USER_STATUS_ABNORMAL", "USER_AMOUNT_EXCEED_LIMIT"}

// pay takes an order and gives the link under which a customer pays it: the same one for the same request.
func (s *Server) pay(r *http.Request, body []byte) (*answer, error) {
	var q gcash.PayRequest
	if json.Unmarshal(body, &q) != nil || q.PartnerID != s.cfg.Wallet.PartnerID || q.PaymentRequestID == "" ||
		q.PaymentOrderTitle == "" || !q.PaymentFactor.IsCashierPayment {
		return reply(gcash.ResultOnly{Result: illegal})
	}
	amount, err := q.PaymentAmount.Money()
	switch {
	case err != nil:
		return reply(gcash.ResultOnly{Result: illegal})
	case amount.Currency != s.Currency:
		return reply(gcash.ResultOnly{Result: fail("CURRENCY_NOT_SUPPORT")})
	}
	fate := s.Fate(kindPrompt, q.PaymentRequestID)
	strike, err := s.Strike(kindPrompt, q.PaymentRequestID, fate)
	switch {
	case err != nil:
		return nil, err
	case strike == kit.StrikeError:
		return internalError, nil
	case strike == kit.StrikeTimeout:
		return nil, nil
	}
	said, err := s.ask(r.Host, q, amount, fate)
	if err != nil || strike == kit.StrikeTimeoutAccepted {
		return nil, err
	}
	return reply(said)
}

// ask keeps the order, or finds it kept or paid.
func (s *Server) ask(host string, q gcash.PayRequest, amount fx.Money, fate kit.Fate) (gcash.PayResponse, error) {
	op, _, err := s.Ledger.Create(kit.Operation{
		Kind: kindPrompt, ID: q.PaymentRequestID, FateKey: q.PaymentRequestID, Name: q.PaymentOrderTitle, Minor: amount.Minor,
		State: kit.Accepted, RailID: s.receipt(kit.KindCollection, q.PaymentRequestID), CreatedMS: time.Now().UnixMilli(),
	})
	if err != nil {
		return gcash.PayResponse{}, err
	}
	paid, found, err := s.Ledger.Get(kit.KindCollection, q.PaymentRequestID)
	switch {
	case err != nil:
		return gcash.PayResponse{}, err
	case op.Minor != amount.Minor || (found && paid.Minor != amount.Minor):
		return gcash.PayResponse{Result: fail("REPEAT_REQ_INCONSISTENT")}, nil
	case found:
		return gcash.PayResponse{
			Result: success, PaymentID: paid.Ref, PaymentAmount: s.amount(paid.Minor), PaymentTime: paymentTime(paid), CustomerID: paid.Account,
		}, nil
	case fate.Decline:
		if op, err = s.Decide(op, op.RailID, promptDeclines); err != nil {
			return gcash.PayResponse{}, err
		}
	}
	switch {
	case op.State == kit.Declined:
		return gcash.PayResponse{Result: fail(op.Code)}, nil
	case time.Since(time.UnixMilli(op.CreatedMS)) < fate.Delay:
		return gcash.PayResponse{Result: inProcess, PaymentID: op.RailID}, nil
	}
	return gcash.PayResponse{
		Result:    gcash.Result{ResultCode: "ACCEPT", ResultStatus: gcash.ResultAction, ResultMessage: "accept"},
		PaymentID: op.RailID, PaymentAmount: s.amount(op.Minor),
		RedirectActionForm: gcash.RedirectActionForm{
			RedirectURL: (&url.URL{Scheme: "http", Host: host, Path: pathCashier + op.ID}).String(),
		},
	}, nil
}

// cashier is the page: the customer who opens it pays.
func (s *Server) cashier(w http.ResponseWriter, r *http.Request) {
	if !s.Admit(w, r, tooMany) {
		return
	}
	op, found, err := s.Ledger.Get(kindPrompt, r.PathValue("order"))
	customer := r.URL.Query().Get("customerId")
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	case !found || op.State == kit.Declined:
		http.NotFound(w, r)
		return
	case customer == "":
		http.Error(w, "open it as ?customerId=", http.StatusBadRequest)
		return
	}
	err = s.Pay(r.Context(), kit.CustomerPayment{
		OrderRef: op.ID, Payer: customer, Amount: fx.Money{Minor: op.Minor, Currency: s.Currency},
	})
	var conflict *kit.ConflictError
	switch {
	case errors.As(err, &conflict):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		_, _ = w.Write([]byte("paid\n")) // the customer may have gone, which changes nothing
	}
}
