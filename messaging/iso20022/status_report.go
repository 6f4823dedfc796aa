package iso20022

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageStatusReport is the message definition of StatusReport that is written where nothing else was agreed on.
const MessageStatusReport = "pacs.002.001.10"

// Status is the status of a payment or of a group (ExternalPaymentTransactionStatus1Code, ExternalPaymentGroupStatus1Code).
type Status string

// The statuses that an instant payment meets.
const (
	AcceptedCreditor   Status = "ACCC" // the creditor's account is credited
	AcceptedSettled    Status = "ACSC" // settled between the agents
	AcceptedInProgress Status = "ACSP" // accepted, settlement in progress
	AcceptedTechnical  Status = "ACTC" // of a group: it can be read, and nothing more is said yet
	Partly             Status = "PART" // of a group: some payments are accepted and some are not
	Pending            Status = "PDNG" // held; nobody says yet whether it goes
	Rejected           Status = "RJCT"
)

// StatusReport is a pacs.002 about one payment.
type StatusReport struct {
	MsgID           string
	Created         time.Time
	OriginalMsgID   string
	OriginalMessage string    // "pacs.008.001.08"
	ID              PaymentID // as the original named it; empty in a report on the whole message
	Status          Status
	Reason          string    // ExternalStatusReason1Code, "" for none
	Info            string    // additional information: the raw code and text behind Reason, "" for none
	ServicerRef     string    // the answering bank's own reference (AcctSvcrRef), "" before acceptance
	ClearingRef     string    // the clearing system's reference (ClrSysRef), "" before settlement
	Amount          *fx.Money // of the original, nil where the report does not state it
	CreditorAccount string    // of the original, "" where the report does not state it
	Source          *Source   // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageStatusReport. Errors are *FormatError.
func (r StatusReport) Marshal() ([]byte, error) { return r.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (r StatusReport) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("pacs.002")}
	return w.finish(r.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (r StatusReport) Rest() []Field {
	return rest(r.Source, r.tree(&writer{message: MessageStatusReport}))
}

func (r StatusReport) tree(w *writer) tree {
	return GroupReport{
		MsgID: r.MsgID, Created: r.Created, OriginalMsgID: r.OriginalMsgID, OriginalMessage: r.OriginalMessage,
		Payments: []StatusReport{r},
	}.tree(w)
}

func (r StatusReport) payment(w *writer) tree {
	if r.Status == "" {
		w.fail(FaultMissing, "TxSts")
	}
	var amount fx.Money
	if r.Amount != nil {
		amount = *r.Amount
	}
	return schema.New("TxInfAndSts", append(originalIDs(r.ID),
		schema.Text("TxSts", string(r.Status)),
		w.reason("StsRsnInf", r.Reason, r.Info),
		schema.Text("AcctSvcrRef", r.ServicerRef),
		schema.Text("ClrSysRef", r.ClearingRef),
		schema.New("OrgnlTxRef",
			w.stated("IntrBkSttlmAmt", amount),
			w.account("CdtrAcct", Account{ID: r.CreditorAccount}),
		),
	)...)
}

// ParseStatusReport reads a pacs.002 about one payment. A report that speaks of the whole original message (GrpSts
// without TxInfAndSts) has an empty ID. Errors are *FormatError.
func ParseStatusReport(data []byte) (StatusReport, error) {
	g, err := parseReport(data, MaxMessageBytes)
	if err != nil {
		return StatusReport{}, err
	}
	fail := func(f Fault, detail string) (StatusReport, error) {
		return StatusReport{}, refusal(g.Source.Document.Message, f, detail)
	}
	r := StatusReport{
		MsgID: g.MsgID, Created: g.Created, OriginalMsgID: g.OriginalMsgID, OriginalMessage: g.OriginalMessage,
		Status: g.Status, Reason: g.Reason, Info: g.Info,
	}
	switch len(g.Payments) {
	case 0:
	case 1:
		r = g.Payments[0]
	default:
		return fail(FaultCount, "more than one payment reported")
	}
	if r.Status == "" {
		return fail(FaultMissing, "TxSts")
	}
	r.Source = g.Source
	return r, nil
}
