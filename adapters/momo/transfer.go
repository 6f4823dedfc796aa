package momo

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const (
	pathTransfer = "/v1_0/transfer"
	maxNote      = 160
	defaultNote  = "Remittance"
	idMSISDN     = "MSISDN"
)

// transferRequest asks for a transfer from the account of the API user to the payee.
type transferRequest struct {
	Amount       string `json:"amount"`
	Currency     string `json:"currency"`
	ExternalID   string `json:"externalId"`
	Payee        party  `json:"payee"`
	PayerMessage string `json:"payerMessage"`
	PayeeNote    string `json:"payeeNote"`
}

// party is whom an account belongs to, by one of the rail's kinds of id.
type party struct {
	PartyIDType string `json:"partyIdType"`
	PartyID     string `json:"partyId"`
}

// reference is the X-Reference-Id of an operation, the same one every time.
func reference(operation string) string { return iso20022.UETR(operation) }

// Submit asks for a transfer. Its X-Reference-Id is the operation's RailID from the acceptance on: the rail
// gives out no other.
func (r *Rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	e, refused := r.check(op)
	if !refused {
		e = r.submit(ctx, op)
	}
	e.Origin = adapters.FromResponse
	return e
}

// check refuses what the rail would refuse, before it is sent. It depends on nothing but op and the
// configuration, so an operation that has been sent once passes again.
func (r *Rail) check(op adapters.Operation) (adapters.Evidence, bool) {
	refuse := func(reason, format string, args ...any) (adapters.Evidence, bool) {
		return adapters.Evidence{State: adapters.Failed, Reason: reason, Text: fmt.Sprintf(format, args...)}, true
	}
	switch {
	case op.Kind != messaging.KindPayout:
		return refuse(reasonUnsupported, "this rail pays out, and nothing else")
	case !operationForm.MatchString(op.ID):
		return refuse(reasonFormat, "operation id is not 1 to 35 letters and digits")
	case op.Amount.Currency != r.cfg.Currency || op.Amount.Minor <= 0:
		return refuse(reasonCurrency, "%s cannot be paid in %s", op.Amount, r.cfg.Currency)
	case op.Amount.Minor%r.cfg.PayoutIncrementMinor != 0:
		return refuse(reasonAmount, "%s is not a multiple of the smallest step", op.Amount)
	case op.Amount.Minor < r.cfg.PayoutMinMinor || op.Amount.Minor > r.cfg.PayoutMaxMinor:
		return refuse(reasonLimit, "%s is outside the limits of one payout", op.Amount)
	case !msisdnForm.MatchString(op.Beneficiary.Account):
		return refuse(reasonPayee, "the beneficiary's account is no MSISDN")
	}
	return adapters.Evidence{}, false
}

func (r *Rail) submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	body, err := json.Marshal(transferRequest{
		Amount: op.Amount.Text(), Currency: r.cfg.Currency.String(), ExternalID: op.ID,
		Payee:        party{PartyIDType: idMSISDN, PartyID: op.Beneficiary.Account},
		PayerMessage: note(op.Reference), PayeeNote: note(op.Originator.Name),
	})
	if err != nil {
		return unanswered(&unsentError{cause: err})
	}
	headers := map[string]string{headerReference: reference(op.ID)}
	if r.cfg.CallbackBaseURL != "" { // an empty header is refused
		headers[headerCallback] = r.callbackURL(op.ID)
	}
	got, err := r.client.call(ctx, http.MethodPost, pathTransfer, headers, body)
	if err != nil {
		return unanswered(err)
	}
	if got.status == http.StatusAccepted {
		return adapters.Evidence{State: adapters.Accepted, RailID: reference(op.ID)}
	}
	return refused(newAnswerError(got))
}

// refused is what an answer other than 202 leaves known about a transfer. A 500 moves nothing where it
// names INVALID_CALLBACK_URL_HOST, but who sees only a 500 cannot know that of the next one.
func refused(answered *answerError) adapters.Evidence {
	e := adapters.Evidence{State: adapters.Unknown, Code: answered.code, Text: answered.text}
	reason, listed := refusals[answered.code]
	switch {
	case answered.status == http.StatusBadRequest && listed:
		e.State, e.Reason = adapters.Failed, reason
	case answered.status == http.StatusConflict: // it has the transfer already, and does not say how that went
		if e.Code == "" {
			e.Code = codeDuplicate
		}
	default:
		e.RetrySafe, e.Err = atTheGate(answered.status), answered
	}
	return e
}

// note makes 1 to 160 plain characters of a text: others are refused, an apostrophe among them.
func note(text string) string {
	var b strings.Builder
	for _, c := range text {
		if b.Len() >= maxNote {
			break
		}
		if c == ' ' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteRune(c)
		}
	}
	if plain := strings.TrimSpace(b.String()); plain != "" {
		return plain
	}
	return defaultNote
}
