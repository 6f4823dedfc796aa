package mpesa

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	pathPayout    = "/mpesa/b2c/v3/paymentrequest"
	maxRemarks    = 100
	defaultRemark = "Remittance"
)

// payoutRequest is a B2C v3 payment request. Occassion is the rail's spelling.
type payoutRequest struct {
	OriginatorConversationID string
	InitiatorName            string
	SecurityCredential       string
	CommandID                string
	Amount                   jsontext.Value
	PartyA                   string
	PartyB                   string
	Remarks                  string
	QueueTimeOutURL          string
	ResultURL                string
	Occassion                string
}

// Submit sends a payout as B2C, a refund as the reversal of the collection's receipt. While the rail refuses
// the account itself it sends nothing, and Evidence.Err is an *AccountError.
func (r *Rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	var e adapters.Evidence
	refused := r.check(op)
	var held *AccountError
	if refused == nil {
		held = r.holds[op.Kind].admit(op.ID, time.Now())
	}
	switch {
	case refused != nil:
		e = *refused
	case held != nil:
		e = adapters.Evidence{State: adapters.Unknown, RetrySafe: true, Code: held.Code, Text: held.Error(), Err: held}
	case op.Kind == messaging.KindRefund:
		e = r.submitRefund(ctx, op)
	default:
		e = r.submitPayout(ctx, op)
	}
	e.Origin = adapters.FromResponse
	return e
}

// check refuses what the rail would refuse, before it is sent. It depends on nothing but op and the
// configuration, so an operation that has been sent once passes again.
func (r *Rail) check(op adapters.Operation) *adapters.Evidence {
	refuse := func(reason, format string, args ...any) *adapters.Evidence {
		return &adapters.Evidence{State: adapters.Failed, Reason: reason, Text: fmt.Sprintf(format, args...)}
	}
	switch {
	case !operationForm.MatchString(op.ID):
		return refuse(reasonFormat, "operation id is not 1 to 35 letters and digits")
	case op.Amount.Currency != r.cfg.Currency || op.Amount.Minor <= 0:
		return refuse(reasonAmount, "%s cannot be paid in %s", op.Amount, r.cfg.Currency)
	case op.Kind == messaging.KindRefund:
		if !receiptForm.MatchString(op.CollectionRef) {
			return refuse(reasonFormat, "no receipt of a collection to reverse")
		}
	case op.Kind != messaging.KindPayout:
		return refuse(reasonFormat, "unknown kind of operation")
	case op.Amount.Minor%r.capabilities.PayoutIncrementMinor != 0:
		return refuse(reasonAmount, "%s is not whole", op.Amount)
	case op.Amount.Minor < r.cfg.PayoutMinMinor || op.Amount.Minor > r.cfg.PayoutMaxMinor:
		return refuse(reasonLimit, "%s is outside the limits of one payout", op.Amount)
	case !msisdnForm.MatchString(op.Beneficiary.Account):
		return refuse(reasonAccount, "the beneficiary's account is no MSISDN")
	}
	return nil
}

func (r *Rail) submitPayout(ctx context.Context, op adapters.Operation) adapters.Evidence {
	a, missing := r.client.ask(ctx, pathPayout, payoutRequest{
		OriginatorConversationID: op.ID,
		InitiatorName:            r.cfg.Initiator,
		SecurityCredential:       r.credential,
		CommandID:                r.cfg.CommandID,
		Amount:                   jsontext.Value(writeAmount(op.Amount)),
		PartyA:                   r.cfg.Shortcode,
		PartyB:                   op.Beneficiary.Account,
		Remarks:                  remarks(op.Reference),
		QueueTimeOutURL:          r.signedURL(pathTimeout, op.ID),
		ResultURL:                r.signedURL(pathResult, op.ID),
		Occassion:                op.ID,
	})
	if missing != nil {
		return *missing
	}
	if a.originatorConversationID != op.ID {
		return adapters.Evidence{
			State: adapters.Unknown, Code: a.code, Text: a.text,
			Err: &DecodeError{Fault: "the acknowledgement is for another OriginatorConversationID"},
		}
	}
	return adapters.Evidence{State: adapters.Accepted, RailID: a.conversationID, Code: a.code, Text: a.text}
}

// remarks makes 2 to 100 plain characters of a reference.
func remarks(reference string) string {
	var b strings.Builder
	for _, c := range reference {
		if b.Len() >= maxRemarks {
			break
		}
		if c == ' ' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteRune(c)
		}
	}
	if text := strings.TrimSpace(b.String()); len(text) >= 2 {
		return text
	}
	return defaultRemark
}
