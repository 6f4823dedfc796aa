package bank

import (
	"bytes"
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// paysAtOnce is how many payments of a group wait for the disk together.
const paysAtOnce = 256

// group is a pacs.008 that was read to its end once. Its payments are not held: they are read again as they are taken.
type group struct {
	message
	head   iso20022.GroupHeader
	sender iso20022.Agent // of the first payment, where the header names none
	named  []adapters.Mention
	fault  *iso20022.FormatError // its own figures do not tie; none of it is taken
}

// each goes through the payments. Errors are *iso20022.FormatError and mean the whole message, or visit's.
func (m message) each(visit func(i int, t iso20022.GroupedTransfer) error) (iso20022.GroupHeader, error) {
	in, err := iso20022.ReadCreditTransfers(bytes.NewReader(m.Body))
	if err != nil {
		return iso20022.GroupHeader{}, err
	}
	for i := 0; ; i++ {
		t, err := in.Next()
		if err == nil {
			err = visit(i, t)
		}
		switch {
		case errors.Is(err, io.EOF):
			return in.Header, nil
		case err != nil:
			return in.Header, err
		}
	}
}

// readGroup reads a pacs.008 to its end. Errors are *iso20022.FormatError.
func (r *Rail) readGroup(m message) (group, error) {
	g := group{message: m}
	var err error
	g.head, err = m.each(func(i int, t iso20022.GroupedTransfer) error {
		if i == 0 {
			g.sender = t.InstructingAgent
		}
		if t.ID.UETR != "" {
			g.named = append(g.named, names(aboutUETR+t.ID.UETR, aboutOrder+r.orderFor(t.CreditTransfer))...)
		}
		return nil
	})
	if format, ok := errors.AsType[*iso20022.FormatError](err); ok && format.Fault == iso20022.FaultMismatch {
		g.fault, err = format, nil
	}
	return g, err
}

// takePayments takes a pacs.008 of one payment or of many. What is wrong with one is its own rejection; a message whose
// figures do not tie is rejected as a whole. One that breaks off in the middle is taken up again when it comes again.
func (r *Rail) takePayments(ctx context.Context, m message) ([]byte, error) {
	if r.counter == nil {
		return nil, errNotKept
	}
	g, err := r.readGroup(m)
	if err != nil {
		return nil, err
	}
	answer, err := r.once(ctx, m, g.sender, g.head.MsgID, g.named, func() (done, error) {
		if g.fault != nil {
			answer, err := r.report(g, nil, rejected(g.fault.Reason, g.fault.Detail))
			return done{answer: answer}, err
		}
		outcomes, err := r.payAll(ctx, g)
		if err != nil {
			return done{}, err
		}
		answer, err := r.report(g, outcomes, verdict{})
		return done{answer: answer, noted: noted(outcomes)}, err
	})
	if errors.Is(err, errOtherBytes) {
		return r.repeated(g)
	}
	return answer, err
}

// outcome is one payment of a group, and what became of it.
type outcome struct {
	id iso20022.PaymentID
	verdict
}

// payAll takes the payments of a group, many at a time, in the order of the group as far as it can matter: two payments
// for one order wait for each other.
func (r *Rail) payAll(ctx context.Context, g group) ([]outcome, error) {
	outcomes := make([]outcome, g.head.Count)
	paying, ctx := errgroup.WithContext(ctx)
	paying.SetLimit(paysAtOnce)
	_, err := g.each(func(i int, t iso20022.GroupedTransfer) error {
		outcomes[i].id = t.ID
		if t.Fault != nil {
			outcomes[i].verdict = rejected(t.Fault.Reason, string(t.Fault.Fault)+": "+t.Fault.Detail)
			return ctx.Err()
		}
		paying.Go(func() (err error) {
			outcomes[i].verdict, err = r.pay(ctx, t.CreditTransfer)
			return err
		})
		return ctx.Err()
	})
	return outcomes, errors.Join(paying.Wait(), err)
}

// noted is what there is to remember of payments: those that were rejected. One that was taken is an order. A rejection
// as a duplicate is about the message.
func noted(outcomes []outcome) []adapters.Mention {
	var list []adapters.Mention
	for _, o := range outcomes {
		if o.status == iso20022.Rejected && o.reason != duplicate && o.id.UETR != "" {
			list = append(list, adapters.Mention{Name: aboutUETR + o.id.UETR, Note: o.note()})
		}
	}
	return list
}

// duplicate is the status reason of a message, or a payment in it, that was sent before.
const duplicate = "DUPL"

// repeated answers a message whose id another one has: all of it is rejected as a duplicate, which says nothing of the
// payments.
func (r *Rail) repeated(g group) ([]byte, error) {
	outcomes := make([]outcome, 0, len(g.named))
	_, err := g.each(func(_ int, t iso20022.GroupedTransfer) error {
		outcomes = append(outcomes, outcome{t.ID, rejected(duplicate, errOtherBytes.text)})
		return nil
	})
	if err != nil && g.fault == nil {
		return nil, err
	}
	return r.report(g, outcomes, rejected(duplicate, errOtherBytes.text))
}

// report writes the pacs.002 about a message: of one payment as of one, of many with a status of the group. whole is a
// verdict on all of it, the zero value where the payments' own make one.
func (r *Rail) report(g group, outcomes []outcome, whole verdict) ([]byte, error) {
	if len(outcomes) == 1 {
		return r.answer(answered{g.head.MsgID, g.Kind, outcomes[0].id}, outcomes[0].verdict)
	}
	if whole.status == "" {
		whole.status = together(outcomes)
	}
	now := r.now()
	report := iso20022.GroupReport{
		MsgID: reportID(g.SHA256, now), Created: now, OriginalMsgID: g.head.MsgID, OriginalMessage: g.Kind, OriginalCount: g.head.Count,
		Status: whole.status, Reason: whole.reason, Info: whole.info,
	}
	for _, o := range outcomes {
		report.Payments = append(report.Payments, iso20022.StatusReport{ID: o.id, Status: o.status, Reason: o.reason, Info: o.info})
	}
	return report.MarshalIn(r.dialect)
}

// together is the status of a group.
func together(outcomes []outcome) iso20022.Status {
	bad := 0
	for _, o := range outcomes {
		if o.status == iso20022.Rejected {
			bad++
		}
	}
	switch bad {
	case 0:
		return iso20022.AcceptedInProgress
	case len(outcomes):
		return iso20022.Rejected
	}
	return iso20022.Partly
}
