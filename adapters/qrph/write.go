package qrph

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// Marshal writes the text of a QR code, tags in ascending order and the checksum last. It writes nothing that Parse
// would read as anything else. Errors are *Error.
func (c Code) Marshal() (string, error) {
	c.Additional, c.Others, c.Receiver.More = inOrder(c.Additional), inOrder(c.Others), inOrder(c.Receiver.More)
	inside, err := c.Receiver.marshal()
	if err != nil {
		return "", err
	}
	additional, err := join(c.Additional, tagAdditional+".")
	if err != nil {
		return "", err
	}
	initiation, amount := initiationMay, ""
	if c.Dynamic {
		initiation = initiationOne
	}
	if c.Amount != (fx.Money{}) {
		amount = c.Amount.Text()
	}
	body, err := join(byTag(slices.Concat(present(
		Field{tagFormat, formatVersion}, Field{tagInitiation, initiation}, Field{c.Receiver.tag(), inside},
		Field{tagCategory, c.Category}, Field{tagCurrency, currencyPeso}, Field{tagAmount, amount},
		Field{tagCountry, country}, Field{tagName, c.Name}, Field{tagCity, c.City}, Field{tagPostal, c.Postal},
		Field{tagAdditional, additional},
	), c.Others)), "")
	if err != nil {
		return "", err
	}
	text := body + tagChecksum + "04"
	text += fmt.Sprintf("%04X", checksum(text))
	switch read, err := Parse(text); {
	case err != nil:
		return "", err
	case !reflect.DeepEqual(read, c):
		return "", &Error{Fault: FaultValue} // a field under a tag that means another
	}
	return text, nil
}

func (r Receiver) marshal() (string, error) {
	return join(byTag(slices.Concat(present(
		Field{tagIdentifier, string(r.Kind)}, Field{tagBIC, r.BIC}, Field{tagPayment, r.Payment},
		Field{tagMerchantID, r.Merchant}, Field{tagAccount, r.Account}, Field{tagLast, r.Mobile + r.Notify},
	), r.More)), r.tag()+".")
}

// present leaves out the fields that hold nothing.
func present(fields ...Field) []Field {
	return slices.DeleteFunc(fields, func(f Field) bool { return f.Value == "" })
}

// inOrder is a copy of fields by tag; nil for none.
func inOrder(fields []Field) []Field {
	if len(fields) == 0 {
		return nil
	}
	return byTag(slices.Clone(fields))
}
