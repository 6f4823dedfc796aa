package iso20022

import (
	"strings"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// Fault names why a message was refused, on the way in or out.
type Fault = schema.Fault

// The faults that a schema can tell, and those of what a message says.
const (
	FaultOversized = schema.FaultOversized
	FaultEncoding  = schema.FaultEncoding
	FaultDoctype   = schema.FaultDoctype
	FaultSyntax    = schema.FaultSyntax
	FaultDepth     = schema.FaultDepth
	FaultRoot      = schema.FaultRoot
	FaultNamespace = schema.FaultNamespace
	FaultAttribute = schema.FaultAttribute
	FaultElement   = schema.FaultElement
	FaultOrder     = schema.FaultOrder
	FaultChoice    = schema.FaultChoice
	FaultRepeated  = schema.FaultRepeated
	FaultMissing   = schema.FaultMissing // also a field that this package requires and the schema does not
	FaultAmount    = schema.FaultAmount  // also not positive, of no known currency, or with more decimals than it has
	FaultText      = schema.FaultText
	FaultCode      = schema.FaultCode // also wrong check digits, or a day that nobody settles on

	FaultCount     Fault = "not_one_payment"   // none, or more than one, payment in the message
	FaultMismatch  Fault = "totals_do_not_tie" // NbOfTxs, CtrlSum or total disagree with the payments
	FaultDuplicate Fault = "duplicate"         // a payment twice in one group
)

// FormatError says what is wrong with a message and where. The same bytes fail again.
type FormatError = schema.Error

// faultReasons are the status reasons of what a message says wrongly; a schema's error has its own.
var faultReasons = map[Fault]string{
	FaultAmount: "AM12", FaultCount: "AM18", FaultMismatch: "AM10", FaultDuplicate: "DUPL",
}

// refusal makes the error of what no schema tells.
func refusal(message string, f Fault, detail string) *FormatError {
	code, ok := faultReasons[f]
	if !ok {
		code = "FF01"
	}
	return &FormatError{Message: message, Fault: f, Detail: shorten(detail), Reason: code}
}

// shorten keeps what a hostile message put into an error small.
func shorten(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
