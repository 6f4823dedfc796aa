package mpesa

import (
	"context"

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
// own; by the receipt only where a reversal's callback named one and its acknowledgement was lost.
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
		return adapters.Evidence{
			State: adapters.Unknown, Origin: adapters.FromQuery, Code: missing.Code, Text: missing.Text, Err: missing.Err,
		}
	}
	// The acknowledgement's ConversationID is the query's own, so it is no RailID.
	return adapters.Evidence{State: adapters.Accepted, Origin: adapters.FromQuery, Code: a.code, Text: a.text}
}
