package upi

import "github.com/ayni-switch/ayni/adapters"

// Response codes that end nothing.
const (
	CodeSuccess  = "00"
	CodePending  = "01"
	CodeDeemed   = "RB"  // deemed approved: the beneficiary's bank has not answered
	CodeDoubtful = "96"  // deemed, or failed
	CodeNotFound = "U48" // no such transaction: an answer to a question, not an end
	CodeTimeout  = "UP"
)

// ISO 20022 status reasons (ExternalStatusReason1Code).
const (
	reasonFunds     = "AM04"
	reasonLimit     = "AM02"
	reasonAmount    = "AM12"
	reasonCurrency  = "AM03"
	reasonAccount   = "AC03"
	reasonBlocked   = "AC06"
	reasonProxy     = "BE23"
	reasonFraud     = "FR01"
	reasonTimeout   = "AB05"
	reasonFormat    = "FF01"
	reasonNarrative = "NARR"
)

// declines maps the codes with which a FAILURE is final to a status reason. What is not here is unknown,
// whatever status comes with it.
var declines = map[string]string{
	"59":        reasonFraud,
	"U30":       reasonNarrative, // the debit failed
	"U69":       reasonTimeout,   // expired before it was carried out
	"XH":        reasonAccount,
	"XI":        reasonAccount,
	"YE":        reasonBlocked,
	"YF":        reasonBlocked,
	"Z7":        reasonLimit,
	"Z8":        reasonLimit,
	"Z9":        reasonFunds,
	"ZA":        reasonNarrative, // declined by the customer
	"ZH":        reasonProxy,
	"ZM":        reasonNarrative, // wrong PIN
	"ZU":        reasonLimit,
	CodeTimeout: reasonTimeout,
}

// declined returns the status reason of a FAILURE with this code; "" where that ends nothing.
func declined(code string, origin adapters.Origin) (reason string) {
	if finalOnQuery[code] && origin != adapters.FromQuery {
		return ""
	}
	return declines[code]
}

// finalOnQuery are the declines that end an operation only when a query says so: a timeout that is told
// in passing is a silence, and silence is not a no.
var finalOnQuery = map[string]bool{CodeTimeout: true}
