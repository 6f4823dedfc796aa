package mpesa

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

const pathStatusQuery = "/mpesa/transactionstatus/v1/query"

// statusRequest asks what became of a conversation. The answer comes to ResultURL.
type statusRequest struct {
	Initiator              string
	SecurityCredential     string
	CommandID              string
	TransactionID          string
	OriginalConversationID string
	PartyA                 string
	IdentifierType         string
	ResultURL              string
	QueueTimeOutURL        string
	Remarks                string
	Occasion               string
}

// Query asks for the operation's status: State Accepted says that the question was taken and that the
// answer will reach Sink.Evidence. A question that fails says nothing about the operation: Unknown, and
// RetrySafe only for a refund that the rail never acknowledged, for which there is nothing to ask by and
// whose repetition reverses nothing twice. It is asked about by the conversation, which is the operation's
// own; by the receipt only where a reversal's callback named one and its acknowledgement was lost. While the last
// question about it waits for its answer no other is sent.
func (r *Rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	conversation, receipt, seen := op.ID, "", seenByRail
	if op.RailID == "" {
		seen = notSeenByRail
	}
	if op.Kind == messaging.KindRefund {
		conversation = op.RailID
		if conversation == "" {
			receipt = r.receipts.of(op.ID)
		}
		if conversation == "" && receipt == "" {
			return adapters.Evidence{
				State: adapters.Unknown, Origin: adapters.FromQuery, RetrySafe: true,
				Text: "the rail acknowledged no reversal to ask about",
			}
		}
	}
	if !r.asked.begin(op.ID, time.Now()) {
		return adapters.Evidence{State: adapters.Accepted, Origin: adapters.FromQuery, Text: "the last question is not answered yet"}
	}
	a, missing := r.client.ask(ctx, pathStatusQuery, statusRequest{
		Initiator:              r.cfg.Initiator,
		SecurityCredential:     r.credential,
		CommandID:              "TransactionStatusQuery",
		TransactionID:          receipt,
		OriginalConversationID: conversation,
		PartyA:                 r.cfg.Shortcode,
		IdentifierType:         "4",
		ResultURL:              r.signedURL(pathStatusResult, string(op.Kind), op.ID, seen),
		QueueTimeOutURL:        r.callbackURL(pathStatusTimeout),
		Remarks:                "Status",
		Occasion:               op.ID,
	})
	if missing != nil {
		r.asked.end(op.ID)
		return adapters.Evidence{
			State: adapters.Unknown, Origin: adapters.FromQuery, Code: missing.Code, Text: missing.Text, Err: missing.Err,
		}
	}
	// The acknowledgement's ConversationID is the query's own, so it is no RailID.
	return adapters.Evidence{State: adapters.Accepted, Origin: adapters.FromQuery, Code: a.code, Text: a.text}
}
