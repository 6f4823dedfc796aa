package bank

import (
	"context"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// verdict is what became of one payment of the bank's.
type verdict struct {
	status iso20022.Status
	reason string // with Rejected
	info   string
}

func rejected(reason, info string) verdict { return verdict{iso20022.Rejected, reason, info} }

// pay takes one payment, order and money at once or neither, by whatever message it comes and comes again: a UETR that
// was rejected stays so, and one that was taken is taken again, which changes nothing.
func (r *Rail) pay(ctx context.Context, t iso20022.CreditTransfer) (verdict, error) {
	if reason, info := r.unfit(t); reason != "" {
		return rejected(reason, info), nil
	}
	before, err := r.counter.Mentioned(aboutUETR + t.ID.UETR)
	if err != nil {
		return verdict{}, err
	}
	for _, mention := range before {
		if v, ok := readNote(mention.Note); ok {
			return v, nil
		}
	}
	lock := r.orders.of(r.orderFor(t))
	lock.Lock()
	defer lock.Unlock()
	ref, reason, info, err := r.order(ctx, t)
	switch {
	case err != nil:
		return verdict{}, err
	case reason != "":
		return rejected(reason, info), nil
	}
	err = r.sink.Collected(ctx, adapters.Collection{
		OrderRef: ref, RailRef: t.ID.UETR, Amount: t.Amount, Payer: t.DebtorAccount.ID, Origin: adapters.FromQuery,
	})
	if err != nil {
		return verdict{}, err
	}
	order, found, err := r.taken(ref, t.ID.UETR)
	if err == nil && !found { // the sink took it for something else, and gives it back by itself
		return verdict{status: iso20022.AcceptedInProgress}, nil
	}
	return verdict{status: statusOf(order)}, err
}

// unfit says why a payment cannot be taken, whatever it is for.
func (r *Rail) unfit(t iso20022.CreditTransfer) (reason, info string) {
	switch {
	case t.ID.UETR == "":
		return "FF01", "UETR is required: it is what the payment is known by"
	case t.Amount.Currency != r.cfg.Currency:
		return "AM03", "this account is in " + r.cfg.Currency.String()
	case t.InstructingAgent != (iso20022.Agent{BIC: r.cfg.BankBIC}):
		return "RC01", "only the bank itself may instruct"
	case t.DebtorAccount.ID == "":
		return "AC02", "DbtrAcct is required: a return goes there"
	}
	return "", ""
}

// orderFor is the reference of the order that a payment is for.
func (r *Rail) orderFor(t iso20022.CreditTransfer) string {
	if t.CreditorAgent == r.cfg.Agent {
		return t.ID.EndToEndID
	}
	return orderOf(t.ID.UETR)
}

// order finds or makes the order that a payment is for. With a reason there is none, and none will be.
func (r *Rail) order(ctx context.Context, t iso20022.CreditTransfer) (ref, reason, info string, err error) {
	ref = r.orderFor(t)
	if t.CreditorAgent == r.cfg.Agent {
		reason, info, err = r.placed(ref, t)
		return ref, reason, info, err
	}
	to, ok := r.cfg.Participants[agentText(t.CreditorAgent)]
	if !ok {
		return "", "RC04", "nobody here stands for the creditor's agent", nil
	}
	answers, err := r.counter.PlaceOrders(ctx, []adapters.OrderRequest{{
		Ref: ref, To: to, Fixed: fx.FixedSource, Amount: messaging.NewAmount(t.Amount), Reference: t.Remittance,
		Payer: t.Payer(), Creditor: t.Payee(),
	}})
	switch {
	case err != nil:
		return "", "", "", err
	case len(answers) != 1:
		return "", "", "", errNotKept
	case answers[0].Fault != "":
		return "", answers[0].Fault.Reason(), string(answers[0].Fault), nil
	}
	return ref, "", "", nil
}

// placed looks at the order that a payment to ourselves names as its EndToEndId. A payment that was taken before is taken
// again, which changes nothing; another one has to be what the order waits for.
func (r *Rail) placed(ref string, t iso20022.CreditTransfer) (reason, info string, err error) {
	status, found, err := r.counter.Order(ref)
	switch {
	case err != nil:
		return "", "", err
	case !found:
		return "NARR", "EndToEndId names no order", nil
	case status.Paid == t.ID.UETR:
		return "", "", nil
	case status.Paid != "" || (status.State != adapters.OrderOpen && status.State != adapters.OrderLapsed):
		return "DUPL", "the order is paid", nil
	case status.Source != messaging.NewAmount(t.Amount):
		return "AM09", "the order costs " + status.Source.Amount, nil
	}
	return "", "", nil
}

// taken finds the order that we took a payment for; found is false where we did not.
func (r *Rail) taken(ref, uetr string) (order adapters.OrderStatus, found bool, err error) {
	order, found, err = r.counter.Order(ref)
	return order, found && uetr != "" && order.Paid == uetr, err
}

// statusOf is the word about a payment that we took. Where it ended badly it is that it goes on: its money comes back by
// a pacs.004, and no other word may say so.
func statusOf(order adapters.OrderStatus) iso20022.Status {
	if order.State == adapters.OrderState(messaging.StatePaid) {
		return iso20022.AcceptedCreditor
	}
	return iso20022.AcceptedInProgress
}
