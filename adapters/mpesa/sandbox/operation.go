package sandbox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// What payouts and reversals are declined with, by the dice.
var (
	payoutDeclines   = []string{"2040", "8", "4", "2006"}
	reversalDeclines = []string{"1", "2006"}
)

const codeBadInitiator = "2001"

// contraryDecline is what a false failure says.
const contraryDecline = "1"

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

type reversalRequest struct {
	Initiator              string
	SecurityCredential     string
	CommandID              string
	TransactionID          string
	Amount                 jsontext.Value
	ReceiverParty          string
	RecieverIdentifierType string
	ResultURL              string
	QueueTimeOutURL        string
	Remarks                string
	Occasion               string
}

// read decodes a request strictly: an unknown or missing name would be a misspelling.
func read(w http.ResponseWriter, body []byte, into any) bool {
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		invalid(w, "body")
		return false
	}
	return true
}

func invalid(w http.ResponseWriter, field string) {
	refuse(w, http.StatusBadRequest, "400.002.02", "Bad Request - Invalid "+field)
}

// amount reads a request's amount, which may be a number or a text, without a float in between.
func (s *Server) amount(value jsontext.Value) (fx.Money, error) {
	written := string(value)
	if value.Kind() == '"' {
		unquoted, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return fx.Money{}, err
		}
		written = string(unquoted)
	}
	money, err := fx.ParseMoney(written, s.Currency)
	if err == nil && money.Minor <= 0 {
		err = errors.New("not positive")
	}
	return money, err
}

func (s *Server) servePayout(w http.ResponseWriter, r *http.Request, body []byte) {
	var p payoutRequest
	if !read(w, body, &p) {
		return
	}
	amount, err := s.amount(p.Amount)
	switch {
	case p.OriginatorConversationID == "" || len(p.OriginatorConversationID) > 64:
		invalid(w, "OriginatorConversationID")
	case err != nil || amount.Minor%s.unit != 0:
		invalid(w, "Amount")
	case p.CommandID != "BusinessPayment" && p.CommandID != "SalaryPayment" && p.CommandID != "PromotionPayment":
		invalid(w, "CommandID")
	case p.PartyA != s.cfg.Shortcode:
		invalid(w, "PartyA")
	case len(p.PartyB) < 8 || len(p.PartyB) > 15 || strings.Trim(p.PartyB, "0123456789") != "":
		invalid(w, "PartyB")
	case len(p.Remarks) < 2 || len(p.Remarks) > 100 || len(p.Occassion) > 100:
		invalid(w, "Remarks")
	case p.ResultURL == "" || p.QueueTimeOutURL == "":
		invalid(w, "ResultURL")
	default:
		s.acceptPayout(w, r, p, amount)
	}
}

func (s *Server) acceptPayout(w http.ResponseWriter, r *http.Request, p payoutRequest, amount fx.Money) {
	fate := s.Fate(kit.KindPayout, p.PartyB)
	strike, err := s.Strike(kit.KindPayout, p.OriginatorConversationID, fate)
	if err != nil || strike == kit.StrikeError {
		internal(w)
		return
	}
	if strike == kit.StrikeTimeout {
		s.Silence(r)
	}
	op := kit.Operation{
		Kind: kit.KindPayout, ID: p.OriginatorConversationID, FateKey: p.PartyB,
		Account: p.PartyB, Minor: amount.Minor, State: kit.Accepted,
		RailID: s.conversationID(kit.KindPayout, p.OriginatorConversationID), CreatedMS: time.Now().UnixMilli(),
	}
	op.Aliases = []string{op.RailID, s.receipt(op)}
	switch { // what Daraja checks after it has acknowledged
	case p.InitiatorName != s.cfg.Initiator || !s.credentials.check(p.SecurityCredential):
		op.State, op.Code = kit.Declined, codeBadInitiator
	case amount.Minor < s.cfg.PayoutMinMinor:
		op.State, op.Code = kit.Declined, "2"
	case amount.Minor > s.cfg.PayoutMaxMinor:
		op.State, op.Code = kit.Declined, "3"
	}
	stored, created, err := s.Ledger.Create(op)
	if err != nil {
		internal(w)
		return
	}
	if !created {
		refuse(w, http.StatusInternalServerError, "500.002.1001", "Duplicate OriginatorConversationID.")
		return
	}
	err = s.Settling(fate, func(ctx context.Context) { s.finishPayout(ctx, stored, p.ResultURL) })
	if strike == kit.StrikeTimeoutAccepted {
		s.Silence(r)
	}
	if err != nil { // closing: it is in the ledger, and the next run decides it
		internal(w)
		return
	}
	acknowledge(w, stored.ID, stored.RailID)
}

