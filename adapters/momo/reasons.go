package momo

// ISO 20022 status reasons (ExternalStatusReason1Code).
const (
	reasonFunds       = "AM04"
	reasonLimit       = "AM02"
	reasonAmount      = "AM12"
	reasonCurrency    = "AM03"
	reasonPayer       = "AC02"
	reasonPayee       = "AC03"
	reasonBlocked     = "AC06"
	reasonTimeout     = "AB05"
	reasonFormat      = "FF01"
	reasonUnsupported = "AG03"
	reasonNarrative   = "NARR"
)

// Codes with a meaning of their own.
const (
	codeDuplicate = "RESOURCE_ALREADY_EXIST"
	codeNotFound  = "RESOURCE_NOT_FOUND"
)

// declines maps the reason of a transfer that is FAILED to a status reason. FAILED itself is final, so what
// is not here is failed for a reason that only the raw code tells.
var declines = map[string]string{
	"PAYEE_NOT_FOUND":              reasonPayee,
	"PAYER_NOT_FOUND":              reasonPayer,
	"PAYEE_NOT_ALLOWED_TO_RECEIVE": reasonBlocked,
	"NOT_ALLOWED":                  reasonBlocked,
	"NOT_ENOUGH_FUNDS":             reasonFunds,
	"PAYER_LIMIT_REACHED":          reasonLimit,
	"PAYEE_LIMIT_REACHED":          reasonLimit,
	"INVALID_CURRENCY":             reasonCurrency,
	"EXPIRED":                      reasonTimeout,
}

// refusals are the codes of a 400: the rail read the request and took nothing. A 400 with another code, or with
// none, may be anybody's; INVALID_CURRENCY is of the account and not of the payout, so that it sends nobody's money
// back.
var refusals = map[string]string{
	"BAD_REQUEST":     reasonFormat,
	"PAYEE_NOT_FOUND": reasonPayee,
}
