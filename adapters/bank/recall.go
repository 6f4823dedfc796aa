package bank

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// How long a bank waits for the switch's word about a recall before it is told that others are asked, and how often the
// order is looked at meanwhile.
const (
	recallPatience = 2 * time.Second
	recallLook     = 20 * time.Millisecond
)

// The reasons for which a recall is refused (ExternalPaymentCancellationRejection1Code).
const (
	recallUnknown  = "NOOR" // no such payment was taken
	recallReturned = "ARDT" // its money went back by itself
	recallTooLate  = "AGNT" // the creditor has it, or the creditor's rail will not stop it
)

// takeRecall takes a camt.056 about a payment that we took: the switch is asked to stop it. The camt.029 that answers is
// the last word, or PDCR while the creditor's side is asked: then the same camt.056 is answered again, as it stands by
// then. Money that comes back comes by a pacs.004.
func (r *Rail) takeRecall(ctx context.Context, m message) ([]byte, error) {
	c, err := iso20022.ParseRecall(m.Body)
	switch {
	case err != nil:
		return nil, err
	case r.counter == nil:
		return nil, errNotKept
	case c.Assigner != (iso20022.Agent{BIC: r.cfg.BankBIC}):
		return nil, &refusal{http.StatusForbidden, "RC01", "only the bank itself may recall"}
	case c.Original.UETR == "":
		return nil, &refusal{http.StatusBadRequest, "FF01", "OrgnlUETR is required: it is what the payment is known by"}
	}
	ref, order, found, err := r.find(c.Original)
	if err != nil {
		return nil, err
	}
	named := names(aboutUETR + c.Original.UETR)
	if found {
		named = append(named, names(aboutOrder+ref)...)
	}
	return r.once(ctx, m, c.Assigner, c.ID, named, func() (done, error) {
		resolution, reason, err := iso20022.RecallRefused, recallUnknown, error(nil)
		if found && (c.OriginalAmount.Minor == 0 || messaging.NewAmount(c.OriginalAmount) == order.Source) {
			resolution, reason, err = r.recall(ctx, ref, cmp.Or(c.Reason, "CUST"))
		}
		if err != nil {
			return done{}, err
		}
		answer, err := r.recallAnswer(c, resolution, reason)
		return done{answer: answer, open: resolution == iso20022.RecallPending}, err
	})
}

// recall asks the switch, once it can be asked, and waits for its word. With RecallRefused comes a reason.
func (r *Rail) recall(ctx context.Context, ref, reason string) (iso20022.Resolution, string, error) {
	ctx, cancel := context.WithTimeout(ctx, recallPatience)
	defer cancel()
	look := time.NewTicker(recallLook)
	defer look.Stop()
	for asked := false; ; {
		order, _, err := r.counter.Order(ref)
		if err != nil {
			return "", "", err
		}
		if resolution, why := resolved(order); resolution != "" {
			return resolution, why, nil
		}
		if !asked && order.Recall == "" {
			err = r.counter.Recall(ctx, ref, reason)
			_, early := errors.AsType[*messaging.FaultError](err) // the switch has not answered the order itself
			if err != nil && !early {
				return "", "", err
			}
			asked = err == nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return iso20022.RecallPending, "", nil
		}
	}
}

// resolved is the last word about the recall of an order, "" where there is none yet.
func resolved(order adapters.OrderStatus) (resolution iso20022.Resolution, reason string) {
	switch state := messaging.State(order.State); {
	case order.Recall == messaging.RecallAccepted:
		return iso20022.RecallAccepted, ""
	case order.Recall == messaging.RecallRefused || state == messaging.StatePaid:
		return iso20022.RecallRefused, recallTooLate
	case state == messaging.StateReturned || state == messaging.StateExpired || state == messaging.StateRejected:
		return iso20022.RecallRefused, recallReturned
	}
	return "", ""
}

// recallAnswer writes a camt.029.
func (r *Rail) recallAnswer(c iso20022.Recall, resolution iso20022.Resolution, reason string) ([]byte, error) {
	now := r.now()
	id := reportID(c.Original.UETR, now)
	return iso20022.RecallAnswer{
		ID: id, Created: now, Assigner: r.cfg.Agent, Assignee: c.Assigner, Resolution: resolution, AnswerID: id,
		OriginalMsgID: c.OriginalMsgID, OriginalMessage: c.OriginalMessage, Original: c.Original, Reason: reason,
	}.MarshalIn(r.dialect)
}
