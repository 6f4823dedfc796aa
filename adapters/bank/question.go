package bank

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// takeQuestion answers a pacs.028 about a payment of the bank's, as it stands now.
func (r *Rail) takeQuestion(_ context.Context, m message) ([]byte, error) {
	q, err := iso20022.ParseStatusRequest(m.Body)
	switch {
	case err != nil:
		return nil, err
	case q.ID.UETR == "":
		return nil, &refusal{http.StatusBadRequest, "FF01", "OrgnlUETR is required: it is what the payment is known by"}
	case r.counter == nil:
		return nil, errNotKept
	}
	original := answered{q.OriginalMsgID, cmp.Or(q.OriginalMessage, iso20022.MessageCreditTransfer), q.ID}
	_, order, found, err := r.find(q.ID)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return r.answer(original, rejected("NOOR", "we took no such payment"))
	}
	return r.answer(original, verdict{status: statusOf(order)})
}

// find looks for the order that a payment was taken for.
func (r *Rail) find(id iso20022.PaymentID) (ref string, order adapters.OrderStatus, found bool, err error) {
	for _, ref := range []string{orderOf(id.UETR), id.EndToEndID} {
		if order, found, err = r.taken(ref, id.UETR); err != nil || found {
			return ref, order, found, err
		}
	}
	return "", adapters.OrderStatus{}, false, nil
}

// answered is what a report is about.
type answered struct {
	msgID, message string
	id             iso20022.PaymentID
}

// answer writes a pacs.002 about one payment.
func (r *Rail) answer(about answered, v verdict) ([]byte, error) {
	now := r.now()
	return iso20022.StatusReport{
		MsgID: reportID(about.id.UETR, now), Created: now,
		OriginalMsgID: about.msgID, OriginalMessage: about.message, ID: about.id, Status: v.status, Reason: v.reason, Info: v.info,
	}.MarshalIn(r.dialect)
}

// reportID is a report's own id; the milliseconds tell two about one payment apart.
func reportID(about string, now time.Time) string {
	return "S" + orderOf(about) + now.UTC().Format("150405.000")
}
