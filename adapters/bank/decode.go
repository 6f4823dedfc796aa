package bank

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// The payloads that Decode reads, and those that are only sent.
const (
	kindTransfer = "pacs.008"
	kindReport   = "pacs.002"
	kindReturn   = "pacs.004"
	kindRequest  = "pacs.028"
	kindRecall   = "camt.056"

	kindRecallAnswer = "camt.029"
	kindRejection    = "admi.002"
)

// answeredBy says which message answers which.
var answeredBy = map[string]string{kindTransfer: kindReport, kindRequest: kindReport, kindRecall: kindRecallAnswer}

// readers read the payloads, each by the function that the rail uses in service.
var readers = map[string]func(body []byte) adapters.Reading{
	kindTransfer: readTransfer,
	kindReport:   readReport,
	kindReturn:   readReturn,
	kindRequest:  readRequest,
	kindRecall:   readRecall,
}

func kinds() []string {
	names := make([]string, 0, len(readers))
	for name := range readers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var (
	errNoKind   = &refusal{http.StatusBadRequest, "FF01", "not a message of this rail"}
	errUnsigned = errors.New("bank: messages of this rail are not signed: who sent them says a token")
)

// Why the bank is asked before a report counts.
const (
	confirmFailure = "a report that nobody asked for says that it failed, and money would move back on that"
	confirmAmount  = "it states no amount"
	confirmForeign = "its ids are not those of one payment of ours: in service it is refused"
)

// Decode tells what the rail makes of a recorded message. A pacs.002 is read as one that the bank sends by itself.
func Decode(p adapters.Payload) adapters.Reading {
	kind := p.Kind
	if message, _, err := beginning(p.Body); err != nil {
		return adapters.RefusedReading(kind, err)
	} else if kind == "" {
		kind = iso20022.Family(message)
	}
	read, ok := readers[kind]
	if !ok {
		return adapters.RefusedReading("", errNoKind)
	}
	r := read(p.Body)
	r.Kind = kind
	if p.Trust != nil && r.Refused == "" {
		r.Signature, r.Refused = adapters.SignatureAbsent, errUnsigned.Error()
	}
	return r
}

func stating(r adapters.Reading, money fx.Money) adapters.Reading {
	r.Amount = new(messaging.NewAmount(money))
	return r
}

// readTransfer reads payments of the bank's, which count once we have taken them, and not before.
func readTransfer(body []byte) adapters.Reading {
	var parts []adapters.Reading
	_, err := message{adapters.Document{Body: body}}.each(func(_ int, t iso20022.GroupedTransfer) error {
		if t.Fault != nil {
			parts = append(parts, adapters.RefusedReading(kindTransfer, t.Fault))
		} else {
			parts = append(parts, readPayment(t.CreditTransfer))
		}
		return nil
	})
	switch {
	case err != nil:
		return adapters.RefusedReading("", err)
	case len(parts) == 1:
		return parts[0]
	}
	return adapters.Reading{About: adapters.AboutRequest, Parts: parts}
}

func readPayment(t iso20022.CreditTransfer) adapters.Reading {
	r := stating(adapters.Reading{About: adapters.AboutRequest, Account: t.DebtorAccount.ID, Text: t.Remittance}, t.Amount)
	r.Name("order", t.ID.EndToEndID)
	r.Name("uetr", t.ID.UETR)
	r.Name("creditor", t.CreditorAccount.ID)
	r.Name("creditor_agent", agentText(t.CreditorAgent))
	return r
}

func readReport(body []byte) adapters.Reading {
	report, err := iso20022.ParseStatusReport(body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	operation, err := operationOf(report)
	if err != nil {
		operation = cmp.Or(report.ID.TxID, report.OriginalMsgID)
	}
	e, about := evidence(report, adapters.FromCallback), adapters.AboutPayout
	if aboutReturn(report) {
		about = adapters.AboutRefund
	}
	r := adapters.ReadingOf("", about, e)
	r.Name("operation", operation)
	r.Name("uetr", report.ID.UETR)
	switch {
	case err != nil && e.State != adapters.Unknown:
		r.Confirm = confirmForeign
	case e.State == adapters.Failed:
		r.Confirm = confirmFailure
	case e.State == adapters.Settled && e.Amount == nil:
		r.Confirm = confirmAmount
	}
	return r
}

// readReturn reads money that came back: there is nothing to ask about it.
func readReturn(body []byte) adapters.Reading {
	p, err := iso20022.ParsePaymentReturn(body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	r := adapters.Reading{About: adapters.AboutPayout, State: adapters.Failed, Code: p.Reason, Text: p.Info, Reason: reasonOf(p)}
	r = stating(r, p.Amount)
	r.Name("return", p.ID)
	r.Name("operation", p.Original.TxID)
	r.Name("uetr", p.Original.UETR)
	if err := whole(p); err != nil {
		r.Refused = err.Error()
	}
	return r
}

func readRequest(body []byte) adapters.Reading {
	q, err := iso20022.ParseStatusRequest(body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	r := adapters.Reading{About: adapters.AboutRequest}
	r.Name("operation", q.ID.TxID)
	r.Name("uetr", q.ID.UETR)
	return r
}

// readRecall reads the wish to have a payment back.
func readRecall(body []byte) adapters.Reading {
	c, err := iso20022.ParseRecall(body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	r := adapters.Reading{About: adapters.AboutRequest, Code: c.Reason, Text: c.Info}
	if c.OriginalAmount.Minor != 0 {
		r = stating(r, c.OriginalAmount)
	}
	r.Name("recall", c.ID)
	r.Name("uetr", c.Original.UETR)
	return r
}