func internal(w http.ResponseWriter) {
	refuse(w, http.StatusInternalServerError, "500.002.1001", "System internal error.")
}

// decide settles or declines an accepted operation.
func (s *Server) decide(op kit.Operation) (kit.Operation, error) {
	declines := payoutDeclines
	if op.Kind == kit.KindRefund {
		declines = reversalDeclines
	}
	return s.Decide(op, s.receipt(op), declines)
}

func (s *Server) finishPayout(ctx context.Context, op kit.Operation, url string) {
	decided, err := s.decide(op)
	if err != nil {
		return // it stays accepted, and the next run decides it
	}
	for _, success := range s.Fate(op.Kind, op.FateKey).Callbacks(decided.State == kit.Settled) {
		s.sendFinding(ctx, url, s.payoutFinding(decided, success))
	}
}

// payoutFinding says that a payout succeeded or failed, be it so or not.
func (s *Server) payoutFinding(op kit.Operation, success bool) finding {
	f := finding{originator: op.ID, conversation: op.RailID, receipt: s.receipt(op)}
	if !success {
		return f.failed(op)
	}
	f.code, f.description = "0", textSuccess
	f.parameters = []parameter{
		{Key: "TransactionAmount", Value: jsontext.Value(s.wholeText(op.Minor))},
		text("TransactionReceipt", f.receipt),
		text("ReceiverPartyPublicName", op.Account+" - Customer"),
		text("TransactionCompletedDateTime", s.stamp("02.01.2006 15:04:05")),
		text("B2CRecipientIsRegisteredCustomer", "Y"),
		{Key: "B2CChargesPaidAccountAvailableFunds"},
	}
	return f
}

// failed makes f say why op failed, or, where it did not, something false.
func (f finding) failed(op kit.Operation) finding {
	f.code = op.Code
	if op.State != kit.Declined {
		f.code = contraryDecline
	}
	f.description = descriptions[f.code]
	return f
}

func (s *Server) serveReversal(w http.ResponseWriter, r *http.Request, body []byte) {
	var p reversalRequest
	if !read(w, body, &p) {
		return
	}
	amount, err := s.amount(p.Amount)
	switch {
	case err != nil:
		invalid(w, "Amount")
	case p.CommandID != "TransactionReversal":
		invalid(w, "CommandID")
	case p.RecieverIdentifierType != "11":
		invalid(w, "RecieverIdentifierType")
	case p.ReceiverParty != s.cfg.Shortcode:
		invalid(w, "ReceiverParty")
	case p.TransactionID == "" || len(p.TransactionID) > 64:
		invalid(w, "TransactionID")
	case len(p.Remarks) < 2 || len(p.Remarks) > 100 || len(p.Occasion) > 100:
		invalid(w, "Remarks")
	case p.ResultURL == "" || p.QueueTimeOutURL == "":
		invalid(w, "ResultURL")
	default:
		s.acceptReversal(w, r, p, amount)
	}
}

