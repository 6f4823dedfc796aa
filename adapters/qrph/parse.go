package qrph

import (
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/fx"
)

// Parse reads the text of a QR code. Errors are *Error.
func Parse(text string) (Code, error) {
	fields, err := sealed(text)
	if err != nil {
		return Code{}, err
	}
	all := &taker{fields: fields}
	if err := fixed(all); err != nil {
		return Code{}, err
	}
	c := Code{}
	switch all.take(tagInitiation) {
	case "", initiationMay:
	case initiationOne:
		c.Dynamic = true
	default:
		return Code{}, &Error{Tag: tagInitiation, Fault: FaultValue}
	}
	if c.Receiver, err = receiver(all); err != nil {
		return Code{}, err
	}
	if c.Amount, err = amount(all.take(tagAmount)); err != nil {
		return Code{}, err
	}
	if c.Additional, err = additional(all.take(tagAdditional)); err != nil {
		return Code{}, err
	}
	c.Category, c.Name, c.City, c.Postal = all.take(tagCategory), all.take(tagName), all.take(tagCity), all.take(tagPostal)
	c.Others = all.rest()
	if err := c.check(); err != nil {
		return Code{}, err
	}
	return c, nil
}

// sealed checks length, characters and checksum of a text, and returns its fields without the checksum's.
func sealed(text string) ([]Field, error) {
	if len(text) > MaxLength {
		return nil, &Error{Fault: FaultOversized}
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return nil, &Error{Fault: FaultCharacter}
		}
	}
	before, stated, ok := cutLast(text, tagChecksum+"04")
	if !ok || stated != fmt.Sprintf("%04X", checksum(before)) {
		return nil, &Error{Tag: tagChecksum, Fault: FaultChecksum}
	}
	fields, err := split(strings.TrimSuffix(before, tagChecksum+"04"), "")
	switch {
	case err != nil:
		return nil, err
	case len(fields) == 0 || fields[0].Tag != tagFormat:
		return nil, &Error{Tag: tagFormat, Fault: FaultOrder}
	}
	for _, f := range fields {
		if f.Tag == tagChecksum {
			return nil, &Error{Tag: tagChecksum, Fault: FaultOrder}
		}
	}
	return fields, nil
}

// cutLast cuts the checksum's four digits off a text that ends with head and them.
func cutLast(text, head string) (before, digits string, ok bool) {
	at := len(text) - len(head)
	if at < len(head) || text[at-len(head):at] != head {
		return "", "", false
	}
	return text[:at], text[at:], true
}

// fixed takes the tags that may hold one value only.
func fixed(all *taker) error {
	for _, f := range []Field{{tagFormat, formatVersion}, {tagCurrency, currencyPeso}, {tagCountry, country}} {
		switch all.take(f.Tag) {
		case f.Value:
		case "":
			return &Error{Tag: f.Tag, Fault: FaultMissing}
		default:
			return &Error{Tag: f.Tag, Fault: FaultValue}
		}
	}
	return nil
}

// receiver reads the one template that says who is paid. A person and a merchant in one code would leave it to the
// reader whom to pay.
func receiver(all *taker) (Receiver, error) {
	person, merchant := all.take(tagPerson), all.take(tagMerchant)
	switch {
	case person != "" && merchant != "":
		return Receiver{}, &Error{Tag: tagMerchant, Fault: FaultRepeated}
	case person != "":
		return template(person, Person)
	case merchant != "":
		return template(merchant, Merchant)
	default:
		return Receiver{}, &Error{Tag: tagPerson, Fault: FaultMissing}
	}
}

func template(text string, kind Kind) (Receiver, error) {
	r := Receiver{Kind: kind}
	fields, err := split(text, r.tag()+".")
	if err != nil {
		return Receiver{}, err
	}
	inner := &taker{fields: fields}
	if inner.take(tagIdentifier) != string(kind) {
		return Receiver{}, &Error{Tag: r.tag() + "." + tagIdentifier, Fault: FaultValue}
	}
	r.BIC, r.Merchant, r.Account = inner.take(tagBIC), inner.take(tagMerchantID), inner.take(tagAccount)
	if kind == Person {
		r.Payment, r.Mobile = inner.take(tagPayment), inner.take(tagLast)
	} else {
		r.Notify = inner.take(tagLast)
	}
	r.More = inner.rest()
	return r, nil
}

func amount(text string) (fx.Money, error) {
	if text == "" {
		return fx.Money{}, nil
	}
	money, err := fx.ParseMoney(text, peso)
	if err != nil || money.Minor == 0 || len(text) > maxAmount || !amountForm.MatchString(text) {
		return fx.Money{}, &Error{Tag: tagAmount, Fault: FaultValue}
	}
	return money, nil
}

func additional(text string) ([]Field, error) {
	fields, err := split(text, tagAdditional+".")
	if err != nil {
		return nil, err
	}
	return inOrder(fields), nil
}
