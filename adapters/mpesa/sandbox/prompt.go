package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// KindPrompt is the kind of STK pushes in the ledger. What a customer pays on one is a collection of its own.
const KindPrompt = "prompt"

// What customers do with a prompt, by the dice, when they do not pay: too little money, cancelled, not reached.
var promptDeclines = []string{"1", "1032", "1037"}

const maxPushReference = 12

type pushRequest struct {
	BusinessShortCode word
	Password          string
	Timestamp         word
	TransactionType   string
	Amount            word
	PartyA            word
	PartyB            word
	PhoneNumber       word
	CallBackURL       string
	AccountReference  string
	TransactionDesc   string
}

type pushQuery struct {
	BusinessShortCode word
	Password          string
	Timestamp         word
	CheckoutRequestID string
}

type pushAnswer struct {
	MerchantRequestID   string
	CheckoutRequestID   string
	ResponseCode        string
	ResponseDescription string
	CustomerMessage     string `json:",omitzero"`
	ResultCode          string `json:",omitzero"`
	ResultDesc          string `json:",omitzero"`
}

// passes tells whether a password is base64(shortcode+passkey+timestamp) and the timestamp one.
func (s *Server) passes(shortcode, timestamp word, password string) bool {
	_, err := time.Parse("20060102150405", string(timestamp))
	want := base64.StdEncoding.EncodeToString([]byte(s.cfg.Shortcode + s.cfg.Passkey + string(timestamp)))
	return err == nil && s.cfg.Passkey != "" && string(shortcode) == s.cfg.Shortcode &&
		subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
}

func (s *Server) servePush(w http.ResponseWriter, r *http.Request, body []byte) {
	var p pushRequest
	if !read(w, body, &p) {
		return
	}
	amount, err := s.amount(p.Amount)
	switch {
	case !s.passes(p.BusinessShortCode, p.Timestamp, p.Password):
		refuse(w, http.StatusInternalServerError, "500.001.1001", "Wrong credentials")
	case p.TransactionType != "CustomerPayBillOnline" || string(p.PartyB) != s.cfg.Shortcode:
		invalid(w, "TransactionType")
	case err != nil || amount.Minor%s.unit != 0 || amount.Minor > s.cfg.PayoutMaxMinor:
		invalid(w, "Amount")
	case !isPhone(p.PhoneNumber) || p.PartyA != p.PhoneNumber:
		invalid(w, "PhoneNumber")
	case p.CallBackURL == "":
		invalid(w, "CallBackURL")
	case p.AccountReference == "" || len(p.AccountReference) > maxPushReference:
		invalid(w, "AccountReference")
	case p.TransactionDesc == "" || len(p.TransactionDesc) > 13:
		invalid(w, "TransactionDesc")
	default:
		s.acceptPush(w, r, p, amount)
	}
}

// acceptPush asks the customer's phone. Every push is a prompt of its own: the rail has no id of the merchant's for it.
func (s *Server) acceptPush(w http.ResponseWriter, r *http.Request, p pushRequest, amount fx.Money) {
	fate := s.Fate(KindPrompt, p.AccountReference)
	strike, err := s.Strike(KindPrompt, p.AccountReference, fate)
	if err != nil || strike == kit.StrikeError {
		internal(w)
		return
	}
	if strike == kit.StrikeTimeout {
		s.Silence(r)
	}
	id := rand.Text()
	op := kit.Operation{
		Kind: KindPrompt, ID: "ws_CO_" + id, FateKey: p.AccountReference, Account: string(p.PhoneNumber),
		Minor: amount.Minor, State: kit.Accepted, RailID: id[:5] + "-" + id[5:12] + "-1", Data: p.AccountReference,
		CreatedMS: time.Now().UnixMilli(),
	}
	if op, _, err = s.Ledger.Create(op); err == nil {
		err = s.settle(fate, func(ctx context.Context) { s.finishPrompt(ctx, op, p.CallBackURL) })
	}
	if strike == kit.StrikeTimeoutAccepted {
		s.Silence(r)
	}
	if err != nil {
		internal(w)
		return
	}
	kit.WriteJSON(w, http.StatusOK, pushAnswer{
		MerchantRequestID: op.RailID, CheckoutRequestID: op.ID, ResponseCode: "0",
		ResponseDescription: "Success. Request accepted for processing", CustomerMessage: "Success. Request accepted for processing",
	})
}

func isPhone(text word) bool {
	return len(text) >= 8 && len(text) <= 15 && strings.Trim(string(text), "0123456789") == ""
}

