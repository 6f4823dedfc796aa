package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// kindPrompt is a payment that a customer is asked for; what comes of it is a collection.
const kindPrompt = "prompt"

// What the dice decline with.
var (
	payoutDeclines   = []string{"identifierError", "maxBalanceExceeded", "dailyValueLimitExceeded", "requestDeclined"}
	reversalDeclines = []string{"insufficientFunds", "incorrectState"}
	promptDeclines   = []string{"requestDeclined", "insufficientFunds"}
)

const (
	codeOverLimit   = "greaterThanTransactionMaxValue"
	contraryDecline = "genericError" // what a false failure says
)

// overtakes is how long the answer to a request waits for the callback that is to come before it.
const overtakes = 200 * time.Millisecond

type identifier struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type transactionRequest struct {
	Amount        string       `json:"amount"`
	Currency      string       `json:"currency"`
	DebitParty    []identifier `json:"debitParty"`
	CreditParty   []identifier `json:"creditParty"`
	Ours          string       `json:"requestingOrganisationTransactionReference"`
	Description   string       `json:"descriptionText"`
	Sender        *kyc         `json:"senderKyc"`
	Recipient     *kyc         `json:"recipientKyc"`
	International *struct {
		OriginCountry string `json:"originCountry"`
	} `json:"internationalTransferInformation"`
}

type kyc struct {
	SubjectName struct {
		FullName string `json:"fullName"`
	} `json:"subjectName"`
}

