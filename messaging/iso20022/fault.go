package iso20022

import "fmt"

// Fault names why a message was refused, on the way in or out.
type Fault string

// The faults.
const (
	FaultOversized Fault = "oversized"
	FaultEncoding  Fault = "encoding"          // not UTF-8
	FaultDoctype   Fault = "doctype"           // a DOCTYPE or another directive
	FaultSyntax    Fault = "syntax"            // not well-formed XML
	FaultDepth     Fault = "depth"             // nested deeper than any message here
	FaultRoot      Fault = "root"              // not exactly one Document
	FaultNamespace Fault = "namespace"         // another message, a prefix, a foreign attribute
	FaultRepeated  Fault = "repeated_element"  // an element twice where the schema allows one
	FaultAmount    Fault = "amount"            // not a plain positive decimal of a known currency
	FaultCount     Fault = "not_one_payment"   // none, or more than one, payment in the message
	FaultMissing   Fault = "missing"           // a field that the schema or this package requires
	FaultText      Fault = "text"              // too long, or characters that XML cannot carry
	FaultCode      Fault = "code"              // not a code of the set, or not a UETR, BIC or date
	FaultMismatch  Fault = "totals_do_not_tie" // NbOfTxs, CtrlSum or total disagree with the payment
)

// FormatError says what is wrong with a message and where. The same bytes fail again.
type FormatError struct {
	Message string // "pacs.008.001.08"
	Fault   Fault
	Detail  string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("iso20022: %s: %s: %s", e.Message, e.Fault, e.Detail)
}
