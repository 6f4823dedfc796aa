package sandbox

import (
	"context"
	"crypto/rand"
	"net/http"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

type statusRequest struct {
	Initiator              string
	SecurityCredential     string
	CommandID              string
	TransactionID          string
	OriginalConversationID string
	PartyA                 word
	IdentifierType         word
	ResultURL              string
	QueueTimeOutURL        string
	Remarks                string
	Occasion               string
}

// nextConversationID names a conversation that nothing asks for again after a restart.
func (s *Server) nextConversationID() string { return "AG_" + rand.Text()[:24] }

// serveStatus acknowledges a question and answers it by callback, always with the truth, unless that is not visible yet.
func (s *Server) serveStatus(w http.ResponseWriter, _ *http.Request, body []byte) {
	var q statusRequest
	if !read(w, body, &q) {
		return
	}
	switch {
	case q.CommandID != "TransactionStatusQuery":
		invalid(w, "CommandID")
	case string(q.PartyA) != s.cfg.Shortcode || q.IdentifierType != "4":
		invalid(w, "PartyA")
	case q.TransactionID == "" && q.OriginalConversationID == "":
		invalid(w, "TransactionID")
	case q.ResultURL == "" || q.QueueTimeOutURL == "":
		invalid(w, "ResultURL")
	default:
		conversation := s.nextConversationID()
		f := finding{originator: "Q" + conversation, conversation: conversation}
		if s.Settling(kit.Fate{}, func(ctx context.Context) { s.answerStatus(ctx, q, f) }) != nil {
			internal(w)
			return
		}
		acknowledge(w, f.originator, f.conversation)
	}
}

func (s *Server) answerStatus(ctx context.Context, q statusRequest, f finding) {
	op, found, err := s.lookUp(q)
	if err != nil {
		return
	}
	switch {
	case q.Initiator != s.cfg.Initiator || !s.credentials.check(q.SecurityCredential):
		f.code = codeBadInitiator
	case !found || !s.Visible(op):
		f.code = "R000002"
	default:
		f.code, f.description = "0", textSuccess
		f.parameters = s.statusParameters(op, q)
	}
	if f.code != "0" {
		f.description = descriptions[f.code]
	}
	s.sendFinding(ctx, q.ResultURL, f)
}

// lookUp finds an operation by the receipt of a settled one, or by either of its conversation ids.
func (s *Server) lookUp(q statusRequest) (kit.Operation, bool, error) {
	if q.TransactionID != "" {
		for _, kind := range []string{kit.KindPayout, kit.KindCollection, kit.KindRefund} {
			op, found, err := s.Ledger.Find(kind, q.TransactionID)
			if err != nil || found {
				return op, found && op.State == kit.Settled, err
			}
		}
		return kit.Operation{}, false, nil
	}
	op, found, err := s.Ledger.Get(kit.KindPayout, q.OriginalConversationID)
	for _, kind := range []string{kit.KindPayout, kit.KindRefund} {
		if err == nil && !found {
			op, found, err = s.Ledger.Find(kind, q.OriginalConversationID)
		}
	}
	return op, found, err
}

func (s *Server) statusParameters(op kit.Operation, q statusRequest) []parameter {
	conversation, originator := op.RailID, "O"+op.RailID
	if op.Kind == kit.KindPayout {
		originator = op.ID
	} else if q.OriginalConversationID != "" { // a reversal answers to each of its conversations
		conversation, originator = q.OriginalConversationID, "O"+q.OriginalConversationID
	}
	parameters := []parameter{
		text("OriginatorConversationID", originator),
		text("ConversationID", conversation),
		{Key: "DebitPartyCharges"},
	}
	switch op.State {
	case kit.Settled:
		return append(parameters,
			text("TransactionStatus", "Completed"),
			text("ReceiptNo", op.Ref),
			text("Amount", s.money(op.Minor)),
			text("CreditPartyName", op.Account+" - Customer"),
			text("FinalisedTime", s.stamp("20060102150405")))
	case kit.Declined:
		return append(parameters, text("TransactionStatus", "Declined"), text("TransactionReason", descriptions[op.Code]))
	default:
		return append(parameters, text("TransactionStatus", "Pending"))
	}
}
