package mpesa

// Result codes with a meaning of their own.
const (
	codeSuccess         = "0"
	codeAlreadyReversed = "R000001"
	codeUnknownID       = "R000002"
)

// ISO 20022 status reasons (ExternalStatusReason1Code).
const (
	reasonFunds     = "AM04"
	reasonLimit     = "AM02"
	reasonAmount    = "AM12"
	reasonAccount   = "AC03"
	reasonBlocked   = "AC06"
	reasonTimeout   = "AB05"
	reasonFormat    = "FF01"
	reasonNarrative = "NARR"
)

// textSuccess is what the rail calls a success. A refusal that says so too is neither.
const textSuccess = "processed successfully"

// declines maps the result codes after which the money has not moved and will not to a status reason.
// What is not here is unknown: 15 duplicate, 17 internal, 26 busy, 1025 and 9999 prompt failed and 1037
// timeout among the documented ones, for none of them says what became of a payout.
var declines = map[string]string{
	"1":          reasonFunds,
	"2":          reasonLimit, // below the least amount
	"3":          reasonLimit, // above the greatest amount
	"4":          reasonLimit, // daily limit
	"8":          reasonLimit, // the beneficiary's balance would be too high
	"11":         reasonBlocked,
	codeNoRole:   reasonNarrative, // see hold
	"1001":       reasonNarrative, // the subscriber is locked by another payment
	"1019":       reasonTimeout,   // expired before it was carried out
	"1032":       reasonNarrative, // cancelled
	"2006":       reasonBlocked,   // the account's rules forbid it
	"2028":       reasonNarrative, // the product forbids it
	"2040":       reasonAccount,   // unregistered beneficiary
	"SFC_IC0003": reasonAccount,

	codeBadInitiator:     reasonNarrative, // see hold
	codeLockedCredential: reasonNarrative, // see hold
}

// HTTP error codes with a meaning of their own.
const (
	errorToken         = "401.002.01"
	errorTokenOld      = "404.001.03" // the same, as some gateways still say
	errorInvalid       = "400.002.02"
	errorSpikeArrest   = "500.003.02"
	errorQuota         = "500.003.03"
	errorBeingHandled  = "500.001.1001" // also other things, so its text counts
	textBeingProcessed = "being processed"
)