// acceptReversal acknowledges every request under a conversation of its own. The reversal itself exists
// once for each receipt, and all its conversations lead to it.
func (s *Server) acceptReversal(w http.ResponseWriter, r *http.Request, p reversalRequest, amount fx.Money) {
	fate := s.Fate(kit.KindRefund, p.TransactionID)
	strike, err := s.Strike(kit.KindRefund, p.TransactionID, fate)
	if err != nil || strike == kit.StrikeError {
		internal(w)
		return
	}
	if strike == kit.StrikeTimeout {
		s.Silence(r)
	}
	conversation := s.nextConversationID()
	f := finding{originator: "O" + conversation, conversation: conversation}
	refused, err := s.refuseReversal(p, amount)
	switch {
	case err != nil:
	case refused != "":
		f.code, f.description = refused, descriptions[refused]
		err = s.Settling(kit.Fate{}, func(ctx context.Context) { s.sendFinding(ctx, p.ResultURL, f) })
	default:
		err = s.reverse(p, amount, f, fate)
	}
	if err != nil { // closing, if not worse: what is in the ledger is decided by the next run
		internal(w)
		return
	}
	if strike == kit.StrikeTimeoutAccepted {
		s.Silence(r)
	}
	acknowledge(w, f.originator, f.conversation)
}

// refuseReversal says with which code a reversal is refused before it is entered, "" if it is not.
func (s *Server) refuseReversal(p reversalRequest, amount fx.Money) (string, error) {
	if p.Initiator != s.cfg.Initiator || !s.credentials.check(p.SecurityCredential) {
		return codeBadInitiator, nil
	}
	paid, found, err := s.Ledger.Find(kit.KindCollection, p.TransactionID)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "R000002", nil
	case amount.Minor > paid.Minor:
		return "3", nil
	}
	return "", nil
}

func (s *Server) reverse(p reversalRequest, amount fx.Money, f finding, fate kit.Fate) error {
	paid, _, err := s.Ledger.Find(kit.KindCollection, p.TransactionID)
	if err != nil {
		return err
	}
	op := kit.Operation{
		Kind: kit.KindRefund, ID: p.TransactionID, FateKey: p.TransactionID,
		Account: paid.Account, Name: paid.Name, Minor: amount.Minor, State: kit.Accepted,
		RailID: f.conversation, CreatedMS: time.Now().UnixMilli(),
	}
	op.Aliases = []string{f.conversation, s.receipt(op)}
	stored, created, err := s.Ledger.Create(op)
	if err == nil && !created {
		err = s.Ledger.Alias(kit.KindRefund, op.ID, f.conversation)
	}
	if err != nil {
		return err
	}
	return s.Settling(fate, func(ctx context.Context) { s.finishReversal(ctx, stored, f, p.ResultURL, !created) })
}

func (s *Server) finishReversal(ctx context.Context, op kit.Operation, f finding, url string, repeated bool) {
	decided, err := s.decide(op)
	if err != nil {
		return // it stays accepted, and the next run decides it
	}
	f.receipt = s.receipt(op)
	for _, success := range s.Fate(op.Kind, op.FateKey).Callbacks(decided.State == kit.Settled) {
		told := f
		switch {
		case !success:
			told = f.failed(decided)
		case repeated:
			told.code, told.description = "R000001", descriptions["R000001"]
		default:
			told.code, told.description = "0", textSuccess
			told.parameters = []parameter{
				text("Amount", s.money(op.Minor)),
				text("OriginalTransactionID", op.ID),
				text("TransCompletedTime", s.stamp("20060102150405")),
				{Key: "Charge", Value: jsontext.Value("0")},
				text("CreditPartyPublicName", op.Account+" - Customer"),
			}
		}
		s.sendFinding(ctx, url, told)
	}
}

func (s *Server) money(minor int64) string {
	return fx.Money{Minor: minor, Currency: s.Currency}.Text()
}

func (s *Server) wholeText(minor int64) string {
	whole, _, _ := strings.Cut(s.money(minor), ".")
	return whole
}

// receipt is the rail's receipt for an operation, known from the start and given out at its end.
func (s *Server) receipt(op kit.Operation) string {
	return s.Dice.Code("receipt/"+s.cfg.Shortcode+"/"+op.Kind, op.ID, 10)
}

func (s *Server) conversationID(kind, id string) string {
	return "AG_" + s.Dice.Code("conversation/"+s.cfg.Shortcode+"/"+kind, id, 24)
}
