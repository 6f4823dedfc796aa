package adapters

import (
	"fmt"
	"regexp"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// orderReference is the form of an order's reference: what customers type into a phone.
var orderReference = regexp.MustCompile(`^[A-Za-z0-9]{1,20}$`)

func refuse(fault messaging.Fault, detail string) *messaging.FaultError {
	return &messaging.FaultError{Fault: fault, Detail: detail}
}

// checkRequest tells what is wrong with the request before it is priced; texts are checked with the
// intent that they become.
func checkRequest(req OrderRequest) *messaging.FaultError {
	switch {
	case !orderReference.MatchString(req.Ref):
		return refuse(messaging.FaultSchema, "ref must be 1 to 20 letters and digits")
	case !messaging.ValidParticipant(req.To):
		return refuse(messaging.FaultSchema, "to does not name a participant")
	case req.Fixed != fx.FixedSource && req.Fixed != fx.FixedDestination:
		return refuse(messaging.FaultSchema, "fixed must be source or destination")
	}
	for _, end := range []struct {
		name  string
		party messaging.Party
	}{{"payer", req.Payer}, {"creditor", req.Creditor}} {
		if end.party.Name == "" || end.party.Account == "" {
			return refuse(messaging.FaultTravelRule, end.name+" needs name and account")
		}
	}
	return nil
}

// payable tells whether the creditor's rail can pay out exactly this.
func payable(amount fx.Money, peer messaging.Peer) *messaging.FaultError {
	step := max(peer.PayoutIncrementMinor, 1)
	switch {
	case amount.Minor < peer.PayoutMinMinor:
		return refuse(messaging.FaultAmountLimit, fmt.Sprintf("%s pays out from %s", peer.Participant,
			fx.Money{Minor: peer.PayoutMinMinor, Currency: amount.Currency}))
	case peer.PayoutMaxMinor > 0 && amount.Minor > peer.PayoutMaxMinor:
		return refuse(messaging.FaultAmountLimit, fmt.Sprintf("%s pays out up to %s", peer.Participant,
			fx.Money{Minor: peer.PayoutMaxMinor, Currency: amount.Currency}))
	case amount.Minor%step != 0:
		// Rounding here would change the side that the sender fixed, or break the quote.
		return refuse(messaging.FaultAmountIncrement, fmt.Sprintf(
			"%s is no multiple of what %s pays out; fix the destination at %s instead", amount, peer.Participant,
			fx.Money{Minor: amount.Minor - amount.Minor%step, Currency: amount.Currency}))
	}
	return nil
}

// amountFault names the fault in an error of package fx.
func amountFault(err error) *messaging.FaultError {
	return refuse(messaging.AmountFault(err), err.Error())
}
