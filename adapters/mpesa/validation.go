package mpesa

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
)

// Answers to C2B callbacks. C2B00014, for what the customer's papers lack, is not ours to say.
const (
	c2bAccepted     = "0"
	c2bBadPayer     = "C2B00011"
	c2bBadAccount   = "C2B00012"
	c2bBadAmount    = "C2B00013"
	c2bBadShortcode = "C2B00015"
	c2bOther        = "C2B00016"
)

// hashedForm is a payer as C2B v1 shows it.
var hashedForm = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)

// serveValidation says whether a customer's payment is taken, before the rail moves money for it.
func (r *Rail) serveValidation(w http.ResponseWriter, body []byte) {
	code := r.validate(body)
	text := "Rejected"
	if code == c2bAccepted {
		text = "Accepted"
	}
	writeCallbackAnswer(w, http.StatusOK, code, text)
}

// validate takes a payment to this shortcode for an order that is expected. A sink that is no Expecter cannot
// tell, and everything that names an order is taken.
func (r *Rail) validate(body []byte) string {
	c, err := decodeConfirmation(body, r.cfg.Currency)
	switch {
	case err != nil:
		return c2bOther
	case c.shortcode != r.cfg.Shortcode:
		return c2bBadShortcode
	case !isPayer(c.collected.Payer):
		return c2bBadPayer
	case !operationForm.MatchString(c.collected.OrderRef):
		return c2bBadAccount
	}
	expecter, ok := r.sink.(adapters.Expecter)
	if !ok {
		return c2bAccepted
	}
	switch expecter.Expects(c.collected.OrderRef, c.collected.Amount) {
	case adapters.ExpectedNow:
		return c2bAccepted
	case adapters.ExpectedAmount:
		return c2bBadAmount
	case adapters.ExpectedUnknown:
		return c2bBadAccount
	case adapters.ExpectedOver:
		return c2bOther
	default:
		return c2bOther
	}
}

// isPayer tells whether the rail could have written this as a payer: in clear, masked or hashed.
func isPayer(payer string) bool {
	return msisdnForm.MatchString(strings.TrimPrefix(payer, "+")) || strings.Contains(payer, "***") || hashedForm.MatchString(payer)
}
