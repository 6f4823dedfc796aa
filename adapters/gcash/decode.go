package gcash

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/adapters/qrph"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// The payloads that Decode reads: requests and answers of the wallet's API, the bank's messages, and QR Ph codes.
const (
	kindNotify         = "notifyPayment"
	kindPay            = "pay"
	kindInquiryPayment = "inquiryPayment"
	kindRefund         = "refund"
	kindInquiryRefund  = "inquiryRefund"
	kindReport         = "pacs.002"
	kindTransfer       = "pacs.008"
	kindQR             = "qrph"
)

// readers read the payloads, each by the function that the rail uses in service.
var readers = map[string]func(body []byte) adapters.Reading{
	kindNotify:         readNotification,
	kindPay:            readPay,
	kindInquiryPayment: readInquiryPayment,
	kindRefund:         readRefund,
	kindInquiryRefund:  readInquiryRefund,
	kindReport:         readReport,
	kindTransfer:       readTransfer,
	kindQR:             readQR,
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
	errNoKind   = errors.New("gcash: not a payload of this rail")
	errUnsigned = errors.New("gcash: the signature of this payload travels in its headers, which are not here")
)

// Why the rail is asked before a payload counts. What a payload does not tell, the amount from which every success is
// confirmed, is the configuration's.
const (
	confirmFailure = "a callback says that it failed, and money would move back on that"
	confirmAmount  = "it states no amount"
)

// Decode tells what the rail makes of a recorded payload. A pacs.002 is read as one that the bank sends by itself; in an
// answer to a status query, a rejection for no listed reason is final, too.
func Decode(p adapters.Payload) adapters.Reading {
	kind := p.Kind
	if kind == "" {
		var err error
		if kind, err = kindOf(p.Body); err != nil {
			return adapters.RefusedReading("", err)
		}
	}
	read, ok := readers[kind]
	if !ok {
		return adapters.RefusedReading(kind, errNoKind)
	}
	r := read(p.Body)
	r.Kind = kind
	if p.Trust != nil && r.Refused == "" {
		r.Signature, r.Refused = adapters.SignatureAbsent, errUnsigned.Error()
	}
	return r
}

// kindOf tells a payload by its content. It takes a refused refund for a refused inquiry about
// one, which decides nothing: the two look alike.
func kindOf(body []byte) (string, error) {
	body = bytes.TrimSpace(body)
	switch {
	case bytes.HasPrefix(body, []byte("000201")):
		return kindQR, nil
	case bytes.HasPrefix(body, []byte("<")):
		for kind, root := range map[string]string{kindReport: "FIToFIPmtStsRpt", kindTransfer: "FIToFICstmrCdtTrf"} {
			if bytes.Contains(body, []byte("<"+root+">")) {
				return kind, nil
			}
		}
		return "", errNoKind
	}
	value, err := strictjson.Parse(body, bodyLimits)
	if err != nil {
		return "", fmt.Errorf("gcash: decode: %w", err)
	}
	names := value.Names()
	for _, sign := range []struct{ name, kind string }{ // the first that is there
		{"paymentStatus", kindNotify},
		{"paymentFactor", kindPay}, {"redirectActionForm", kindPay},
		{"refundStatus", kindInquiryRefund}, {"refundAmount", kindRefund}, {"refundRequestId", kindInquiryRefund},
		{"paymentResult", kindInquiryPayment}, {"paymentRequestId", kindInquiryPayment}, {"paymentId", kindPay},
	} {
		if slices.Contains(names, sign.name) {
			return sign.kind, nil
		}
	}
	return "", errNoKind
}

// isAnswer tells an answer of the API from the request: every answer has a result.
func isAnswer(body []byte) bool {
	value, err := strictjson.Parse(body, bodyLimits)
	return err == nil && slices.Contains(value.Names(), "result")
}

// request is the reading of what an adapter asks.
func request(ids map[string]string, amount *Amount) adapters.Reading {
	r := adapters.Reading{About: adapters.AboutRequest}
	for what, id := range ids {
		r.Name(what, id)
	}
	if amount == nil {
		return r
	}
	money, err := amount.Money()
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	return stating(r, money)
}

func stating(r adapters.Reading, money fx.Money) adapters.Reading {
	amount := messaging.NewAmount(money)
	r.Amount = &amount
	return r
}

