package sandbox

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	"github.com/ayni-switch/ayni/fx"
)

// maxOperationID is the longest merchantRequestId.
const maxOperationID = 35

// payout takes a push to a VPA.
func (s *Server) payout(body []byte) (*answer, error) {
	var q upi.PayoutRequest
	if json.Unmarshal(body, &q) != nil {
		return refuse(upi.APIInvalid)
	}
	minor, ok := s.minor(q.Amount, q.Currency)
	inward := q.InitiationMode == upi.ModeInward
	switch {
	case !ok || !validID(q.MerchantRequestID) || q.MerchantVPA != s.cfg.MerchantVPA || !upi.ValidAddress(q.CustomerVPA):
		return refuse(upi.APIInvalid)
	case inward != (q.Institution != nil) || (inward && (q.Institution.Check() != nil || q.Institution.Originator.Name == "")):
		return refuse(upi.APIInvalid)
	}
	op := kit.Operation{
		Kind: kit.KindPayout, ID: q.MerchantRequestID, FateKey: q.CustomerVPA,
		Account: q.CustomerVPA, Name: q.CustomerName, Minor: minor,
	}
	code := ""
	if minor > min(s.cfg.PayoutMaxMinor, upi.MaxMinor(q.CustomerVPA)) {
		code = "Z8"
	}
	return s.take(op, code)
}

// refund gives a customer's payment back, once.
func (s *Server) refund(body []byte) (*answer, error) {
	var q upi.RefundRequest
	if json.Unmarshal(body, &q) != nil {
		return refuse(upi.APIInvalid)
	}
	minor, ok := s.minor(q.Amount, q.Currency)
	if !ok || !validID(q.MerchantRequestID) {
		return refuse(upi.APIInvalid)
	}
	paid, found, err := s.Ledger.Find(kit.KindCollection, q.OriginalReferenceID)
	switch {
	case err != nil:
		return nil, err
	case !found || paid.ID != q.OriginalRefID || minor > paid.Minor:
		return refuse(upi.APIInvalid)
	}
	return s.take(kit.Operation{
		Kind: kit.KindRefund, ID: q.MerchantRequestID, FateKey: paid.Ref, Aliases: []string{paid.Ref},
		Account: paid.Account, Name: paid.Name, Minor: minor,
	}, "")
}

// take accepts an operation as its fate has it, and answers. A code refuses it at once, for good.
func (s *Server) take(op kit.Operation, code string) (*answer, error) {
	op.State, op.RailID, op.CreatedMS = kit.Accepted, s.id("txn/"+op.Kind, op.ID), time.Now().UnixMilli()
	fate := s.Fate(op.Kind, op.FateKey)
	strike, err := s.Strike(op.Kind, op.ID, fate)
	switch {
	case err != nil:
		return nil, err
	case strike == kit.StrikeError:
		return errInternal, nil
	case strike == kit.StrikeTimeout:
		return nil, nil
	}
	// A refund's alias is the payment's RRN, so a second refund of one payment is a duplicate, too.
	for _, alias := range op.Aliases {
		if other, found, err := s.Ledger.Find(op.Kind, alias); err != nil || (found && other.ID != op.ID) {
			if err != nil {
				return nil, err
			}
			return refuse(upi.APIDuplicate)
		}
	}
	stored, created, err := s.Ledger.Create(op)
	switch {
	case err != nil:
		return nil, err
	case !created:
		return refuse(upi.APIDuplicate)
	case code != "":
		if stored, err = s.Ledger.Decline(op.Kind, op.ID, code); err != nil {
			return nil, err
		}
	case fate.Reorder && strike == kit.NoStrike:
		if s.early(func(ctx context.Context) { s.settle(ctx, stored, fate) }) != nil {
			_, err = s.decide(stored)
		}
		if err != nil {
			return nil, err
		}
	default:
		if err := s.later(stored, func(ctx context.Context) { s.settle(ctx, stored, fate) }); err != nil {
			return nil, err
		}
	}
	if strike == kit.StrikeTimeoutAccepted {
		return nil, nil
	}
	return s.say(stored)
}