var (
	amountForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})([.][0-9]{0,3}[1-9])?$`)
	numberForm = regexp.MustCompile(`^[+]?[0-9]{6,15}$`)
	ownForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)
)

// types of transaction that the API has.
var types = []string{
	"adjustment", "billpay", "deposit", "disbursement", "inttransfer", "merchantpay", "reversal", "transfer", "withdrawal",
}

func (s *Server) transaction(kind string) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, r *http.Request, body []byte) { s.serveTransaction(w, r, kind, body) }
}

func (s *Server) serveTransaction(w http.ResponseWriter, r *http.Request, typed string, body []byte) {
	var p transactionRequest
	if err := json.Unmarshal(body, &p, json.RejectUnknownMembers(true)); err != nil {
		s.invalid(w, "formatError")
		return
	}
	kind, customers, own := kit.KindPayout, p.CreditParty, p.DebitParty
	if typed == "merchantpay" {
		kind, customers, own = kindPrompt, p.DebitParty, p.CreditParty
	}
	amount, err := s.amount(p.Amount)
	switch {
	case kind == kit.KindPayout && typed != s.cfg.PayoutType:
		s.invalid(w, "transactionTypeError")
	case p.Amount == "" || p.Currency == "" || len(customers) == 0:
		s.invalid(w, "mandatoryValueNotSupplied")
	case p.Currency != s.Currency.String():
		s.invalid(w, "currencyNotSupported")
	case err != nil || !ownForm.MatchString(p.Ours) || len(p.Description) > 160:
		s.invalid(w, "formatError")
	case typed == "inttransfer" && (p.International == nil || len(p.International.OriginCountry) != 2):
		s.invalid(w, "mandatoryValueNotSupplied")
	case len(own) != 1 || own[0] != identifier{s.cfg.AccountKey, s.cfg.AccountValue}:
		s.notFound(w)
	case len(customers) != 1 || customers[0].Key == "msisdn" && !numberForm.MatchString(customers[0].Value):
		s.notFound(w)
	default:
		s.accept(w, r, kit.Operation{
			Kind: kind, ID: p.Ours, FateKey: plain(customers[0]), Account: plain(customers[0]), Minor: amount.Minor,
		}, request{Type: typed, Ours: p.Ours, Party: customers[0].Key})
	}
}

// amount reads an amount as the API has it: without a zero at the end of a fraction.
func (s *Server) amount(text string) (fx.Money, error) {
	if !amountForm.MatchString(text) {
		return fx.Money{}, &fx.AmountError{Fault: fx.FaultSyntax, Amount: text}
	}
	m, err := fx.ParseMoney(text, s.Currency)
	if err == nil && m.Minor <= 0 {
		err = &fx.AmountError{Fault: fx.FaultSign, Amount: text}
	}
	return m, err
}

// plain is a customer's account without the "+" of a number.
func plain(id identifier) string { return strings.TrimPrefix(id.Value, "+") }

// request is what the ledger keeps of one, in Operation.Data.
type request struct {
	Type        string `json:"type"`
	Ours        string `json:"ours"`
	Party       string `json:"party"` // the key of the customer's account
	Original    string `json:"original,omitempty"`
	Correlation string `json:"correlation"`
	Callback    string `json:"callback"` // "" where the sender polls
}

func read(op kit.Operation) request {
	var p request
	_ = json.Unmarshal([]byte(op.Data), &p) // what this package has written
	return p
}

// accept enters a request and answers that it is pending.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, op kit.Operation, p request) {
	p.Correlation, p.Callback = strings.ToLower(r.Header.Get("X-CorrelationID")), r.Header.Get("X-Callback-URL")
	fate := s.Fate(op.Kind, op.FateKey)
	strike, err := s.Strike(op.Kind, p.Correlation, fate)
	if err != nil || strike == kit.StrikeError {
		s.internal(w)
		return
	}
	if strike == kit.StrikeTimeout {
		s.Silence(r)
	}
	op, refused, err := s.enter(op, p)
	switch {
	case err != nil:
		s.internal(w)
		return
	case refused != "":
		s.refuse(w, http.StatusBadRequest, "businessRule", refused)
		return
	}
	told := make(chan struct{})
	err = s.Settling(fate, func(ctx context.Context) {
		defer close(told)
		s.finish(ctx, op)
	})
	if strike == kit.StrikeTimeoutAccepted {
		s.Silence(r)
	}
	if err != nil { // closing: it is in the ledger, and the next run decides it
		s.internal(w)
		return
	}
	if fate.Reorder {
		select {
		case <-told:
		case <-time.After(overtakes):
		}
	}
	s.answer(w, http.StatusAccepted, s.state(pending(op)))
}

// pending is an operation as it stood when it was accepted.
func pending(op kit.Operation) kit.Operation {
	op.State = kit.Accepted
	return op
}

// enter writes a request into the books, under the sender's own reference so that it is found there. The rail itself
// knows it by X-CorrelationID alone: another one with the same reference is another request, but for reversals, of which
// a transaction has one. refused is the code with which it is not taken.
func (s *Server) enter(op kit.Operation, p request) (entered kit.Operation, refused string, err error) {
	data, err := json.Marshal(p)
	if err != nil {
		return kit.Operation{}, "", err
	}
	op.State, op.Data, op.CreatedMS = kit.Accepted, string(data), time.Now().UnixMilli()
	op.RailID = s.uuid("state/"+op.Kind, p.Correlation)
	op.Aliases = []string{p.Correlation, op.RailID, s.reference(op)}
	if op.Kind == kit.KindRefund {
		op.Aliases = append(op.Aliases, "of "+p.Original)
	}
	if op.ID == "" {
		op.ID = p.Correlation
	}
	if op.Kind == kit.KindPayout && s.cfg.PayoutMaxMinor > 0 && op.Minor > s.cfg.PayoutMaxMinor {
		op.State, op.Code = kit.Declined, codeOverLimit
	}
	for {
		if _, found, err := s.Ledger.Find(op.Kind, p.Correlation); err != nil || found {
			return kit.Operation{}, "duplicateRequest", err
		}
		if op.Kind == kit.KindRefund {
			if _, found, err := s.Ledger.Find(op.Kind, "of "+p.Original); err != nil || found {
				return kit.Operation{}, "incorrectState", err
			}
		}
		stored, created, err := s.Ledger.Create(op)
		switch {
		case err != nil:
			return kit.Operation{}, "", err
		case created:
			return stored, "", nil
		case stored.RailID == op.RailID:
			return kit.Operation{}, "duplicateRequest", nil
		}
		op.ID = p.Ours + "/" + p.Correlation
	}
}

// uuid is an id that the rail gives out, the same one for the same seed.
func (s *Server) uuid(kind, id string) string {
	sum := sha256.Sum256([]byte(s.Dice.Code("uuid/"+s.cfg.AccountValue+"/"+kind, id, 51)))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

// reference is the transaction that comes of a request, known from the start and shown at its end.
func (s *Server) reference(op kit.Operation) string {
	return "TX" + s.Dice.Code("reference/"+s.cfg.AccountValue+"/"+op.Kind, op.RailID, 14)
}

func (s *Server) decide(op kit.Operation) (kit.Operation, error) {
	switch op.Kind {
	case kindPrompt:
		return s.decidePrompt(op)
	case kit.KindRefund:
		return s.Decide(op, s.reference(op), reversalDeclines)
	default:
		return s.Decide(op, s.reference(op), payoutDeclines)
	}
}

// decidePrompt has the customer pay or not: the payment is in the books before the prompt ends, and is made once. An
// order that was paid otherwise is not paid again.
func (s *Server) decidePrompt(op kit.Operation) (kit.Operation, error) {
	paid, found, err := s.Ledger.Get(kit.KindCollection, op.ID)
	switch {
	case err != nil:
		return kit.Operation{}, err
	case found && paid.Ref != s.reference(op):
		return s.Ledger.Decline(op.Kind, op.ID, "incorrectState")
	case !found && !s.Fate(op.Kind, op.FateKey).Decline:
		paid, _, err = s.Book(kit.CustomerPayment{
			OrderRef: op.ID, Payer: op.Account, Amount: fx.Money{Minor: op.Minor, Currency: s.Currency},
		}, s.reference(op))
		if err != nil {
			return kit.Operation{}, err
		}
		s.statement.add(paid)
	}
	return s.Decide(op, s.reference(op), promptDeclines)
}

// finish decides a request and tells of it.
func (s *Server) finish(ctx context.Context, op kit.Operation) {
	decided, err := s.decide(op)
	if err != nil {
		return // it stays accepted, and the next run decides it
	}
	p := read(op)
	if p.Callback == "" {
		return
	}
	s.Fate(op.Kind, op.FateKey).Tell(decided.State == kit.Settled, func(success bool) bool {
		return s.put(ctx, p.Callback, s.told(decided, success))
	})
}

// told says that a request succeeded or failed, be it so or not: by the transaction, or by an error that names nothing.
func (s *Server) told(op kit.Operation, success bool) any {
	if success {
		op.State, op.Ref = kit.Settled, s.reference(op)
		return s.show(op)
	}
	if op.State != kit.Declined {
		op.Code = contraryDecline
	}
	return s.failure(category(op.Code), op.Code)
}

// put sends a callback, once, whatever comes of it.
func (s *Server) put(ctx context.Context, url string, told any) (taken bool) {
	body, err := json.Marshal(told)
	if err != nil {
		return false
	}
	callback, err := http.NewRequestWithContext(ctx, http.MethodPut, url, strings.NewReader(string(body)))
	if err != nil {
		return false
	}
	sum := sha256.Sum256(body)
	callback.Header.Set("Content-Type", "application/json")
	callback.Header.Set("X-Date", s.stamp(s.Now()))
	callback.Header.Set("X-Content-Hash", hex.EncodeToString(sum[:]))
	return s.Taken(callback)
}

// category of an error code that a request fails with.
func category(code string) string {
	switch code {
	case "identifierError":
		return "identification"
	default:
		return "businessRule"
	}
}