func readNotification(body []byte) adapters.Reading {
	n, c, err := decodeNotification(body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	r := adapters.ReadingOfCollection("", c)
	if n.PaymentStatus != StatusSuccess {
		r.State, r.Text = adapters.Failed, n.PaymentFailReason
		r.Refused = "there is no money and nothing to record: the order stays open"
	}
	return r
}

func readInquiryPayment(body []byte) adapters.Reading {
	if !isAnswer(body) {
		q, err := decode[InquiryPaymentRequest](body)
		if err != nil {
			return adapters.RefusedReading("", err)
		}
		return request(map[string]string{"order": q.PaymentRequestID}, nil)
	}
	answer, err := decode[InquiryPaymentResponse](body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	c, found, err := paymentInquired(answer)
	if err == nil && found {
		return adapters.ReadingOfCollection("", c)
	}
	r := adapters.Reading{About: adapters.AboutCollection, Code: answer.Result.ResultCode, Text: answer.Result.ResultMessage}
	r.Name("order", answer.PaymentRequestID)
	if r.Refused = "nobody has paid, or not yet"; err != nil {
		r.Refused = err.Error()
	}
	return r
}

func readPay(body []byte) adapters.Reading {
	if !isAnswer(body) {
		q, err := decode[PayRequest](body)
		if err != nil {
			return adapters.RefusedReading("", err)
		}
		return request(map[string]string{"order": q.PaymentRequestID}, &q.PaymentAmount)
	}
	answer, err := decode[PayResponse](body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	p, c := promptAnswered(answer, "")
	if c != nil {
		return adapters.ReadingOfCollection("", *c)
	}
	r := adapters.Reading{About: adapters.AboutRequest, Code: p.Code, Text: p.Text}
	r.Name("rail_id", p.RailID)
	r.Name("action", p.Action)
	switch {
	case p.Err != nil:
		r.Refused = p.Err.Error()
	case p.State == adapters.Failed:
		r.Refused = "the customer was not asked: the order stays open"
	}
	return r
}

func readRefund(body []byte) adapters.Reading {
	if !isAnswer(body) {
		q, err := decode[RefundRequest](body)
		if err != nil {
			return adapters.RefusedReading("", err)
		}
		return request(map[string]string{"operation": q.RefundRequestID, "collection": q.PaymentID}, &q.RefundAmount)
	}
	answer, err := decode[RefundResponse](body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	return readingOfRefund(answer.RefundRequestID, refundAnswered(answer))
}

func readInquiryRefund(body []byte) adapters.Reading {
	if !isAnswer(body) {
		q, err := decode[InquiryRefundRequest](body)
		if err != nil {
			return adapters.RefusedReading("", err)
		}
		return request(map[string]string{"operation": q.RefundRequestID}, nil)
	}
	answer, err := decode[InquiryRefundResponse](body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	return readingOfRefund(answer.RefundRequestID, refundInquired(answer))
}

func readingOfRefund(operation string, e adapters.Evidence) adapters.Reading {
	r := adapters.ReadingOf("", adapters.AboutRefund, e)
	r.Name("operation", operation)
	if e.State == adapters.Settled && operation == "" {
		r.Refused = "it does not say of which refund"
	}
	return r
}

func readReport(body []byte) adapters.Reading {
	report, err := iso20022.ParseStatusReport(body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	operation, err := clearing.OperationOf(report)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	e := clearing.Evidence(report, adapters.FromCallback)
	r := adapters.ReadingOf("", adapters.AboutPayout, e)
	r.Name("operation", operation)
	r.Name("uetr", report.ID.UETR)
	switch {
	case e.State == adapters.Failed:
		r.Confirm = confirmFailure
	case e.State == adapters.Settled && e.Amount == nil:
		r.Confirm = confirmAmount
	}
	return r
}

func readTransfer(body []byte) adapters.Reading {
	t, err := iso20022.ParseCreditTransfer(body)
	if err != nil {
		return adapters.RefusedReading("", err)
	}
	r := stating(adapters.Reading{About: adapters.AboutRequest, Account: t.CreditorAccount.ID, Text: t.Remittance}, t.Amount)
	r.Name("operation", t.ID.TxID)
	r.Name("uetr", t.ID.UETR)
	return r
}

func readQR(body []byte) adapters.Reading {
	code, err := qrph.Parse(string(bytes.TrimRight(body, "\r\n")))
	if err != nil {
		return adapters.RefusedReading("", fmt.Errorf("gcash: %w", err))
	}
	to := code.Receiver
	r := adapters.Reading{About: adapters.AboutRequest, Account: cmp.Or(to.Account, to.Merchant, to.Mobile), Text: code.Name}
	r.Name("bank", to.BIC)
	r.Name("merchant", to.Merchant)
	r.Name("reference", code.Reference())
	if code.Amount == (fx.Money{}) {
		return r
	}
	return stating(r, code.Amount)
}
