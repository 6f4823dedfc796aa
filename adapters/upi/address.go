package upi

import (
	"regexp"
	"strings"

	"github.com/ayni-switch/ayni/messaging"
)

// vpaForm is a virtual payment address; accountForm is a bank account and its branch's IFSC, in the form
// by which the network addresses them.
var (
	vpaForm     = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.\-_]{2,38}@[a-zA-Z0-9]{3,20}$`)
	accountForm = regexp.MustCompile(`^[0-9]{5,20}@[A-Z]{4}0[A-Z0-9]{6}\.ifsc\.npci$`)
)

// orderForm is an order's reference.
var orderForm = regexp.MustCompile(`^[A-Za-z0-9]{1,20}$`)

// ValidAddress tells whether text can receive a payout: a VPA (alice@okbank), or account@IFSC.ifsc.npci.
func ValidAddress(text string) bool {
	return len(text) <= messaging.MaxAccountLength && (vpaForm.MatchString(text) || accountForm.MatchString(text))
}

// MaxMinor is the network's limit for one payout to an address, in minor units of a currency with two
// decimals: 500,000 units to a bank account, which IMPS pays, 100,000 to a VPA.
func MaxMinor(address string) int64 {
	if accountForm.MatchString(address) {
		return maxAccountUnits * unitMinor
	}
	return maxVPAUnits * unitMinor
}

// OrderVPA is the VPA of one order: the merchant's with the reference behind its local part
// (shop@bank and R7 make shop.R7@bank).
func OrderVPA(merchantVPA, orderRef string) string {
	local, handle, _ := strings.Cut(merchantVPA, "@")
	return local + "." + orderRef + "@" + handle
}

// orderOf finds the order that a payment to payee is for. A VPA of the order's own says it best, for the
// payer's app writes refID. ours is false where payee is nobody here; ref is "" where no order is named.
func orderOf(merchantVPA, payee, refID string) (ref string, ours bool) {
	local, handle, _ := strings.Cut(merchantVPA, "@")
	paidLocal, paidHandle, _ := strings.Cut(payee, "@")
	if !strings.EqualFold(handle, paidHandle) {
		return "", false
	}
	if strings.EqualFold(local, paidLocal) {
		if orderForm.MatchString(refID) {
			return refID, true
		}
		return "", true
	}
	prefix := len(local) + 1
	if len(paidLocal) > prefix && strings.EqualFold(paidLocal[:prefix], local+".") && orderForm.MatchString(paidLocal[prefix:]) {
		return paidLocal[prefix:], true
	}
	return "", false
}
