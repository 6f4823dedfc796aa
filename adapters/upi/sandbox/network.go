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
	for _, success := range fate.Callbacks(true) {
		p := upi.PayRequest{
			Head:  upi.Head{OrgID: s.cfg.OrgID, MsgID: s.id("msg", op.ID), Time: time.UnixMilli(op.CreatedMS)},
			TxnID: s.id("txn", op.ID), CustRef: op.Ref, RefID: op.ID, Type: upi.TypeCredit, Mode: upi.ModeDefault,
			PayerVPA: op.Account, PayerName: op.Name, PayeeVPA: s.cfg.MerchantVPA, Amount: s.money(op.Minor),
		}
		if !success {
			p.Type, p.TxnID, p.OriginalTxnID = upi.TypeReversal, s.id("reversal", op.ID), p.TxnID
		}
		if body, err := p.Marshal(s.cfg.Signer); err == nil {
			s.deliver(ctx, upi.PathPay, "application/xml", "", body)
		}
	}
}

// malformed answers a message that cannot be read.
func malformed(err error) *answer {
	return &answer{status: http.StatusBadRequest, contentType: "text/plain", body: []byte(err.Error())}
}

// check answers a ReqChkTxn: the truth.
func (s *Server) check(body []byte) (*answer, error) {
	q, err := upi.ParseCheckRequest(body)
	if err != nil {
		return malformed(err), nil
	}
	op, found, err := s.Ledger.Get(kit.KindCollection, q.RefID)
	if err != nil {
		return nil, err
	}
	response := upi.CheckResponse{
		Head:  upi.Head{OrgID: s.cfg.OrgID, MsgID: s.id("answer", q.Head.MsgID), Time: time.Now()},
		TxnID: q.TxnID, RefID: q.RefID, ReqMsgID: q.Head.MsgID,
		Result: upi.StatusFailure, ErrCode: upi.CodeNotFound,
	}
	if found {
		amount := s.money(op.Minor)
		response.Result, response.ErrCode, response.CustRef = upi.StatusSuccess, upi.CodeSuccess, op.Ref
		response.OriginalTxnID = s.id("txn", op.ID)
		response.Payer = upi.Leg{VPA: op.Account, Code: upi.CodeSuccess, Settled: amount.Text(), Currency: s.Currency.String()}
		response.Payee = upi.Leg{VPA: s.cfg.MerchantVPA, Code: upi.CodeSuccess, Settled: amount.Text(), Currency: s.Currency.String()}
	}
	message, err := response.Marshal(s.cfg.Signer)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, contentType: "application/xml", body: message}, nil
}

func (s *Server) money(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: s.Currency} }
