package gsma

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const maxDescription = 160

// transactionRequest asks for a transaction of the type that the path names.
type transactionRequest struct {
	Amount        string         `json:"amount"`
	Currency      string         `json:"currency"`
	DebitParty    []Identifier   `json:"debitParty"`
	CreditParty   []Identifier   `json:"creditParty"`
	Ours          string         `json:"requestingOrganisationTransactionReference"`
	Description   string         `json:"descriptionText,omitempty"`
	Sender        *person        `json:"senderKyc,omitempty"`
	Recipient     *person        `json:"recipientKyc,omitempty"`
	International *international `json:"internationalTransferInformation,omitempty"`
}

// person is the part of somebody's KYC data that a transfer travels with.
type person struct {
	SubjectName struct {
		FullName string `json:"fullName"`
	} `json:"subjectName"`
}

type international struct {
	OriginCountry string `json:"originCountry"`
}

// correlation is the X-CorrelationID of an operation, the same one every time.
func correlation(operation string) string { return iso20022.UETR(operation) }

// Submit asks for a payout's transaction, or for the reversal of a collection's.
func (r *Rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	e, refused := r.check(op)
	if !refused {
		e = r.submit(ctx, op)
	}
	e.Origin = adapters.FromResponse
	return e
}

// check refuses what the rail would refuse, before it is sent. It depends on nothing but op and the configuration, so
// an operation that has been sent once passes again.
func (r *Rail) check(op adapters.Operation) (adapters.Evidence, bool) {
	refuse := func(reason, format string, args ...any) (adapters.Evidence, bool) {
		return adapters.Evidence{State: adapters.Failed, Reason: reason, Text: fmt.Sprintf(format, args...)}, true
	}
	switch {
	case !operationForm.MatchString(op.ID):
		return refuse(reasonFormat, "operation id is not 1 to 35 letters and digits")
	case op.Amount.Currency != r.cfg.Currency || op.Amount.Minor <= 0:
		return refuse(reasonCurrency, "%s cannot be paid in %s", op.Amount, r.cfg.Currency)
	case op.Kind == messaging.KindRefund:
		if !referenceForm.MatchString(op.CollectionRef) {
			return refuse(reasonFormat, "no transaction of a collection to reverse")
		}
	case op.Kind != messaging.KindPayout:
		return refuse(reasonFormat, "unknown kind of operation")
	case op.Amount.Minor%r.cfg.PayoutIncrementMinor != 0:
		return refuse(reasonAmount, "%s is not a multiple of the smallest step", op.Amount)
	case op.Amount.Minor < r.cfg.PayoutMinMinor || op.Amount.Minor > r.cfg.PayoutMaxMinor:
		return refuse(reasonLimit, "%s is outside the limits of one payout", op.Amount)
	case !r.named(op.Beneficiary.Account):
		return refuse(reasonForm, "the beneficiary's account is no %s", r.cfg.PartyKey)
	}
	return adapters.Evidence{}, false
}

// named tells whether an account has the form of the operator's customers'.
func (r *Rail) named(account string) bool {
	if r.cfg.PartyKey == keyMSISDN {
		return msisdnForm.MatchString(account)
	}
	return valueForm.MatchString(account)
}

// customer names a customer's account as the operator has it.
func (r *Rail) customer(account string) []Identifier {
	if r.cfg.PartyKey == keyMSISDN && !r.cfg.PlainNumbers {
		account = "+" + account
	}
	return []Identifier{{Key: r.cfg.PartyKey, Value: account}}
}

func (r *Rail) submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	if op.Kind == messaging.KindRefund {
		return r.ask(ctx, call{
			path: pathTransactions + "/" + op.CollectionRef + "/reversals", correlation: correlation(op.ID),
			callback: r.callbackURL(pathReversal, op.ID),
		}, reversalRequest{
			Type: typeReversal, Amount: writeAmount(op.Amount), Currency: op.Amount.Currency.String(), Ours: op.ID,
		})
	}
	request := r.transaction(op.Amount, op.ID, op.Reference)
	request.DebitParty, request.CreditParty = []Identifier{r.cfg.Account}, r.customer(op.Beneficiary.Account)
	request.Sender, request.Recipient = personOf(op.Originator), personOf(op.Beneficiary)
	if r.cfg.PayoutType == TypeInternational {
		request.International = &international{OriginCountry: r.cfg.OriginCountry}
	}
	return r.ask(ctx, call{
		path: pathTransactions + "/type/" + r.cfg.PayoutType, correlation: correlation(op.ID),
		callback: r.callbackURL(pathPayout, op.ID),
	}, request)
}

// transaction is a request with what all of them have in common.
func (r *Rail) transaction(amount fx.Money, ours, description string) transactionRequest {
	return transactionRequest{
		Amount: writeAmount(amount), Currency: amount.Currency.String(), Ours: ours,
		Description: shorten(strings.TrimSpace(strings.ToValidUTF8(description, "")), maxDescription),
	}
}

func personOf(p messaging.Party) *person {
	if p.Name == "" {
		return nil
	}
	var k person
	k.SubjectName.FullName = p.Name
	return &k
}

// ask posts a request for money and says what its answer leaves known: 202 with a request state, or 201 with the
// transaction of an operator that decides at once.
func (r *Rail) ask(ctx context.Context, asked call, request any) adapters.Evidence {
	body, err := json.Marshal(request)
	if err != nil {
		return unanswered(&unsentError{cause: err})
	}
	asked.method, asked.body = http.MethodPost, body
	got, err := r.client.do(ctx, asked)
	if err != nil {
		return unanswered(err)
	}
	if got.status != http.StatusAccepted && got.status != http.StatusCreated {
		return newFailure(got).refusal()
	}
	e, err := r.taken(got)
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	return e
}

func (r *Rail) taken(got answer) (adapters.Evidence, error) {
	value, err := parse(got.body)
	if err != nil {
		return adapters.Evidence{}, err
	}
	if got.status == http.StatusAccepted {
		state, err := readState(value)
		return state.evidence(), err
	}
	t, err := readTransaction(value)
	e := t.evidence(r.cfg.words())
	e.RailID = t.reference
	return e, err
}
