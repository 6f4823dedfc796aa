package mpesa

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters"
)

const pathReversal = "/mpesa/reversal/v1/request"

// reversalRequest reverses a C2B payment. RecieverIdentifierType is the rail's spelling; "11" is an
// organisation's shortcode. There is no id of ours in it: the receipt is its identity.
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

func (r *Rail) submitRefund(ctx context.Context, op adapters.Operation) adapters.Evidence {
	a, missing := r.client.ask(ctx, pathReversal, reversalRequest{
		Initiator:              r.cfg.Initiator,
		SecurityCredential:     r.credential,
		CommandID:              "TransactionReversal",
		TransactionID:          op.CollectionRef,
		Amount:                 jsontext.Value(writeAmount(op.Amount)),
		ReceiverParty:          r.cfg.Shortcode,
		RecieverIdentifierType: "11",
		ResultURL:              r.signedURL(pathReversalResult, op.ID),
		QueueTimeOutURL:        r.signedURL(pathReversalTimeout, op.ID),
		Remarks:                remarks(op.Reference),
		Occasion:               op.ID,
	})
	if missing != nil {
		return *missing
	}
	return adapters.Evidence{State: adapters.Accepted, RailID: a.conversationID, Code: a.code, Text: a.text}
}
