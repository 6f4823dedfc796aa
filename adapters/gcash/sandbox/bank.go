package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/gcash"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// credit is what the bank keeps of a pacs.008 beside the operation.
type credit struct {
	MsgID string
	ID    iso20022.PaymentID
}

// malformed answers a message that cannot be read.
func malformed(err error) *answer { return &answer{http.StatusBadRequest, []byte(err.Error())} }

// creditTransfer takes a pacs.008 and answers with a pacs.002.
func (s *Server) creditTransfer(r *http.Request, body []byte) (*answer, error) {
	transfer, err := iso20022.ParseCreditTransfer(body)
	if err != nil {
		return malformed(err), nil
	}
	if transfer.ID.TxID == "" || transfer.ID.UETR == "" || transfer.CreditorAccount.ID == "" {
		return &answer{http.StatusBadRequest, []byte("TxId, UETR and CdtrAcct are required")}, nil
	}
	data, err := json.Marshal(credit{MsgID: transfer.MsgID, ID: transfer.ID})
	if err != nil {
		return nil, err
	}
	op := kit.Operation{
		Kind: kit.KindPayout, ID: transfer.ID.TxID, FateKey: transfer.CreditorAccount.ID,
		Account: transfer.CreditorAccount.ID, Name: transfer.Creditor.Name, Minor: transfer.Amount.Minor,
		State: kit.Accepted, RailID: "BANK" + s.Dice.Code("rail-id", transfer.ID.TxID, 16),
		Data: string(data), CreatedMS: time.Now().UnixMilli(),
	}
	if reason := s.refuse(transfer); reason != "" {
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
	switch {
	case err != nil:
		return nil, err
	case !created:
		stored.RailID = "" // a duplicate is told nothing about the first
		return s.report(stored, iso20022.Rejected, "DUPL")
	}
	if fate.Reorder {
		s.overtake(r.Context(), func(ctx context.Context) { s.settle(ctx, op, fate) })
	} else {
		err = s.later(op, func(ctx context.Context) { s.settle(ctx, op, fate) })
	}
	if err != nil {
		return nil, err
	}
	if strike == kit.StrikeTimeoutAccepted {
		return nil, nil
	}
	return s.state(op)
}

// refuse names what is wrong with a credit before it enters the clearing, or "".
func (s *Server) refuse(t iso20022.CreditTransfer) string {
	switch {
	case t.Amount.Currency != s.Currency:
		return "AM03"
	case t.Amount.Minor > s.cfg.PayoutMaxMinor:
		return "AM02"
	case t.CreditorAgent.BIC != s.cfg.CreditorBIC:
		return "RC04"
	}
	return ""
}

// settle decides on a credit and sends what the fate has for callbacks.
func (s *Server) settle(ctx context.Context, op kit.Operation, fate kit.Fate) {
	decided, err := s.decide(op)
	if err != nil {
		return // the next start decides, and the adapter polls meanwhile
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
		return err == nil && s.deliver(ctx, s.bank, gcash.PathStatusReport, message.body)
	})
}

// statusRequest answers a pacs.028 with a pacs.002: the truth.
func (s *Server) statusRequest(_ *http.Request, body []byte) (*answer, error) {
	request, err := iso20022.ParseStatusRequest(body)
	if err != nil {
		return malformed(err), nil
	}
	op, found, err := s.Ledger.Get(kit.KindPayout, request.ID.TxID)
	if err != nil {
		return nil, err
	}
	if !found || !s.Visible(op) {
		data, err := json.Marshal(credit{MsgID: request.OriginalMsgID, ID: request.ID})
		if err != nil {
			return nil, err
		}
		return s.report(kit.Operation{Kind: kit.KindPayout, ID: request.ID.TxID, Data: string(data)}, iso20022.Rejected, "NOOR")
	}
	return s.state(op)
}

// state reports where a credit is.
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
	var original credit
	if err := json.Unmarshal([]byte(op.Data), &original); err != nil {
		return nil, fmt.Errorf("gcash sandbox: payout %q: %w", op.ID, err)
	}
	now := s.Now()
	r := iso20022.StatusReport{
		// A report has an id of its own; the time tells two about one credit apart.
		MsgID: "S" + s.Dice.Code("report/"+string(status), op.ID, 16) + fmt.Sprintf("%016X", uint64(now.UnixNano())), Created: now,
		OriginalMsgID: original.MsgID, OriginalMessage: iso20022.MessageCreditTransfer, ID: original.ID,
		Status: status, Reason: reason, Info: iso20022.ReasonText(reason),
		ServicerRef: op.RailID, ClearingRef: op.Ref,
	}
	if op.Minor > 0 {
		r.Amount = &fx.Money{Minor: op.Minor, Currency: s.Currency}
		r.CreditorAccount = op.Account
	}
	message, err := r.Marshal()
	if err != nil {
		return nil, err
	}
	return &answer{http.StatusOK, message}, nil
}
