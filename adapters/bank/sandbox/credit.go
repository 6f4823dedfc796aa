package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/bank"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// original is what the bank keeps of a message beside the operation, to name it in reports.
type original struct {
	MsgID, Message string
	ID             iso20022.PaymentID
}

// creditTransfer takes a payout's pacs.008.
func (s *Server) creditTransfer(r *http.Request, body []byte) (*answer, error) {
	t, err := iso20022.ParseCreditTransfer(body)
	switch {
	case err != nil:
		return malformed(err.Error()), nil
	case t.ID.TxID == "" || t.ID.UETR == "" || t.CreditorAccount.ID == "":
		return malformed("TxId, UETR and CdtrAcct are required"), nil
	}
	op := kit.Operation{
		Kind: kit.KindPayout, ID: t.ID.TxID, FateKey: t.CreditorAccount.ID, Account: t.CreditorAccount.ID, Name: t.Creditor.Name,
		Minor: t.Amount.Minor,
	}
	reason := ""
	switch {
	case t.Amount.Currency != s.Currency:
		reason = "AM03"
	case t.Amount.Minor > s.cfg.PayoutMaxMinor:
		reason = "AM02"
	case t.CreditorAgent.BIC != s.cfg.BIC:
		reason = "RC04"
	}
	return s.accept(r, op, original{t.MsgID, iso20022.MessageCreditTransfer, t.ID}, reason)
}

// paymentReturn takes a refund's pacs.004: of a payment that the adapter took, once, and of no more than it was.
func (s *Server) paymentReturn(r *http.Request, body []byte) (*answer, error) {
	p, err := iso20022.ParsePaymentReturn(body)
	switch {
	case err != nil:
		return malformed(err.Error()), nil
	case p.ID == "":
		return malformed("RtrId is required"), nil
	}
	uetr := p.Original.UETR
	about := original{p.MsgID, iso20022.MessagePaymentReturn, iso20022.PaymentID{InstrID: p.ID, EndToEndID: p.ID, TxID: p.ID, UETR: uetr}}
	paid, found, err := s.Ledger.Find(kit.KindCollection, uetr)
	if err != nil {
		return nil, err
	}
	op := kit.Operation{
		Kind: kit.KindRefund, ID: p.ID, FateKey: uetr, Aliases: []string{uetr}, Account: paid.Account, Name: paid.Name, Minor: p.Amount.Minor,
	}
	reason := ""
	switch {
	case !found:
		reason = "NARR" // NOOR would be about this message
	case p.Amount.Currency != s.Currency || p.Amount.Minor > paid.Minor:
		reason = "AM09"
	}
	return s.accept(r, op, about, reason)
}

// accept takes op into the books, or says why not, and reports.
func (s *Server) accept(r *http.Request, op kit.Operation, about original, reason string) (*answer, error) {
	data, err := json.Marshal(about)
	if err != nil {
		return nil, err
	}
	op.State, op.RailID = kit.Accepted, "BANK"+s.Dice.Code("rail-id/"+op.Kind, op.ID, 16)
	op.Data, op.CreatedMS = string(data), time.Now().UnixMilli()
	if reason != "" {
		return s.report(op, iso20022.Rejected, reason)
	}
	fate := s.Fate(op.Kind, op.FateKey)
	strike, err := s.Strike(op.Kind, op.ID, fate)
	switch {
	case err != nil:
		return nil, err
	case strike == kit.StrikeError:
		return internalError, nil
	case strike == kit.StrikeTimeout:
		return nil, nil
	}
	stored, created, err := s.Ledger.Create(op)
	_, taken := errors.AsType[*kit.ConflictError](err)
	switch {
	case taken: // another return of the same payment
		return s.report(op, iso20022.Rejected, "AM09")
	case err != nil:
		return nil, err
	case !created:
		stored.RailID = "" // a duplicate is told nothing about the first
		return s.report(stored, iso20022.Rejected, "DUPL")
	}
	if fate.Reorder {
		ctx, cancel := context.WithTimeout(r.Context(), overtaking)
		defer cancel()
		s.settle(ctx, op, fate)
	} else if err := s.later(op, func(ctx context.Context) { s.settle(ctx, op, fate) }); err != nil {
		return nil, err
	}
	if strike == kit.StrikeTimeoutAccepted {
		return nil, nil
	}
	return s.state(op)
}

