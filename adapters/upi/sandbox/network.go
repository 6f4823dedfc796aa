package sandbox

import (
	"context"
	"errors"
	"net/http"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	"github.com/ayni-switch/ayni/fx"
)

// What an Ack of the network says in err.
const (
	errMalformed = "MALFORMED"
	errBusy      = "BUSY"
	errUnknown   = "UNKNOWN_PAYMENT"
)

// Pay implements kit.Server: the customer pays in an app, with the order's reference as Txn refId.
func (s *Server) Pay(_ context.Context, p kit.CustomerPayment) error {
	rrn, err := s.freeRRN(p.OrderRef)
	if err != nil {
		return err
	}
	op, created, err := s.Book(p, rrn)
	if err != nil || !created {
		return err
	}
	fate := s.Fate(op.Kind, op.FateKey)
	err = s.Settling(fate, func(ctx context.Context) { s.notify(ctx, op, fate) })
	if errors.Is(err, kit.ErrBusy) || errors.Is(err, kit.ErrClosed) {
		return nil // the payment is booked; the adapter asks
	}
	return err
}

// freeRRN is the payment's RRN: twelve digits are few enough to meet twice.
func (s *Server) freeRRN(orderRef string) (string, error) {
	for attempt := 0; ; attempt++ {
		rrn := s.rrn(kit.KindCollection, orderRef, attempt)
		taken, found, err := s.Ledger.Find(kit.KindCollection, rrn)
		if err != nil || !found || taken.ID == orderRef {
			return rrn, err
		}
	}
}

// notify sends the ReqPay as often, and as truly, as the fate has it.
func (s *Server) notify(ctx context.Context, op kit.Operation, fate kit.Fate) {
	callbacks := fate.Callbacks(true)
	if s.trust != nil && len(callbacks) > 0 {
		who := s.request(op)
		who.Message, who.Type, who.Head.MsgID, who.CustRef = upi.MessageAuthorisation, "PAY", s.id("auth", op.ID), ""
		s.tell(ctx, upi.PathAuthorisation, who.Marshal)
		if fate.Reorder {
			s.confirm(ctx, op)
		}
	}
	for _, success := range callbacks {
		p := s.request(op)
		if !success {
			p.Type, p.TxnID, p.OriginalTxnID, p.OriginalRRN = upi.TypeReversal, s.id("reversal", op.ID), p.TxnID, op.Ref
			p.Head.MsgID = s.id("reversal-msg", op.ID)
		}
		s.tell(ctx, upi.PathPay, p.Marshal)
	}
}

// request is the ReqPay of a customer's payment, the same bytes each time.
func (s *Server) request(op kit.Operation) upi.PayRequest {
	return upi.PayRequest{
		Message: upi.MessagePay, Head: s.head(s.id("msg", op.ID), time.UnixMilli(op.CreatedMS)),
		TxnID: s.id("txn", op.ID), CustRef: op.Ref, RefID: op.ID, Type: upi.TypeCredit, Mode: upi.ModeDefault, Purpose: upi.PurposeDefault,
		PayerVPA: op.Account, PayerName: op.Name, PayeeVPA: s.cfg.MerchantVPA, Amount: s.money(op.Minor),
	}
}

// confirm tells how a customer's payment ended.
func (s *Server) confirm(ctx context.Context, op kit.Operation) {
	s.tell(ctx, upi.PathConfirmation, upi.Confirmation{
		Head: s.head(s.id("confirmation", op.ID), time.UnixMilli(op.CreatedMS)), TxnID: s.id("confirmation-txn", op.ID),
		RefID: op.ID, CustRef: op.Ref, OriginalTxnID: s.id("txn", op.ID), Verdict: s.settled(op),
	}.Marshal)
}

// settled is the verdict on a payment that is in the books.
func (s *Server) settled(op kit.Operation) upi.Verdict {
	leg := func(vpa string) upi.Leg {
		return upi.Leg{VPA: vpa, Code: upi.CodeSuccess, Settled: s.text(op.Minor), Currency: s.Currency.String()}
	}
	return upi.Verdict{
		Result: upi.StatusSuccess, ErrCode: upi.CodeSuccess, Payer: leg(op.Account), Payee: leg(s.cfg.MerchantVPA),
	}
}

// head is the head of a message sent at a time, which the rail's clock may have wrong.
func (s *Server) head(msgID string, at time.Time) upi.Head {
	skew := time.Duration(s.Faults().ClockSkewMS) * time.Millisecond
	return upi.Head{OrgID: s.cfg.OrgID, MsgID: msgID, Time: at.Add(skew)}
}

