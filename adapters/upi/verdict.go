package upi

import (
	"github.com/beevik/etree"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// Leg is one side of a payment: a Ref.
type Leg struct {
	VPA      string
	Code     string
	Settled  string // amount with two decimals, "" where it is not said
	Currency string
}

var legTypes = [...]string{"PAYER", "PAYEE"}

// Verdict is what became of a payment, as RespChkTxn, RespPay and ReqTxnConfirmation say it.
type Verdict struct {
	Result       string // SUCCESS, FAILURE, PENDING, DEEMED
	ErrCode      string
	Payer, Payee Leg
}

// Paid tells whether the payment is done on both sides: one success is none.
func (v Verdict) Paid() bool {
	return v.Result == StatusSuccess && (v.ErrCode == "" || v.ErrCode == CodeSuccess) &&
		v.Payer.Code == CodeSuccess && v.Payee.Code == CodeSuccess
}

// failed returns the status reason of a payment that has failed for good, "" for any other.
func (v Verdict) failed(origin adapters.Origin) (reason string) {
	if v.Result != StatusFailure {
		return ""
	}
	return declined(v.ErrCode, origin)
}

// put writes the sides that v has.
func (v Verdict) put(parent *etree.Element) {
	for i, leg := range []Leg{v.Payer, v.Payee} {
		if leg != (Leg{}) {
			put(parent, "Ref", "type", legTypes[i], "seqNum", "1", "addr", leg.VPA,
				"settAmount", leg.Settled, "settCurrency", leg.Currency, "respCode", leg.Code)
		}
	}
}

// verdict reads the sides below parent, and the rest from two of its attributes.
func (s *scan) verdict(parent *etree.Element, result, errCode string) Verdict {
	v := Verdict{Result: s.form(parent, result, xmlTypeForm), ErrCode: s.text(parent, errCode)}
	for _, ref := range s.all(parent, "Ref") {
		leg := Leg{VPA: s.text(ref, "addr"), Code: s.text(ref, "respCode"), Settled: s.text(ref, "settAmount"), Currency: s.text(ref, "settCurrency")}
		side := map[string]*Leg{legTypes[0]: &v.Payer, legTypes[1]: &v.Payee}[s.text(ref, "type")]
		switch {
		case side == nil:
			s.fail("a Ref of neither side")
		case *side != (Leg{}):
			s.fail("two Refs of one side")
		default:
			*side = leg
		}
	}
	return v
}

// payment is what the network says about a customer's payment.
type payment struct {
	rrn    string
	amount fx.Money
	payer  string
}

// payment reads the payment that v is about, without a look at whether it is done. Errors are *DecodeError.
func (v Verdict) payment(rrn string, currency fx.Currency) (payment, error) {
	switch {
	case !referenceForm.MatchString(rrn):
		return payment{}, faulty("a payment without RRN")
	case !addressForm.MatchString(v.Payer.VPA):
		return payment{}, faulty("a payment from %q", clip(v.Payer.VPA, 64))
	}
	amount, err := parseAmount(v.Payee.Settled, v.Payee.Currency, currency)
	if err != nil {
		return payment{}, err
	}
	return payment{rrn: rrn, amount: amount, payer: v.Payer.VPA}, nil
}