// settle decides on op and sends what the fate has for reports.
func (s *Server) settle(ctx context.Context, op kit.Operation, fate kit.Fate) {
	decided, err := s.decide(op)
	if err != nil {
		return // the next start decides, and the adapter asks meanwhile
	}
	fate.Tell(decided.State == kit.Settled, func(success bool) bool {
		said := decided
		switch {
		case success:
			said.State, said.Ref = kit.Settled, s.receipt(op.Kind, op.ID)
		case decided.State == kit.Settled: // the contrary of the truth
			said.State, said.Ref, said.Code = kit.Declined, "", "AB09"
		}
		message, err := s.state(said)
		if err != nil {
			return false
		}
		status, _, err := s.deliver(ctx, bank.PathStatusReport, message.body) // nobody retries: a report is a hint, and the adapter asks
		return err == nil && status/100 == 2
	})
}

// statusRequest answers a pacs.028 about a payout or a refund: the truth.
func (s *Server) statusRequest(_ *http.Request, body []byte) (*answer, error) {
	q, err := iso20022.ParseStatusRequest(body)
	if err != nil {
		return malformed(err.Error()), nil
	}
	kind := kit.KindPayout
	if q.OriginalMessage == iso20022.MessagePaymentReturn {
		kind = kit.KindRefund
	}
	op, found, err := s.Ledger.Get(kind, q.ID.TxID)
	switch {
	case err != nil:
		return nil, err
	case found && s.Visible(op):
		return s.state(op)
	}
	data, err := json.Marshal(original{q.OriginalMsgID, q.OriginalMessage, q.ID})
	if err != nil {
		return nil, err
	}
	return s.report(kit.Operation{Kind: kind, ID: q.ID.TxID, Data: string(data)}, iso20022.Rejected, "NOOR")
}

// state reports where op is.
func (s *Server) state(op kit.Operation) (*answer, error) {
	switch op.State {
	case kit.Settled:
		return s.report(op, iso20022.AcceptedSettled, "")
	case kit.Declined:
		return s.report(op, iso20022.Rejected, op.Code)
	default:
		if s.Fate(op.Kind, op.FateKey).Delay > 0 {
			return s.report(op, iso20022.Pending, "")
		}
		return s.report(op, iso20022.AcceptedInProgress, "")
	}
}

// report writes a pacs.002 about op.
func (s *Server) report(op kit.Operation, status iso20022.Status, reason string) (*answer, error) {
	var about original
	if err := json.Unmarshal([]byte(op.Data), &about); err != nil {
		return nil, fmt.Errorf("bank sandbox: %s %q: %w", op.Kind, op.ID, err)
	}
	now := s.Now()
	r := iso20022.StatusReport{
		// A report has an id of its own; the time tells two about one operation apart.
		MsgID: "S" + s.Dice.Code("report/"+string(status), op.ID, 16) + fmt.Sprintf("%016X", uint64(now.UnixNano())), Created: now,
		OriginalMsgID: about.MsgID, OriginalMessage: about.Message, ID: about.ID,
		Status: status, Reason: reason, Info: iso20022.ReasonText(reason), ServicerRef: op.RailID, ClearingRef: op.Ref,
	}
	if op.Minor > 0 {
		r.Amount, r.CreditorAccount = &fx.Money{Minor: op.Minor, Currency: s.Currency}, op.Account
	}
	message, err := r.Marshal()
	if err != nil {
		return nil, err
	}
	return &answer{http.StatusOK, message}, nil
}