// tell signs a message and sends it.
func (s *Server) tell(ctx context.Context, path string, marshal func(*upi.Signer) ([]byte, error)) {
	signer := s.cfg.Signer
	if signer != nil && s.Faults().ExpiredCertificate {
		var err error
		if signer, err = expired(); err != nil {
			return
		}
	}
	if body, err := marshal(signer); err == nil {
		s.deliver(ctx, path, "application/xml", "", body)
	}
}

// check takes a ReqChkTxn and answers it by a message of its own: the truth.
func (s *Server) check(body []byte) (*answer, error) {
	q, err := upi.ParseCheckRequest(body, s.trust)
	if err != nil {
		return acknowledge(upi.MessageCheck, "", errMalformed)
	}
	fate, err := s.question(q.RefID)
	if err != nil {
		return nil, err
	}
	reply := func(ctx context.Context) {
		for _, success := range fate.Callbacks(true) {
			if success {
				s.answerCheck(ctx, q)
			}
		}
	}
	if fate.Reorder {
		err = s.early(reply)
	} else {
		err = s.Settling(fate, reply)
	}
	if err != nil {
		return acknowledge(upi.MessageCheck, q.Head.MsgID, errBusy)
	}
	return acknowledge(upi.MessageCheck, q.Head.MsgID, "")
}

// question is the fate of a question about an order: only the answer to the first can be lost, or nobody would
// ever know.
func (s *Server) question(refID string) (kit.Fate, error) {
	const kind = "question"
	fate := s.Fate(kind, refID)
	if !fate.LostCallback {
		return fate, nil
	}
	attempt, err := s.Ledger.Attempt(kind, refID)
	fate.LostCallback = attempt == 1
	return fate, err
}

func (s *Server) answerCheck(ctx context.Context, q upi.CheckRequest) {
	response := upi.Response{
		Message: upi.MessageChecked, Head: s.head(s.id("answer", q.Head.MsgID), time.Now()), TxnID: q.TxnID, Type: "ChkTxn",
		RefID: q.RefID, ReqMsgID: q.Head.MsgID, Verdict: upi.Verdict{Result: upi.StatusFailure, ErrCode: upi.CodeNotFound},
	}
	op, found, err := s.Ledger.Get(kit.KindCollection, q.RefID)
	switch {
	case err != nil:
		return // a silence, and the adapter asks again
	case found && s.Visible(op) && (q.OriginalRRN == "" || q.OriginalRRN == op.Ref):
		response.CustRef, response.OriginalTxnID, response.Verdict = op.Ref, s.id("txn", op.ID), s.settled(op)
	}
	s.tell(ctx, upi.PathChecked, response.Marshal)
}

// paid takes the RespPay for a payment, and tells both sides that it is done.
func (s *Server) paid(body []byte) (*answer, error) {
	c, err := upi.ParseResponse(body, upi.MessagePaid, s.trust)
	if err != nil {
		return acknowledge(upi.MessagePaid, "", errMalformed)
	}
	op, found, err := s.Ledger.Find(kit.KindCollection, c.CustRef)
	switch {
	case err != nil:
		return nil, err
	case !found || c.TxnID != s.id("txn", op.ID) || c.Payee.Settled != s.text(op.Minor):
		return acknowledge(upi.MessagePaid, c.Head.MsgID, errUnknown)
	case s.Later(0, func(ctx context.Context) { s.confirm(ctx, op) }) != nil:
		return acknowledge(upi.MessagePaid, c.Head.MsgID, errBusy)
	}
	return acknowledge(upi.MessagePaid, c.Head.MsgID, "")
}

// noted takes an answer on which nothing depends here.
func (s *Server) noted(message string) func([]byte) (*answer, error) {
	return func(body []byte) (*answer, error) {
		c, err := upi.ParseResponse(body, message, s.trust)
		if err != nil {
			return acknowledge(message, "", errMalformed)
		}
		return acknowledge(message, c.Head.MsgID, "")
	}
}

// acknowledge is the answer to a message.
func acknowledge(message, msgID, fault string) (*answer, error) {
	body, err := upi.Ack{API: message, ReqMsgID: msgID, Err: fault, Time: time.Now()}.Marshal()
	status := http.StatusOK
	switch fault {
	case "":
	case errBusy:
		status = http.StatusServiceUnavailable
	default:
		status = http.StatusBadRequest
	}
	return &answer{status: status, contentType: "application/xml", body: body}, err
}

func (s *Server) money(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: s.Currency} }
