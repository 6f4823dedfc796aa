package upi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/beevik/etree"

	"github.com/ayni-switch/ayni/adapters"
)

// What an Ack says in err.
const (
	errMalformed = "MALFORMED"
	errNotCredit = "NOT_A_CREDIT"
	errNotOurs   = "UNKNOWN_PAYEE"
	errUnpaid    = "NOT_CONFIRMED"
	errRetry     = "SEND_AGAIN"
)

// believed parses XML and checks its signature, where this rail asks for one.
func (r *Rail) believed(body []byte) (*etree.Element, error) {
	root, err := parseXML(body)
	if err != nil || r.verifier == nil {
		return root, err
	}
	return r.verifier.verify(root)
}

// pay records a customer's payment, and acknowledges it only once it is durable: 401 without the PSP's
// signature, 400 where sending again is in vain, 503 where it is not.
func (r *Rail) pay(w http.ResponseWriter, q *http.Request) {
	body, ok := readBody(w, q, MaxXMLBytes)
	if !ok {
		return
	}
	root, err := r.believed(body)
	var signature *SignatureError
	switch {
	case errors.As(err, &signature):
		http.Error(w, "signature", http.StatusUnauthorized)
		return
	case err != nil:
		acknowledge(w, http.StatusBadRequest, "", errMalformed)
		return
	}
	p, err := decodePay(root, r.cfg.Currency)
	if err != nil {
		acknowledge(w, http.StatusBadRequest, "", errMalformed)
		return
	}
	ctx, cancel := context.WithTimeout(q.Context(), callbackTimeout)
	defer cancel()
	switch fault := r.collect(ctx, p); fault {
	case "":
		acknowledge(w, http.StatusOK, p.Head.MsgID, "")
	case errRetry:
		acknowledge(w, http.StatusServiceUnavailable, p.Head.MsgID, fault)
	default:
		acknowledge(w, http.StatusBadRequest, p.Head.MsgID, fault)
	}
}

// collect hands a payment to the sink and returns what the Ack says in err.
func (r *Rail) collect(ctx context.Context, p PayRequest) (fault string) {
	ref, ours := orderOf(r.cfg.MerchantVPA, p.PayeeVPA, p.RefID)
	switch {
	case p.Type != TypeCredit:
		return errNotCredit
	case !ours:
		return errNotOurs
	}
	c := adapters.Collection{
		OrderRef: ref, RailRef: p.CustRef, Amount: p.Amount, Payer: p.PayerVPA, Origin: adapters.FromCallback,
	}
	if r.verifier == nil { // anybody may have written this, so only the PSP's own word counts
		if ref == "" {
			return errUnpaid
		}
		asked, found, err := r.ask(ctx, ref, p.Head.Time)
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

// acknowledge answers with an Ack.
func acknowledge(w http.ResponseWriter, status int, reqMsgID, fault string) {
	body, err := ack(reqMsgID, fault, time.Now())
	if err != nil {
		http.Error(w, fault, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentXML)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the PSP may have gone; then it asks, or we do
}

// Collection asks the PSP whether the customer paid for order. A payment that is pending or deemed is not
// found yet. A retry after an error is safe.
func (r *Rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	c, found, err := r.ask(ctx, order.Ref, order.Created)
	if err != nil {
		return adapters.Collection{}, false, fmt.Errorf("upi: collection %q: %w", clip(order.Ref, 64), err)
	}
	return c, found, nil
}

func (r *Rail) ask(ctx context.Context, orderRef string, since time.Time) (adapters.Collection, bool, error) {
	if !orderForm.MatchString(orderRef) {
		return adapters.Collection{}, false, faulty("no reference of an order")
	}
	question := CheckRequest{
		Head:  Head{OrgID: r.cfg.OrgID, MsgID: r.newID(), Time: time.Now()},
		TxnID: r.newID(), RefID: orderRef, Since: since,
	}
	body, err := question.Marshal()
	if err != nil {
		return adapters.Collection{}, false, err
	}
	answer, err := r.client.post(ctx, PathCheck, contentXML, body, MaxXMLBytes)
	if err != nil {
		return adapters.Collection{}, false, err
	}
	root, err := r.believed(answer)
	if err != nil {
		return adapters.Collection{}, false, err
	}
	response, err := decodeCheck(root)
	if err != nil {
		return adapters.Collection{}, false, err
	}
	p, found, err := response.found(r.cfg.MerchantVPA, orderRef, question.Head.MsgID, r.cfg.Currency)
	if err != nil || !found {
		return adapters.Collection{}, false, err
	}
	return adapters.Collection{
		OrderRef: orderRef, RailRef: p.rrn, Amount: p.amount, Payer: p.payer, Origin: adapters.FromQuery,
	}, true, nil
}

// newID is an id in XML: the bank code and 32 characters.
func (r *Rail) newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return r.cfg.BankCode + hex.EncodeToString(random[:])
}
