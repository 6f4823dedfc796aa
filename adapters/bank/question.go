package bank

import (
	"context"
	"net/http"

	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// takeQuestion answers a pacs.028 about a payment of the bank's, as it stands now.
func (r *Rail) takeQuestion(_ context.Context, m message) ([]byte, error) {
	q, err := iso20022.ParseStatusRequest(m.bare)
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
			return r.answer(original, verdict{status: status})
		}
	}
	return r.answer(original, rejected("NOOR", "we took no such payment"))
}

// answered is what a report is about.
type answered struct {
	msgID, message string
	id             iso20022.PaymentID
}

// answer writes a pacs.002.
func (r *Rail) answer(about answered, v verdict) ([]byte, error) {
	now := r.now()
	return iso20022.StatusReport{
		MsgID: "S" + orderOf(about.id.UETR) + now.UTC().Format("150405.000"), Created: now,
		OriginalMsgID: about.msgID, OriginalMessage: about.message, ID: about.id, Status: v.status, Reason: v.reason, Info: v.info,
	}.Marshal()
}