// decidePrompt has the customer pay or not. An order that is paid already is not paid again.
func (s *Server) decidePrompt(op kit.Operation) (kit.Operation, error) {
	stored, found, err := s.Ledger.Get(op.Kind, op.ID)
	if err != nil || (found && stored.State != kit.Accepted) {
		return stored, err
	}
	if s.Fate(KindPrompt, op.FateKey).Decline {
		pick := s.Dice.Uint64("decline-code/"+KindPrompt, op.FateKey) % uint64(len(promptDeclines))
		return s.Ledger.Decline(op.Kind, op.ID, promptDeclines[pick])
	}
	paid, created, err := s.book(kit.CustomerPayment{
		OrderRef: op.Data, Payer: op.Account, Amount: fx.Money{Minor: op.Minor, Currency: s.Currency},
	})
	if err != nil || !created {
		return s.Ledger.Decline(op.Kind, op.ID, "1032")
	}
	return s.Ledger.Settle(op.Kind, op.ID, paid.Ref)
}

// promptBody is an STK callback. Metadata is there of a success only, and its Balance has no value.
type promptBody struct {
	Body struct {
		Callback struct {
			MerchantRequestID string
			CheckoutRequestID string
			ResultCode        jsontext.Value
			ResultDesc        string
			CallbackMetadata  *promptMetadata `json:",omitzero"`
		} `json:"stkCallback"`
	}
}

type promptMetadata struct {
	Item []metadataItem
}

type metadataItem struct {
	Name  string
	Value jsontext.Value `json:",omitzero"`
}

// finishPrompt tells what came of a prompt, and of the payment as of any other. A false success is never told: it
// would be a payment that nobody made.
func (s *Server) finishPrompt(ctx context.Context, op kit.Operation, url string) {
	decided, err := s.decidePrompt(op)
	if err != nil {
		return
	}
	paid := decided.State == kit.Settled
	for _, success := range s.Fate(KindPrompt, op.FateKey).Callbacks(paid) {
		if success && !paid {
			continue
		}
		if body, err := json.Marshal(s.promptFinding(decided, success)); err == nil {
			s.send(ctx, url, body)
		}
	}
	if !paid {
		return
	}
	if collection, found, err := s.Ledger.Find(kit.KindCollection, decided.Ref); err == nil && found {
		s.confirm(ctx, collection, s.Fate(kit.KindCollection, collection.FateKey))
	}
}

func (s *Server) promptFinding(op kit.Operation, success bool) promptBody {
	var b promptBody
	told := &b.Body.Callback
	told.MerchantRequestID, told.CheckoutRequestID = op.RailID, op.ID
	result := s.promptResult(op, success)
	told.ResultCode, told.ResultDesc = code(result), descriptions[result]
	if success {
		told.ResultDesc = textSuccess
		told.CallbackMetadata = &promptMetadata{Item: []metadataItem{
			{Name: "Amount", Value: jsontext.Value(s.wholeText(op.Minor))},
			{Name: "MpesaReceiptNumber", Value: text("", op.Ref).Value},
			{Name: "Balance"},
			{Name: "TransactionDate", Value: jsontext.Value(s.stamp("20060102150405"))},
			{Name: "PhoneNumber", Value: jsontext.Value(op.Account)},
		}}
	}
	return b
}

func (s *Server) promptResult(op kit.Operation, success bool) string {
	switch {
	case success:
		return "0"
	case op.State == kit.Declined:
		return op.Code
	default:
		return "1032"
	}
}

// servePushQuery says what became of a prompt: whether it was paid, and nothing of the payment.
func (s *Server) servePushQuery(w http.ResponseWriter, _ *http.Request, body []byte) {
	var q pushQuery
	if !read(w, body, &q) {
		return
	}
	if !s.passes(q.BusinessShortCode, q.Timestamp, q.Password) {
		refuse(w, http.StatusInternalServerError, "500.001.1001", "Wrong credentials")
		return
	}
	op, found, err := s.Ledger.Get(KindPrompt, q.CheckoutRequestID)
	switch {
	case err != nil:
		internal(w)
	case !found:
		invalid(w, "CheckoutRequestID")
	case op.State == kit.Accepted:
		refuse(w, http.StatusInternalServerError, "500.001.1001", "The transaction is being processed")
	default:
		paid := op.State == kit.Settled
		result := s.promptResult(op, paid)
		description := descriptions[result]
		if paid {
			description = textSuccess
		}
		kit.WriteJSON(w, http.StatusOK, pushAnswer{
			MerchantRequestID: op.RailID, CheckoutRequestID: op.ID, ResponseCode: "0",
			ResponseDescription: "The service request has been accepted successfully", ResultCode: result, ResultDesc: description,
		})
	}
}
