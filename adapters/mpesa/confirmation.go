package mpesa

import (
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// confirmation is a C2B payment as its validation and confirmation callbacks describe it.
type confirmation struct {
	receipt   string
	shortcode string
	collected adapters.Collection
}

// decodeConfirmation reads the body of a C2B callback. Errors are malformed.
func decodeConfirmation(body []byte, c fx.Currency) (confirmation, error) {
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return confirmation{}, err
	}
	var read confirmation
	var amount, reference, payer string
	err = root.Fields(map[string]*string{
		"TransID":           &read.receipt,
		"TransAmount":       &amount,
		"BusinessShortCode": &read.shortcode,
		"BillRefNumber":     &reference,
		"MSISDN":            &payer,
	})
	if err != nil {
		return confirmation{}, err
	}
	read.collected, err = newCollection(read.receipt, reference, amount, payer, c)
	read.collected.Origin = adapters.FromCallback
	return read, err
}

// newCollection checks what a callback and a pulled row have in common. payer may be masked or hashed.
func newCollection(receipt, reference, amount, payer string, c fx.Currency) (adapters.Collection, error) {
	if !receiptForm.MatchString(receipt) {
		return adapters.Collection{}, &DecodeError{Fault: "the receipt is not 1 to 35 letters and digits"}
	}
	money, err := parseAmount(amount, c)
	if err != nil || money.Minor <= 0 {
		return adapters.Collection{}, &DecodeError{Fault: "the amount is no positive amount of " + c.String()}
	}
	return adapters.Collection{
		OrderRef: shorten(strings.TrimSpace(reference), messaging.MaxReferenceLength),
		RailRef:  receipt,
		Amount:   money,
		Payer:    shorten(strings.TrimSpace(payer), 2*messaging.MaxAccountLength),
	}, nil
}
