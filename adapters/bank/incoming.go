package bank

import (
	"context"
	"errors"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Counter is a Sink that takes orders, as *adapters.Runner does: what it answers is on its disk, and the same order
// gets the same answer for ever.
type Counter interface {
	PlaceOrders(ctx context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error)
	Order(ref string) (status adapters.OrderStatus, found bool, err error)
}

// callbackTimeout bounds how long a message may take to become durable before the bank is told to send it again.
const callbackTimeout = 10 * time.Second

// Handler implements adapters.Rail. It serves the four messages of the bank below Config.CallbackPrefix, to
// Config.CallbackSources and to who shows Config.BankToken.
func (r *Rail) Handler() http.Handler {
	mux := http.NewServeMux()
	if r.folder != nil { // the bank puts files there, and calls nobody
		return mux
	}
	for path, take := range map[string]func(context.Context, []byte) ([]byte, error){
		PathCreditTransfer: r.takePayment,
		PathStatusRequest:  r.takeQuestion,
		PathStatusReport:   r.takeReport,
		PathPaymentReturn:  r.takeReturn,
	} {
		r.door.HandleUnread(mux, http.MethodPost, path, maxEnvelopeBytes, func(w http.ResponseWriter, q *http.Request) {
			if why := r.admit(q); why != nil {
				refuse(w, why)
				return
			}
			body, ok := adapters.ReadBody(w, q)
			if !ok {
				return
			}
			ctx, cancel := context.WithTimeout(q.Context(), callbackTimeout)
			defer cancel()
			document, err := unwrap(body)
			if err != nil {
				refuse(w, err)
				return
			}
			answer, err := take(ctx, document)
			if err != nil {
				refuse(w, err)
				return
			}
			w.Header().Set("Content-Type", ContentType)
			_, _ = w.Write(answer) // the bank may have gone; then it sends again
		})
	}
	return mux
}

// refusal is why a message gets no answer of its own. Status tells the bank whether sending it again may help.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return "bank: " + e.text }

var (
	errNotKept = &refusal{http.StatusServiceUnavailable, "not recorded, send again"}
	errNotOurs = &refusal{http.StatusConflict, "no such payment"}
)

// refuse answers what cannot be taken: 4xx where the same message fails again, 503 where it may be sent again.
func refuse(w http.ResponseWriter, err error) {
	if known, ok := errors.AsType[*refusal](err); ok {
		http.Error(w, known.text, known.status)
		return
	}
	if format, ok := errors.AsType[*iso20022.FormatError](err); ok {
		http.Error(w, format.Error(), http.StatusBadRequest)
		return
	}
	http.Error(w, errNotKept.text, errNotKept.status)
}

// takePayment takes a pacs.008: order and money at once, or neither.
func (r *Rail) takePayment(ctx context.Context, body []byte) ([]byte, error) {
	t, err := iso20022.ParseCreditTransfer(body)
	if err != nil {
		return nil, err
	}
	if t.ID.UETR == "" {
		return nil, &refusal{http.StatusBadRequest, "UETR is required: it is what the payment is known by"}
	}
	if r.counter == nil {
		return nil, errNotKept
	}
	original := answered{t.MsgID, iso20022.MessageCreditTransfer, t.ID}
	if reason, info := r.unfit(t); reason != "" {
		return r.answer(original, iso20022.Rejected, reason, info)
	}
	lock := r.lock(t.ID.EndToEndID)
	lock.Lock()
	defer lock.Unlock()
	ref, reason, info, err := r.order(ctx, t)
	switch {
	case err != nil:
		return nil, err
	case reason != "":
		return r.answer(original, iso20022.Rejected, reason, info)
	}
	err = r.sink.Collected(ctx, adapters.Collection{
		OrderRef: ref, RailRef: t.ID.UETR, Amount: t.Amount, Payer: t.DebtorAccount.ID, Origin: adapters.FromQuery,
	})
	if err != nil {
		return nil, err
	}
	status, found, err := r.taken(ref, t.ID.UETR)
	switch {
	case err != nil:
		return nil, err
	case !found: // the sink took it for something else, and gives it back by itself
		return r.answer(original, iso20022.AcceptedInProgress, "", "")
	}
	return r.answer(original, status, "", "")
}

// lock is held from the look at an order until its money is taken. Without it, of two payments for one order the second
// could be taken, too, to be given back at once, and a question about it would be answered as if it never came.
func (r *Rail) lock(ref string) *sync.Mutex {
	h := fnv.New32a()
	_, _ = h.Write([]byte(ref)) // a hash never fails to be written
	return &r.locks[h.Sum32()%uint32(len(r.locks))]
}

// unfit says why a payment cannot be taken, whatever it is for.
func (r *Rail) unfit(t iso20022.CreditTransfer) (reason, info string) {
	switch {
	case t.Amount.Currency != r.cfg.Currency:
		return "AM03", "this account is in " + r.cfg.Currency.String()
	case t.InstructingAgent != (iso20022.Agent{BIC: r.cfg.BankBIC}):
		return "RC01", "only the bank itself may instruct"
	case t.DebtorAccount.ID == "":
		return "AC02", "DbtrAcct is required: a return goes there"
	}
	return "", ""
}

// order finds or makes the order that a payment is for. With a reason there is none, and none will be.
func (r *Rail) order(ctx context.Context, t iso20022.CreditTransfer) (ref, reason, info string, err error) {
	if t.CreditorAgent == r.cfg.Agent {
		return r.placed(t)
	}
	to, ok := r.cfg.Participants[agentText(t.CreditorAgent)]
	if !ok {
		return "", "RC04", "nobody here stands for the creditor's agent", nil
	}
	ref = orderOf(t.ID.UETR)
	answers, err := r.counter.PlaceOrders(ctx, []adapters.OrderRequest{{
		Ref: ref, To: to, Fixed: fx.FixedSource, Amount: messaging.NewAmount(t.Amount), Reference: t.Remittance,
		Payer:    messaging.Party{Name: t.Debtor.Name, Account: t.DebtorAccount.ID, Address: t.Debtor.Address},
		Creditor: messaging.Party{Name: t.Creditor.Name, Account: t.CreditorAccount.ID, Address: t.Creditor.Address},
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

// placed finds the order that a payment to ourselves names as its EndToEndId. A payment that was taken before is taken
// again, which changes nothing; another one has to be what the order waits for.
func (r *Rail) placed(t iso20022.CreditTransfer) (ref, reason, info string, err error) {
	ref = t.ID.EndToEndID
	status, found, err := r.counter.Order(ref)
	switch {
	case err != nil:
		return "", "", "", err
	case !found:
		return "", "NARR", "EndToEndId names no order", nil
	case status.Paid == t.ID.UETR:
		return ref, "", "", nil
	case status.Paid != "" || (status.State != adapters.OrderOpen && status.State != adapters.OrderLapsed):
		return "", "DUPL", "the order is paid", nil
	case status.Source != messaging.NewAmount(t.Amount):
		return "", "AM09", "the order costs " + status.Source.Amount, nil
	}
	return ref, "", "", nil
}

// taken tells where a payment is that we took for an order; found is false where we did not.
func (r *Rail) taken(ref, uetr string) (status iso20022.Status, found bool, err error) {
	order, found, err := r.counter.Order(ref)
	switch {
	case err != nil || !found || order.Paid != uetr:
		return "", false, err
	case order.State == adapters.OrderState(messaging.StatePaid):
		return iso20022.AcceptedCreditor, true, nil
	default: // also where it ended badly: its money comes back by a pacs.004, and no other word may say so
		return iso20022.AcceptedInProgress, true, nil
	}
}

// takeQuestion answers a pacs.028 about a payment of the bank's.
func (r *Rail) takeQuestion(_ context.Context, body []byte) ([]byte, error) {
	q, err := iso20022.ParseStatusRequest(body)
	switch {
	case err != nil:
		return nil, err
	case q.ID.UETR == "":
		return nil, &refusal{http.StatusBadRequest, "OrgnlUETR is required: it is what the payment is known by"}
	case r.counter == nil:
		return nil, errNotKept
	}
	original := answered{q.OriginalMsgID, iso20022.MessageCreditTransfer, q.ID}
	for _, ref := range []string{orderOf(q.ID.UETR), q.ID.EndToEndID} {
		status, found, err := r.taken(ref, q.ID.UETR)
		if err != nil {
			return nil, err
		}
		if found {
			return r.answer(original, status, "", "")
		}
	}
	return r.answer(original, iso20022.Rejected, "NOOR", "we took no such payment")
}

// answered is what a report is about.
type answered struct {
	msgID, message string
	id             iso20022.PaymentID
}

// answer writes a pacs.002.
func (r *Rail) answer(about answered, status iso20022.Status, reason, info string) ([]byte, error) {
	now := r.now()
	return iso20022.StatusReport{
		MsgID: "S" + orderOf(about.id.UETR) + now.UTC().Format("150405.000"), Created: now,
		OriginalMsgID: about.msgID, OriginalMessage: about.message, ID: about.id, Status: status, Reason: reason, Info: info,
	}.Marshal()
}

// takeReport hands on a pacs.002 that the bank sends by itself, about a payout or a refund of ours.
func (r *Rail) takeReport(ctx context.Context, body []byte) ([]byte, error) {
	report, err := iso20022.ParseStatusReport(body)
	if err != nil {
		return nil, err
	}
	operation, err := operationOf(report)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, err.Error()}
	}
	return nil, r.tell(ctx, operation, report.ServicerRef, evidence(report, adapters.FromCallback))
}

// operationOf names the payout or the refund that a report is about. One about a return bears the returned payment's
// UETR; the operation's own ids decide.
func operationOf(report iso20022.StatusReport) (string, error) {
	if report.OriginalMessage == MessagePaymentReturn {
		report.ID.UETR = ""
	}
	return clearing.OperationOf(report)
}

// takeReturn hands on a pacs.004: the money of a payout came back. That is no claim that could be asked about; it is the
// money. A part of it is for a person.
func (r *Rail) takeReturn(ctx context.Context, body []byte) ([]byte, error) {
	p, err := ParsePaymentReturn(body)
	if err != nil {
		return nil, err
	}
	operation := p.Original.TxID
	if operation == "" || p.Original.UETR != iso20022.UETR(operation) {
		return nil, errNotOurs
	}
	if err := whole(p); err != nil {
		return nil, err
	}
	return nil, r.tell(ctx, operation, "", adapters.Evidence{
		State: adapters.Failed, Origin: adapters.FromQuery, Amount: &p.Amount, Code: p.Reason, Text: p.Info, Reason: reasonOf(p),
	})
}

// whole refuses the return of a part, and one that does not say of how much: a person has to settle it.
func whole(p PaymentReturn) error {
	switch p.OriginalAmount {
	case p.Amount:
		return nil
	case fx.Money{}:
		return &refusal{http.StatusUnprocessableEntity, "OrgnlIntrBkSttlmAmt is missing, and this may be a part: settle that by hand"}
	default:
		return &refusal{http.StatusUnprocessableEntity, "OrgnlIntrBkSttlmAmt and RtrdIntrBkSttlmAmt differ: settle that by hand"}
	}
}

// reasonOf is a return's status reason, NARR where it is none of those that are listed.
func reasonOf(p PaymentReturn) string {
	if iso20022.KnownReason(p.Reason) {
		return p.Reason
	}
	return "NARR"
}

// tell hands evidence to the sink. An error is for the bank to see.
func (r *Rail) tell(ctx context.Context, operation, railID string, e adapters.Evidence) error {
	err := r.sink.Evidence(ctx, operation, railID, e)
	if _, unknown := errors.AsType[*adapters.UnknownOperationError](err); unknown {
		return errNotOurs
	}
	return err
}