// settle decides and sends what the fate has for webhooks.
func (s *Server) settle(ctx context.Context, op kit.Operation, fate kit.Fate) {
	decided, err := s.decide(op)
	if err != nil {
		return // the next start decides, and the adapter asks meanwhile
	}
	fate.Tell(decided.State == kit.Settled, func(success bool) bool {
		said := decided
		switch {
		case success:
			said.State, said.Ref, said.Code = kit.Settled, s.rrn(op.Kind, op.ID, 0), ""
		case decided.State == kit.Settled:
			said.State, said.Ref, said.Code = kit.Declined, "", contrary
		}
		t := s.transaction(said)
		t.Type = map[string]string{kit.KindPayout: upi.TypePayout, kit.KindRefund: upi.TypeRefund}[op.Kind]
		body, err := json.Marshal(t)
		return err == nil && s.deliver(ctx, upi.PathWebhook, "application/json", upi.WebhookSignature(s.cfg.WebhookSecret, body), body)
	})
}

// status answers a query: the truth.
func (s *Server) status(kind string) func([]byte) (*answer, error) {
	return func(body []byte) (*answer, error) {
		var q upi.StatusRequest
		if json.Unmarshal(body, &q) != nil || !validID(q.MerchantRequestID) {
			return refuse(upi.APIInvalid)
		}
		op, found, err := s.Ledger.Get(kind, q.MerchantRequestID)
		switch {
		case err != nil:
			return nil, err
		case !found || !s.Visible(op):
			return refuse(upi.APINotFound)
		}
		return s.say(op)
	}
}

// say answers with where op is.
func (s *Server) say(op kit.Operation) (*answer, error) {
	t := s.transaction(op)
	return reply(upi.Answer{Status: upi.StatusSuccess, ResponseCode: upi.StatusSuccess, ResponseMessage: "ok", Payload: &t})
}

func (s *Server) transaction(op kit.Operation) upi.Transaction {
	t := upi.Transaction{
		MerchantID: s.cfg.MerchantID, MerchantRequestID: op.ID, Amount: s.text(op.Minor), Currency: s.Currency.String(),
		CustomerVPA: op.Account, TransactionID: op.RailID, ReferenceID: op.Ref,
	}
	switch {
	case op.State == kit.Settled:
		t.ResponseStatus, t.ResponseCode, t.ResponseMessage = upi.StatusSuccess, upi.CodeSuccess, "Transaction is approved"
	case op.State == kit.Declined:
		t.ResponseStatus, t.ResponseCode, t.ResponseMessage = upi.StatusFailure, op.Code, "Transaction failed: "+op.Code
	case s.Fate(op.Kind, op.FateKey).Delay > 0:
		t.ResponseStatus, t.ResponseCode, t.ResponseMessage = upi.StatusDeemed, upi.CodeDeemed, "Transaction is deemed approved"
	default:
		t.ResponseStatus, t.ResponseCode, t.ResponseMessage = upi.StatusPending, upi.CodePending, "Transaction is pending"
	}
	return t
}

func (s *Server) text(minor int64) string { return fx.Money{Minor: minor, Currency: s.Currency}.Text() }

func (s *Server) minor(text, currency string) (int64, bool) {
	amount, err := fx.ParseMoney(text, s.Currency)
	return amount.Minor, err == nil && amount.Minor > 0 && amount.Text() == text && currency == s.Currency.String()
}

func validID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return id != "" && len(id) <= maxOperationID
}

func refuse(code string) (*answer, error) {
	return reply(upi.Answer{Status: upi.StatusFailure, ResponseCode: code, ResponseMessage: code})
}

func reply(a upi.Answer) (*answer, error) {
	body, err := json.Marshal(a)
	return &answer{status: http.StatusOK, contentType: "application/json", body: body}, err
}
