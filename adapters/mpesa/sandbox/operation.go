package sandbox

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// What payouts and reversals are declined with, by the dice.
var (
	payoutDeclines   = []string{"2040", "8", "4", "2006"}
	reversalDeclines = []string{"1", "2006"}
)

const (
	codeBadInitiator = "2001"
	codeDailyLimit   = "4"
	codeBalanceCap   = "8"
)

// overtake is how long an answer waits at most for the callback that is to overtake it.
const overtake = 200 * time.Millisecond

// contraryDecline is what a false failure says.
const contraryDecline = "1"

// payoutRequest holds the last name in both spellings: the rail's documents have Occassion, clients write Occasion.
type payoutRequest struct {
	OriginatorConversationID string
	InitiatorName            string
	SecurityCredential       string
	CommandID                string
	Amount                   word
	PartyA                   word
	PartyB                   word
	Remarks                  string
	QueueTimeOutURL          string
	ResultURL                string
	Occassion                string
	Occasion                 string
}

type reversalRequest struct {
	Initiator              string
	SecurityCredential     string
	CommandID              string
	TransactionID          string
	Amount                 word
	ReceiverParty          word
	RecieverIdentifierType word
	ResultURL              string
	QueueTimeOutURL        string
	Remarks                string
	Occasion               string
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
	case string(p.PartyA) != s.cfg.Shortcode:
		invalid(w, "PartyA")
	case !isPhone(p.PartyB):
		invalid(w, "PartyB")
	case len(p.Remarks) < 2 || len(p.Remarks) > 100 || len(p.Occassion) > 100 || len(p.Occasion) > 100:
		invalid(w, "Remarks")
	case p.ResultURL == "" || p.QueueTimeOutURL == "":
		invalid(w, "ResultURL")
	default:
		s.acceptPayout(w, r, p, amount)
	}
}

func (s *Server) acceptPayout(w http.ResponseWriter, r *http.Request, p payoutRequest, amount fx.Money) {
	account, now := string(p.PartyB), time.Now()
	fate := s.Fate(kit.KindPayout, account)
	strike, err := s.Strike(kit.KindPayout, p.OriginatorConversationID, fate)
	if err != nil || strike == kit.StrikeError {
		internal(w)
		return
	}
	if strike == kit.StrikeTimeout {
		s.Silence(r)
	}
	op := kit.Operation{
		Kind: kit.KindPayout, ID: p.OriginatorConversationID, FateKey: account,
		Account: account, Minor: amount.Minor, State: kit.Accepted,
		RailID: s.conversationID(kit.KindPayout, p.OriginatorConversationID), CreatedMS: now.UnixMilli(),
	}
	op.Aliases = []string{op.RailID, s.receipt(op)}
	switch { // what Daraja checks after it has acknowledged
	case p.InitiatorName != s.cfg.Initiator || !s.credentials.check(p.SecurityCredential):
		op.State, op.Code = kit.Declined, codeBadInitiator
	case amount.Minor < s.cfg.PayoutMinMinor:
		op.State, op.Code = kit.Declined, "2"
	case amount.Minor > s.cfg.PayoutMaxMinor:
		op.State, op.Code = kit.Declined, "3"
	default:
		if limit := s.wallets.credit(account, amount.Minor, now.In(s.cfg.Zone)); limit != "" {
			op.State, op.Code = kit.Declined, limit
		}
	}
	stored, created, err := s.Ledger.Create(op)
	if (err != nil || !created) && op.State == kit.Accepted {
		s.wallets.uncredit(account, amount.Minor, now.In(s.cfg.Zone))
	}
	if err != nil {
		internal(w)
		return
	}
	if !created {
		refuse(w, http.StatusInternalServerError, "500.002.1001", "Duplicate OriginatorConversationID.")
		return
	}
	s.queueTimeout(fate, p.QueueTimeOutURL, finding{originator: stored.ID, conversation: stored.RailID})
	err = s.settle(fate, func(ctx context.Context) { s.finishPayout(ctx, stored, p.ResultURL) })
	if strike == kit.StrikeTimeoutAccepted {
		s.Silence(r)
	}
	if err != nil { // closing: it is in the ledger, and the next run decides it
		internal(w)
		return
	}
	acknowledge(w, stored.ID, stored.RailID)
}

// decide settles or declines an accepted operation.
func (s *Server) decide(op kit.Operation) (kit.Operation, error) {
	switch op.Kind {
	case KindPrompt:
		return s.decidePrompt(op)
	case kit.KindRefund:
		return s.Decide(op, s.receipt(op), reversalDeclines)
	}
	decided, err := s.Decide(op, s.receipt(op), payoutDeclines)
	if err == nil && op.State == kit.Accepted && decided.State == kit.Declined {
		s.wallets.uncredit(op.Account, op.Minor, time.UnixMilli(op.CreatedMS).In(s.cfg.Zone))
	}
	return decided, err
}

// settle has the rail decide on an operation of this fate. One that is out of order is decided, and its callback sent,
// before the request is answered; the adapter may wait for that answer, so the sandbox does not wait for the adapter.
func (s *Server) settle(fate kit.Fate, job func(context.Context)) error {
	if !fate.Reorder {
		return s.Settling(fate, job)
	}
	done := make(chan struct{})
	err := s.Later(0, func(ctx context.Context) {
		defer close(done)
		job(ctx)
	})
	if err != nil {
		return err
	}
	overtaken := time.NewTimer(overtake)
	defer overtaken.Stop()
	select {
	case <-done:
	case <-overtaken.C:
	}
	return nil
}

// queueTimeout tells, where the rail is late to decide, that a request waited too long. It is no end: the request is
// carried out all the same.
func (s *Server) queueTimeout(fate kit.Fate, url string, f finding) {
	if fate.Delay == 0 || fate.LostCallback {
		return
	}
	f.resultType, f.code, f.description = 1, "1", "The service request timed out."
	_ = s.Settling(kit.Fate{}, func(ctx context.Context) { s.sendFinding(ctx, url, f) }) // closing: nobody is told
}

func (s *Server) finishPayout(ctx context.Context, op kit.Operation, url string) {
	decided, err := s.decide(op)
	if err != nil {
		return // it stays accepted, and the next run decides it
	}
	s.Fate(op.Kind, op.FateKey).Tell(decided.State == kit.Settled, func(success bool) bool {
		return s.sendFinding(ctx, url, s.payoutFinding(decided, success))
	})
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
	case string(p.ReceiverParty) != s.cfg.Shortcode:
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
	s.queueTimeout(fate, p.QueueTimeOutURL, f)
	return s.settle(fate, func(ctx context.Context) { s.finishReversal(ctx, stored, f, p.ResultURL, !created) })
}

func (s *Server) finishReversal(ctx context.Context, op kit.Operation, f finding, url string, repeated bool) {
	decided, err := s.decide(op)
	if err != nil {
		return // it stays accepted, and the next run decides it
	}
	f.receipt = s.receipt(op)
	s.Fate(op.Kind, op.FateKey).Tell(decided.State == kit.Settled, func(success bool) bool {
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
		return s.sendFinding(ctx, url, told)
	})
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
