package sandbox

import (
	"context"
	"net/http"
	"strings"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

type balanceRequest struct {
	Initiator          string
	SecurityCredential string
	CommandID          string
	PartyA             word
	IdentifierType     word
	Remarks            string
	QueueTimeOutURL    string
	ResultURL          string
}

// serveBalance acknowledges a question about the shortcode's accounts and answers it by callback.
func (s *Server) serveBalance(w http.ResponseWriter, _ *http.Request, body []byte) {
	var q balanceRequest
	if !read(w, body, &q) {
		return
	}
	switch {
	case q.CommandID != "AccountBalance":
		invalid(w, "CommandID")
	case string(q.PartyA) != s.cfg.Shortcode || q.IdentifierType != "4":
		invalid(w, "PartyA")
	case q.ResultURL == "" || q.QueueTimeOutURL == "":
		invalid(w, "ResultURL")
	default:
		conversation := s.nextConversationID()
		f := finding{originator: "B" + conversation, conversation: conversation, receipt: "OA" + conversation[3:11]}
		if s.Settling(kit.Fate{}, func(ctx context.Context) { s.answerBalance(ctx, q, f) }) != nil {
			internal(w)
			return
		}
		acknowledge(w, f.originator, f.conversation)
	}
}

func (s *Server) answerBalance(ctx context.Context, q balanceRequest, f finding) {
	totals, err := s.Totals()
	if err != nil {
		return
	}
	if q.Initiator != s.cfg.Initiator || !s.credentials.check(q.SecurityCredential) {
		f.code, f.description = codeBadInitiator, descriptions[codeBadInitiator]
	} else {
		utility := s.cfg.FloatMinor + totals[kit.KindCollection][kit.Settled].Minor -
			totals[kit.KindPayout][kit.Settled].Minor - totals[kit.KindRefund][kit.Settled].Minor
		f.code, f.description = "0", textSuccess
		f.parameters = []parameter{
			text("AccountBalance", strings.Join([]string{
				s.account("Working Account", 0), s.account("Utility Account", utility), s.account("Charges Paid Account", 0),
			}, "&")),
			text("BOCompletedTime", s.stamp("20060102150405")),
		}
	}
	s.sendFinding(ctx, q.ResultURL, f)
}

// account writes one account: name, currency, current, available, reserved and uncleared.
func (s *Server) account(name string, minor int64) string {
	held, nothing := s.money(minor), s.money(0)
	return strings.Join([]string{name, s.Currency.String(), held, held, nothing, nothing}, "|")
}
