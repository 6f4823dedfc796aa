package upi

import (
	"context"
	"time"

	"github.com/beevik/etree"

	"github.com/ayni-switch/ayni/adapters"
)

// reverser is a sink that wants to know of payments that the rail takes back after it gave them. A nil
// error means that it is durable.
type reverser interface {
	Reversed(ctx context.Context, c adapters.Collection) error
}

// pay records a customer's payment (ReqPay of type CREDIT), for which RespPay is owed, or its undoing.
func (r *Rail) pay(ctx context.Context, root *etree.Element) reception {
	p, err := decodePay(root, MessagePay, r.cfg.Currency)
	if err != nil {
		return malformed(MessagePay)
	}
	got := reception{api: MessagePay, msgID: p.Head.MsgID}
	ref, ours := orderOf(r.cfg.MerchantVPA, p.PayeeVPA, p.RefID)
	c := adapters.Collection{
		OrderRef: ref, RailRef: p.CustRef, Amount: p.Amount, Payer: p.PayerVPA, Origin: adapters.FromCallback,
	}
	switch {
	case p.Type == TypeReversal && ours:
		if p.OriginalRRN != "" {
			c.RailRef = p.OriginalRRN
		}
		got.fault = r.reversed(ctx, c)
	case p.Type != TypeCredit:
		got.fault = errNotCredit
	case !ours:
		got.fault = errNotOurs
	default:
		got.fault = r.collect(ctx, c, p.Head.Time)
		got.owed = r.owes(MessagePaid, p.Head, p.TxnID, p.Type, Verdict{Result: StatusSuccess, Payee: Leg{
			VPA: p.PayeeVPA, Code: CodeSuccess, Settled: p.Amount.Text(), Currency: p.Amount.Currency.String(),
		}})
		got.owed.RefID, got.owed.CustRef = p.RefID, p.CustRef
	}
	return got
}

// confirmation records how a customer's payment ended, which is the first word of it where its ReqPay was
// lost.
func (r *Rail) confirmation(ctx context.Context, root *etree.Element) reception {
	c, err := decodeConfirmation(root)
	if err != nil {
		return malformed(MessageConfirmation)
	}
	got := reception{api: MessageConfirmation, msgID: c.Head.MsgID}
	ref, ours := orderOf(r.cfg.MerchantVPA, c.Payee.VPA, c.RefID)
	if !ours {
		got.fault = errNotOurs
		return got
	}
	got.owed = r.owes(MessageConfirmed, c.Head, c.TxnID, typeConfirmation, Verdict{Result: StatusSuccess})
	paid := c.Paid()
	if !paid && c.failed(adapters.FromCallback) == "" {
		return got // deemed or pending: the next word decides
	}
	p, err := c.payment(c.CustRef, r.cfg.Currency)
	if err != nil {
		return malformed(MessageConfirmation)
	}
	said := adapters.Collection{OrderRef: ref, RailRef: p.rrn, Amount: p.amount, Payer: p.payer, Origin: adapters.FromCallback}
	if paid {
		got.fault = r.collect(ctx, said, c.Head.Time)
	} else {
		got.fault = r.reversed(ctx, said)
	}
	return got
}

// authorisation says who a payment would go to (ReqAuthDetails), before anybody is debited.
func (r *Rail) authorisation(_ context.Context, root *etree.Element) reception {
	p, err := decodePay(root, MessageAuthorisation, r.cfg.Currency)
	if err != nil {
		return malformed(MessageAuthorisation)
	}
	got := reception{api: MessageAuthorisation, msgID: p.Head.MsgID}
	got.owed = r.owes(MessageAuthorised, p.Head, p.TxnID, p.Type, Verdict{Result: StatusSuccess})
	got.owed.RefID = p.RefID
	if _, ours := orderOf(r.cfg.MerchantVPA, p.PayeeVPA, p.RefID); ours {
		got.owed.PayeeVPA, got.owed.PayeeName = p.PayeeVPA, r.cfg.MerchantName
	} else {
		got.owed.Result, got.owed.ErrCode = StatusFailure, "ZH"
	}
	return got
}

// checked hands the answer to a ReqChkTxn to whoever asked.
func (r *Rail) checked(_ context.Context, root *etree.Element) reception {
	c, err := decodeResponse(root, MessageChecked)
	if err != nil {
		return malformed(MessageChecked)
	}
	got := reception{api: MessageChecked, msgID: c.Head.MsgID}
	if !r.questions.answer(c) {
		got.fault = errUnasked
	}
	return got
}

// collect hands a payment to the sink and returns what the Ack says in err.
func (r *Rail) collect(ctx context.Context, c adapters.Collection, since time.Time) (fault string) {
	if r.verifier == nil { // anybody may have written this, so only the PSP's own word counts
		if c.OrderRef == "" {
			return errUnpaid
		}
		asked, found, err := r.ask(ctx, c.OrderRef, "", since)
		switch {
		case err != nil:
			return errRetry
		case !found:
			return errUnpaid
		}
		c = asked
	}
	if err := r.sink.Collected(ctx, c); err != nil {
		return errRetry
	}
	return ""
}

// reversed tells the sink that a payment was undone, if somebody with the PSP's signature says so.
func (r *Rail) reversed(ctx context.Context, c adapters.Collection) (fault string) {
	sink, ok := r.sink.(reverser)
	switch {
	case !ok || r.verifier == nil:
		return errNotCredit
	case sink.Reversed(ctx, c) != nil:
		return errRetry
	}
	return ""
}
