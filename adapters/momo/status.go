package momo

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters"
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

// maxReceipt bounds financialTransactionId. It has no form: numbers, and texts with a space.
const maxReceipt = 64

// transfer is what the rail says about a transfer, when it is asked and by callback.
type transfer struct {
	FinancialTransactionID scalar `json:"financialTransactionId"`
	ExternalID             scalar `json:"externalId"`
	Amount                 scalar `json:"amount"`
	Currency               scalar `json:"currency"`
	Payee                  party  `json:"payee"`
	Status                 scalar `json:"status"`
	Reason                 reason `json:"reason"`
}

// reason is why a transfer failed: an object, or its code alone as a text.
type reason struct{ code, text string }

// UnmarshalJSONFrom reads either form; null is none.
func (r *reason) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		var code scalar
		if err := code.UnmarshalJSONFrom(d); err != nil {
			return err
		}
		r.code = string(code)
		return nil
	}
	value, err := d.ReadValue()
	if err != nil {
		return err
	}
	var read struct {
		Code    scalar `json:"code"`
		Message scalar `json:"message"`
	}
	if err := decode(value, &read); err != nil {
		return err
	}
	r.code, r.text = string(read.Code), string(read.Message)
	return nil
}

// decodeTransfer reads what the rail says about a transfer. Errors are *DecodeError.
func decodeTransfer(body []byte) (transfer, error) {
	var t transfer
	if err := decode(body, &t); err != nil {
		return transfer{}, err
	}
	if t.Status == "" {
		return transfer{}, &DecodeError{Fault: "status is missing"}
	}
	if len(t.FinancialTransactionID) > maxReceipt || len(t.ExternalID) > maxReceipt {
		return transfer{}, &DecodeError{Fault: "an id is too long"}
	}
	return t, nil
}

// evidence is what it says about the money. It names no RailID: the rail does not repeat it.
func (t transfer) evidence(c fx.Currency) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Account: t.account(),
		Code: shorten(string(t.Status), messaging.MaxRailCodeLength), Text: shorten(t.Reason.text, messaging.MaxRailTextLength),
	}
	switch t.Status {
	case statusCreated, statusPending:
		e.State = adapters.Accepted
	case statusSuccessful:
		amount, err := readAmount(string(t.Amount), string(t.Currency), c)
		switch {
		case err != nil:
			e.Err = err
		case t.FinancialTransactionID == "":
			e.Err = &DecodeError{Fault: "a success without financialTransactionId"}
		case t.Reason.code != "":
			e.Err = &DecodeError{Fault: "a success with a reason for failure"}
		default:
			e.State, e.RailRef, e.Amount = adapters.Settled, string(t.FinancialTransactionID), &amount
		}
	case statusFailed:
		e.Code = shorten(t.Reason.code, messaging.MaxRailCodeLength)
		switch t.Reason.code {
		case codeDuplicate: // not what became of the first one
			e.Err = &DecodeError{Fault: "failed as a duplicate"}
		case "":
			e.State, e.Reason, e.Code = adapters.Failed, reasonNarrative, statusFailed
		default:
			e.State, e.Reason = adapters.Failed, reasonNarrative
			if mapped, listed := declines[t.Reason.code]; listed {
				e.Reason = mapped
			}
		}
	}
	return e
}

// account is the payee's number; "" where it is none.
func (t transfer) account() string {
	account := strings.TrimPrefix(string(t.Payee.PartyID), "+")
	if t.Payee.PartyIDType != idMSISDN || !msisdnForm.MatchString(account) {
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
	if err == nil && t.ExternalID != "" && string(t.ExternalID) != op.ID {
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
