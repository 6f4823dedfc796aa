package upi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

// Collection asks the PSP whether the customer paid for order, and waits for the answer. A payment that is
// pending or deemed is not found yet. A retry after an error is safe.
func (r *Rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	c, found, err := r.ask(ctx, order.Ref, order.AskFor, order.Created)
	if err != nil {
		return adapters.Collection{}, false, fmt.Errorf("upi: collection %q: %w", clip(order.Ref, 64), err)
	}
	return c, found, nil
}

// ask puts a question about the payment for an order: rrn names one, "" means any.
func (r *Rail) ask(ctx context.Context, orderRef, rrn string, since time.Time) (adapters.Collection, bool, error) {
	if !orderForm.MatchString(orderRef) {
		return adapters.Collection{}, false, faulty("no reference of an order")
	}
	if !referenceForm.MatchString(rrn) {
		rrn = ""
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.CheckTimeout)
	defer cancel()
	question := CheckRequest{
		Head:  Head{OrgID: r.cfg.OrgID, MsgID: r.newID(), Time: time.Now()},
		TxnID: r.newID(), RefID: orderRef, OriginalRRN: rrn, Since: since,
	}
	answer, forget, err := r.questions.ask(question.Head.MsgID)
	if err != nil {
		return adapters.Collection{}, false, err
	}
	defer forget()
	if err := r.put(ctx, question); err != nil {
		return adapters.Collection{}, false, err
	}
	var response Response
	select {
	case response = <-answer:
	case <-ctx.Done():
		return adapters.Collection{}, false, fmt.Errorf("no answer to %s: %w", MessageCheck, ctx.Err())
	}
	p, found, err := response.found(r.cfg.MerchantVPA, orderRef, question.Head.MsgID, r.cfg.Currency)
	if err != nil || !found {
		return adapters.Collection{}, false, err
	}
	return adapters.Collection{
		OrderRef: orderRef, RailRef: p.rrn, Amount: p.amount, Payer: p.payer, Origin: adapters.FromQuery,
	}, true, nil
}

// put brings a question to the PSP. Its Ack says no more than that the question was taken.
func (r *Rail) put(ctx context.Context, question CheckRequest) error {
	body, err := question.Marshal(r.cfg.Signer)
	if err != nil {
		return err
	}
	body, err = r.client.post(ctx, PathCheck, contentXML, body, MaxXMLBytes)
	if err != nil {
		return err
	}
	root, err := parseXML(body)
	if err != nil {
		return err
	}
	ack, err := decodeAck(root)
	switch {
	case err != nil:
		return err
	case ack.API != MessageCheck || ack.ReqMsgID != question.Head.MsgID:
		return faulty("an Ack of another message")
	case ack.Err != "":
		return faulty("the question was refused: %q", clip(ack.Err, 64))
	}
	return nil
}

// newID is an id in XML: the bank code and 32 characters.
func (r *Rail) newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return r.cfg.BankCode + hex.EncodeToString(random[:])
}
