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

// kindDelivery is a payment on its way to the adapter: accepted until it is answered, then settled or declined.
const kindDelivery = "delivery"

// Sending is a customer's payment to somebody at another participant.
type Sending struct {
	ID              string // the customer's own, at most 35 characters: names the payment for ever
	Payer           string // account
	PayerName       string
	PayerAddress    string
	Amount          fx.Money
	CreditorAgent   iso20022.Agent
	Creditor        string // name
	CreditorAccount string
	Text            string
}

// Pay implements kit.Server: a customer transfers money to the adapter, with the order's reference as EndToEndId.
func (s *Server) Pay(ctx context.Context, p kit.CustomerPayment) error {
	return s.Send(ctx, Sending{
		ID: p.OrderRef, Payer: p.Payer, PayerName: p.PayerName, Amount: p.Amount,
		CreditorAgent: s.cfg.Agent, Creditor: "Ayni", CreditorAccount: "AYNI",
	})
}

// Send books a customer's payment and sends it until the adapter has answered. It is idempotent by ID; the same ID with
// other contents is a *kit.ConflictError.
func (s *Server) Send(_ context.Context, p Sending) error {
	data, err := json.Marshal(p)
	switch {
	case err != nil:
		return err
	case p.Amount.Currency != s.Currency || p.Amount.Minor <= 0:
		return &kit.ConflictError{Kind: kit.KindCollection, ID: p.ID, Fault: fmt.Sprintf("cannot collect %s in %s", p.Amount, s.Currency)}
	}
	now, uetr := time.Now().UnixMilli(), s.uetr(p.ID)
	op := kit.Operation{ // first, so that no customer is debited whose payment nobody sends
		Kind: kindDelivery, ID: p.ID, FateKey: p.ID, Account: p.Payer, Minor: p.Amount.Minor, State: kit.Accepted, Data: string(data), CreatedMS: now,
	}
	stored, created, err := s.Ledger.Create(op)
	switch {
	case err != nil:
		return err
	case stored.Data != op.Data:
		return &kit.ConflictError{Kind: kit.KindCollection, ID: p.ID, Fault: "sent before, otherwise"}
	}
	if _, _, err := s.Ledger.Create(kit.Operation{
		Kind: kit.KindCollection, ID: p.ID, FateKey: p.ID, Aliases: []string{uetr}, Account: p.Payer, Name: p.PayerName,
		Minor: p.Amount.Minor, State: kit.Settled, Ref: uetr, CreatedMS: now,
	}); err != nil || !created {
		return err
	}
	fate := s.Fate(kit.KindCollection, op.FateKey)
	err = s.Settling(fate, func(ctx context.Context) { s.firstDelivery(ctx, op, fate) })
	if errors.Is(err, kit.ErrBusy) || errors.Is(err, kit.ErrClosed) {
		return nil // it is booked; the next start sends it
	}
	return err
}

// uetr is a payment's: no two of one bank share it, nor those of two seeds.
func (s *Server) uetr(id string) string { return iso20022.UETR(s.Dice.Code("uetr", id, 32)) }

// How often a payment is sent until it is answered, ever slower.
const (
	firstRepeat = 20 * time.Millisecond
	lastRepeat  = 10 * time.Second
	mostRepeats = 1000
)

// firstDelivery sends a payment as the fate has it: late where the message is lost, twice where it is repeated.
func (s *Server) firstDelivery(ctx context.Context, op kit.Operation, fate kit.Fate) {
	if fate.LostCallback {
		s.again(op, 0)
		return
	}
	s.deliverPayment(ctx, op, 0)
	if fate.DuplicateCallback {
		s.deliverPayment(ctx, op, mostRepeats)
	}
}

// deliverPayment sends a payment, and again until it is answered.
func (s *Server) deliverPayment(ctx context.Context, op kit.Operation, repeats int) {
	message, err := s.creditOf(op)
	if err != nil {
		_ = s.giveBack(op, "FF01") // nobody could ever send it
		return
	}
	status, body, err := s.deliver(ctx, bank.PathCreditTransfer, message)
	if err != nil || status != http.StatusOK || !s.conclude(op, body) {
		s.again(op, repeats)
	}
}

func (s *Server) again(op kit.Operation, repeats int) {
	if repeats >= mostRepeats {
		return // the next start goes on
	}
	wait := min(firstRepeat<<min(repeats, 16), lastRepeat)
	_ = s.Later(wait, func(ctx context.Context) { s.deliverPayment(ctx, op, repeats+1) }) // busy or closed: the next start goes on
}

// conclude books what the adapter answered, and tells whether that was an answer.
func (s *Server) conclude(op kit.Operation, body []byte) bool {
	report, err := iso20022.ParseStatusReport(body)
	if err != nil || report.ID.UETR != s.uetr(op.ID) {
		return false
	}
	switch report.Status {
	case iso20022.AcceptedInProgress, iso20022.AcceptedSettled, iso20022.AcceptedCreditor:
		_, err = s.Ledger.Settle(op.Kind, op.ID, s.uetr(op.ID))
	case iso20022.Rejected:
		if report.Reason == "DUPL" { // about the message
			return true
		}
		err = s.giveBack(op, report.Reason)
	default:
		return false
	}
	_, contrary := errors.AsType[*kit.ConflictError](err)
	return err == nil || contrary // the first answer stays
}

// giveBack credits a customer whose payment was rejected, once, and closes the delivery after that, so that a bank that
// dies in between does it again. What the adapter took before is not given back here.
func (s *Server) giveBack(op kit.Operation, reason string) error {
	delivery, found, err := s.Ledger.Get(op.Kind, op.ID)
	if err != nil || !found || delivery.State != kit.Accepted {
		return err
	}
	uetr := s.uetr(op.ID)
	_, _, err = s.Ledger.Create(kit.Operation{
		Kind: kit.KindRefund, ID: "B" + op.ID, FateKey: uetr, Aliases: []string{uetr}, Account: op.Account, Minor: op.Minor,
		State: kit.Settled, Ref: s.receipt(kit.KindRefund, op.ID), Code: reason, CreatedMS: time.Now().UnixMilli(),
	})
	if err != nil {
		return err
	}
	_, err = s.Ledger.Decline(op.Kind, op.ID, reason)
	return err
}

// creditOf is the pacs.008 of a customer's payment: the same payment each time, under a message of its own.
func (s *Server) creditOf(op kit.Operation) ([]byte, error) {
	var p Sending
	if err := json.Unmarshal([]byte(op.Data), &p); err != nil {
		return nil, fmt.Errorf("bank sandbox: payment %q: %w", op.ID, err)
	}
	now := s.Now()
	own := iso20022.Agent{BIC: s.cfg.BIC}
	return iso20022.CreditTransfer{
		MsgID: "M" + fmt.Sprintf("%016X", uint64(now.UnixNano())) + s.Dice.Code("message", op.ID, 16), Created: now,
		ID:     iso20022.PaymentID{InstrID: op.ID, EndToEndID: op.ID, TxID: op.ID, UETR: s.uetr(op.ID)},
		Amount: p.Amount, ChargeBearer: "SLEV", InstructingAgent: own, InstructedAgent: s.cfg.Agent,
		Debtor: iso20022.Party{Name: p.PayerName, Address: p.PayerAddress}, DebtorAccount: iso20022.Account{ID: p.Payer}, DebtorAgent: own,
		CreditorAgent: p.CreditorAgent, Creditor: iso20022.Party{Name: p.Creditor}, CreditorAccount: iso20022.Account{ID: p.CreditorAccount},
		Remittance: p.Text,
	}.Marshal()
}
