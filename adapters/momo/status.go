package momo

import (
	"context"
	"net/http"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// States of a transfer.
const (
	statusCreated    = "CREATED"
	statusPending    = "PENDING"
	statusSuccessful = "SUCCESSFUL"
	statusFailed     = "FAILED"
)

// maxID bounds financialTransactionId and externalId. They have no form: numbers, and texts with a space.
const maxID = 64

// transfer is what the rail says about a transfer, when it is asked and by callback.
type transfer struct {
	receipt    string // financialTransactionId
	externalID string
	amount     string
	currency   string
	payee      party
	status     string
	reason     string // why it failed: a code
	text       string // and what that means
}

// decodeTransfer reads what the rail says about a transfer. Errors are *DecodeError.
func decodeTransfer(body []byte) (transfer, error) {
	value, err := parse(body)
	if err != nil {
		return transfer{}, err
	}
	var t transfer
	err = value.Fields(map[string]*string{
		"financialTransactionId": &t.receipt, "externalId": &t.externalID,
		"amount": &t.amount, "currency": &t.currency, "status": &t.status,
	})
	if err == nil {
		t.payee, err = readParty(value, "payee")
	}
	if err == nil {
		t.reason, t.text, err = readReason(value)
	}
	switch {
	case err != nil:
		return transfer{}, malformed(err)
	case t.status == "":
		return transfer{}, &DecodeError{Fault: "status is missing"}
	case len(t.receipt) > maxID || len(t.externalID) > maxID:
		return transfer{}, &DecodeError{Fault: "an id is too long"}
	}
	return t, nil
}

// readParty reads a party, which may be absent.
func readParty(value strictjson.Value, name string) (party, error) {
	var p party
	member, err := value.Get(name)
	if err != nil || member.IsAbsent() {
		return p, err
	}
	return p, member.Fields(map[string]*string{"partyIdType": &p.PartyIDType, "partyId": &p.PartyID})
}

// readReason reads why a transfer failed: an object, or its code alone as a text.
func readReason(value strictjson.Value) (code, text string, err error) {
	member, err := value.Get("reason")
	if err != nil {
		return "", "", err
	}
	if member.IsObject() {
		err = member.Fields(map[string]*string{"code": &code, "message": &text})
		return code, text, err
	}
	code, err = member.Scalar()
	return code, "", err
}

// evidence is what it says about the money. It names no RailID: the rail does not repeat it.
func (t transfer) evidence(c fx.Currency) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Account: t.account(),
		Code: shorten(t.status, messaging.MaxRailCodeLength), Text: shorten(t.text, messaging.MaxRailTextLength),
	}
	amount, err := readAmount(t.amount, t.currency, c)
	if err == nil {
		e.Amount = &amount
	}
	switch t.status {
	case statusCreated, statusPending:
		e.State = adapters.Accepted
	case statusSuccessful:
		switch {
		case err != nil:
			e.Err = err
		case t.receipt == "":
			e.Err = &DecodeError{Fault: "a success without financialTransactionId"}
		case t.reason != "":
			e.Err = &DecodeError{Fault: "a success with a reason for failure"}
		default:
			e.State, e.RailRef = adapters.Settled, t.receipt
		}
	case statusFailed:
		if t.reason != "" {
			e.Code = shorten(t.reason, messaging.MaxRailCodeLength)
		}
		if t.reason == codeDuplicate { // not what became of the first one
			e.Err = &DecodeError{Fault: "failed as a duplicate"}
			break
		}
		e.State, e.Reason, e.RailRef = adapters.Failed, reasonNarrative, t.receipt
		if mapped, listed := declines[t.reason]; listed {
			e.Reason = mapped
		}
	default:
		e.Err = &DecodeError{Fault: "a status that is not listed"}
	}
	return e
}

// account is the payee's number; "" where it is none.
func (t transfer) account() string {
	account := strings.TrimPrefix(t.payee.PartyID, "+")
	if t.payee.PartyIDType != idMSISDN || !msisdnForm.MatchString(account) {
		return ""
	}
	return account
}

// Query asks for the transfer by its X-Reference-Id. Unknown and RetrySafe says that the rail has none
// under it: that counts only where it never accepted one, which the Runner knows.
func (r *Rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	e := r.query(ctx, op)
	e.Origin = adapters.FromQuery
	return e
}

func (r *Rail) query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	id := reference(op.ID)
	got, err := r.client.call(ctx, http.MethodGet, pathTransfer+"/"+id, nil, nil)
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	if got.status != http.StatusOK {
		answered := newAnswerError(got)
		e := adapters.Evidence{State: adapters.Unknown, Code: answered.code, Text: answered.text}
		if e.RetrySafe = answered.status == http.StatusNotFound && answered.code == codeNotFound; !e.RetrySafe {
			e.Err = answered
		}
		return e
	}
	t, err := decodeTransfer(got.body)
	if err == nil && t.externalID != "" && t.externalID != op.ID {
		err = errOtherTransfer
	}
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	e := t.evidence(r.cfg.Currency)
	e.RailID = id
	return e
}

var errOtherTransfer = &DecodeError{Fault: "the externalId is another transfer's"}
