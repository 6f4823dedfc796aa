package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// declines are what transfers fail with, by the dice.
var declines = []string{"PAYEE_NOT_FOUND", "PAYEE_NOT_ALLOWED_TO_RECEIVE", "NOT_ENOUGH_FUNDS", "PAYEE_LIMIT_REACHED"}

const codeOverLimit = "PAYEE_LIMIT_REACHED"

// contraryDecline is what a false failure says.
const contraryDecline = "INTERNAL_PROCESSING_ERROR"

// overtakes is how long the answer to a request waits for the callback that is to come before it.
const overtakes = 200 * time.Millisecond

type party struct {
	PartyIDType string `json:"partyIdType"`
	PartyID     string `json:"partyId"`
}

type transferRequest struct {
	Amount       string `json:"amount"`
	Currency     string `json:"currency"`
	ExternalID   string `json:"externalId"`
	Payee        party  `json:"payee"`
	PayerMessage string `json:"payerMessage"`
	PayeeNote    string `json:"payeeNote"`
}

var (
	referenceForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	payeeForm     = regexp.MustCompile(`^[0-9]{8,15}$`)
	noteForm      = regexp.MustCompile(`^[A-Za-z0-9 .,_-]{0,160}$`)
	externalForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)
)

func (s *Server) serveTransfer(w http.ResponseWriter, r *http.Request, product string, body []byte) {
	var p transferRequest
	if err := json.Unmarshal(body, &p, json.RejectUnknownMembers(true)); err != nil {
		badRequest(w, "body")
		return
	}
	callback, withCallback := r.Header["X-Callback-Url"]
	reference := r.Header.Get("X-Reference-Id")
	amount, err := fx.ParseMoney(p.Amount, s.Currency)
	switch {
	case !referenceForm.MatchString(reference):
		badRequest(w, "X-Reference-Id")
	case withCallback && callback[0] == "":
		badRequest(w, "X-Callback-Url")
	case withCallback && !s.registered(callback[0]):
		refuse(w, http.StatusInternalServerError, "INVALID_CALLBACK_URL_HOST", "Callback URL with different host name than configured for API User.")
	case p.Currency != s.Currency.String():
		refuse(w, http.StatusInternalServerError, "INVALID_CURRENCY", "Currency not supported.")
	case err != nil || amount.Minor <= 0:
		badRequest(w, "amount")
	case p.Payee.PartyIDType != "MSISDN" || !payeeForm.MatchString(p.Payee.PartyID):
		badRequest(w, "payee")
	case !noteForm.MatchString(p.PayerMessage) || !noteForm.MatchString(p.PayeeNote):
		badRequest(w, "payerMessage or payeeNote")
	case !externalForm.MatchString(p.ExternalID):
		badRequest(w, "externalId")
	default:
		s.acceptTransfer(w, r, transfer{
			Product: product, Reference: reference, ExternalID: p.ExternalID, Callback: r.Header.Get("X-Callback-Url"),
		}, p.Payee.PartyID, amount)
	}
}

// registered tells whether a callback's host is the one that the API user was made with.
func (s *Server) registered(callback string) bool {
	u, err := url.Parse(callback)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && s.cfg.CallbackHost != "" && u.Hostname() == s.cfg.CallbackHost
}

// transfer is what the ledger keeps of a request, in Operation.Data.
type transfer struct {
	Product    string `json:"product"`
	Reference  string `json:"reference"`
	ExternalID string `json:"external_id"`
	Callback   string `json:"callback"` // "" for none
}

func read(op kit.Operation) transfer {
	var t transfer
	_ = json.Unmarshal([]byte(op.Data), &t) // what this package has written
	return t
}

func (s *Server) acceptTransfer(w http.ResponseWriter, r *http.Request, t transfer, payee string, amount fx.Money) {
	fate := s.Fate(kit.KindPayout, payee)
	strike, err := s.Strike(kit.KindPayout, t.Reference, fate)
	if err != nil || strike == kit.StrikeError {
		internal(w)
		return
	}
	if strike == kit.StrikeTimeout {
		s.Silence(r)
	}
	op, created, err := s.enter(t, payee, amount)
	switch {
	case err != nil:
		internal(w)
		return
	case !created:
		refuse(w, http.StatusConflict, "RESOURCE_ALREADY_EXIST", "Duplicated reference id. Creation of resource failed.")
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
		internal(w)
		return
	}
	if fate.Reorder {
		select {
		case <-told:
		case <-time.After(overtakes):
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// enter writes a transfer into the books, under externalId so that its sender finds it there. The rail
// itself knows it by X-Reference-Id alone: another one with the same externalId is another transfer.
// created is false where X-Reference-Id was used before.
func (s *Server) enter(t transfer, payee string, amount fx.Money) (kit.Operation, bool, error) {
	data, err := json.Marshal(t)
	if err != nil {
		return kit.Operation{}, false, err
	}
	op := kit.Operation{
		Kind: kit.KindPayout, ID: t.ExternalID, FateKey: payee, Aliases: []string{t.Reference},
		Account: payee, Minor: amount.Minor, State: kit.Accepted, RailID: t.Reference,
		Data: string(data), CreatedMS: time.Now().UnixMilli(),
	}
	if op.ID == "" {
		op.ID = t.Reference
	}
	if s.cfg.PayoutMaxMinor > 0 && amount.Minor > s.cfg.PayoutMaxMinor {
		op.State, op.Code = kit.Declined, codeOverLimit
	}
	for {
		if known, found, err := s.Ledger.Find(kit.KindPayout, t.Reference); err != nil || found {
			return known, false, err
		}
		stored, created, err := s.Ledger.Create(op)
		if err != nil || created || stored.RailID == t.Reference {
			return stored, created, err
		}
		op.ID = t.ExternalID + "/" + t.Reference
	}
}

func (s *Server) decide(op kit.Operation) (kit.Operation, error) {
	return s.Decide(op, s.receipt(op), declines)
}

// receipt is the rail's id of a transfer that succeeded: digits.
func (s *Server) receipt(op kit.Operation) string {
	const least = 1_000_000_000_000
	return strconv.FormatUint(least+s.Dice.Uint64("receipt/"+op.Kind, op.RailID)%(9*least), 10)
}

// finish decides a transfer and tells of it, once.
func (s *Server) finish(ctx context.Context, op kit.Operation) {
	decided, err := s.decide(op)
	if err != nil {
		return // it stays accepted, and the next run decides it
	}
	t := read(op)
	if t.Callback == "" {
		return
	}
	s.Fate(op.Kind, op.FateKey).Tell(decided.State == kit.Settled, func(success bool) bool {
		return s.call(ctx, t.Callback, s.told(decided, success))
	})
}

func (s *Server) call(ctx context.Context, url string, told statusAnswer) (taken bool) {
	body, err := json.Marshal(told)
	if err != nil {
		return false
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, url, strings.NewReader(string(body)))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	return s.Taken(request) // the rail sends a callback once, whatever comes of it
}
