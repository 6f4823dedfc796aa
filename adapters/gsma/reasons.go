package gsma

// ISO 20022 status reasons (ExternalStatusReason1Code).
const (
	reasonFunds      = "AM04"
	reasonLimit      = "AM02"
	reasonAmount     = "AM12"
	reasonCurrency   = "AM03"
	reasonAccount    = "AC01"
	reasonForm       = "AC03"
	reasonRegulatory = "RR04"
	reasonFormat     = "FF01"
	reasonNarrative  = "NARR"
)

// Error codes with a meaning of their own.
const (
	codeDuplicate  = "duplicateRequest" // of this one, and not a word about the first
	codeRate       = "rateLimitError"
	codeIdentifier = "identifierError"
)

// Error categories with a meaning of their own.
const (
	categoryInternal      = "internal"
	categoryAuthorisation = "authorisation"
	categoryUnavailable   = "serviceUnavailable"
)

// declines maps the harmonised error codes after which the money has not moved and will not to a status reason. What
// is not here is unknown: duplicateRequest and rateLimitError among the listed ones, and those of authorisation, which
// the gate in front of the API says.
var declines = map[string]string{
	"insufficientFunds": reasonFunds,

	"dailyVolumeLimitExceeded":       reasonLimit,
	"dailyValueLimitExceeded":        reasonLimit,
	"weeklyVolumeLimitExceeded":      reasonLimit,
	"weeklyValueLimitExceeded":       reasonLimit,
	"monthlyVolumeLimitExceeded":     reasonLimit,
	"monthlyValueLimitExceeded":      reasonLimit,
	"accountMaxTotalVolumeExceeded":  reasonLimit,
	"accountMaxTotalValueExceeded":   reasonLimit,
	"lessThanTransactionMinValue":    reasonLimit,
	"greaterThanTransactionMaxValue": reasonLimit,
	"maxBalanceExceeded":             reasonLimit,

	codeIdentifier:         reasonAccount,
	"samePartiesError":     reasonAccount,
	"currencyNotSupported": reasonCurrency,

	"formatError":               reasonFormat,
	"lengthError":               reasonFormat,
	"mandatoryValueNotSupplied": reasonFormat,
	"negativeValue":             reasonFormat,
	"transactionTypeError":      reasonFormat,

	"countryofOriginNotPermitted": reasonRegulatory,
	"nationalityNotPermitted":     reasonRegulatory,
	"idDocumentNotSupported":      reasonRegulatory,
	"issuingCountryNotSupported":  reasonRegulatory,

	"requestDeclined":        reasonNarrative,
	"incorrectState":         reasonNarrative,
	"genericError":           reasonNarrative,
	"noMandateAuthority":     reasonNarrative,
	"linkViolation":          reasonNarrative,
	"quoteHasExpired":        reasonNarrative,
	"underPaymentNotAllowed": reasonNarrative,
	"overPaymentNotAllowed":  reasonNarrative,
}
