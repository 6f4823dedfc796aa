package qrph

import (
	"regexp"

	"github.com/ayni-switch/ayni/fx"
)

// MaxLength bounds a code, in characters (EMVCo, section 3.1).
const MaxLength = 512

// Code is what a QR Ph code says. A code that Parse returned is the same after Marshal and Parse, if there is room for
// what it may leave out and Marshal does not: how often it is paid, and the amount's cents.
type Code struct {
	Dynamic  bool // made for one payment; otherwise it is printed once and paid often
	Receiver Receiver
	Category string   // ISO 18245, four digits; "6016" on codes of persons
	Amount   fx.Money // positive pesos; the zero value where the payer says how much
	Name     string   // at most 25 characters
	City     string   // at most 15 characters
	Postal   string   // at most 10 characters, "" for none
	// Additional are the fields of tag 62, by tag: bill number 01, reference label 05, terminal 07, purpose 08.
	Additional []Field
	Others     []Field // every other tag, by tag: other schemes' receivers, tips, names in another language
}

// Kind is whom a code pays.
type Kind string

// The kinds, by the identifiers that their templates begin with.
const (
	Person   Kind = "com.p2pqrpay" // tag 27
	Merchant Kind = "ph.ppmi.p2m"  // tag 28
)

// Receiver is who is paid, and where the account is. One of Merchant, Account and Mobile is there.
type Receiver struct {
	Kind     Kind
	BIC      string // of the bank or the wallet that holds the account
	Payment  string // a person's payment type, "99964403" for InstaPay; "" where it is not said
	Merchant string // the id that the bank knows the receiver by
	Account  string
	Mobile   string  // a person's: "+63-917-0000001"
	Notify   string  // a merchant's: how the proxy is told, three digits
	More     []Field // every other tag of the template, by tag
}

// Reference is the reference label, by which the receiver finds the payment; "" for none.
func (c Code) Reference() string {
	for _, f := range c.Additional {
		if f.Tag == tagReference {
			return f.Value
		}
	}
	return ""
}

// The tags that are read.
const (
	tagFormat     = "00"
	tagInitiation = "01"
	tagPerson     = "27"
	tagMerchant   = "28"
	tagCategory   = "52"
	tagCurrency   = "53"
	tagAmount     = "54"
	tagCountry    = "58"
	tagName       = "59"
	tagCity       = "60"
	tagPostal     = "61"
	tagAdditional = "62"
	tagChecksum   = "63"
	tagReference  = "05" // of tag 62
)

// The tags of a receiver's template.
const (
	tagIdentifier = "00"
	tagBIC        = "01"
	tagPayment    = "02"
	tagMerchantID = "03"
	tagAccount    = "04"
	tagLast       = "05" // a person's mobile number, a merchant's notification flag
)

// What the fixed tags hold.
const (
	formatVersion = "01"
	initiationMay = "11" // paid often
	initiationOne = "12" // paid once
	currencyPeso  = "608"
	country       = "PH"
)

// The most characters of texts that have a bound of their own.
const (
	maxName   = 25
	maxCity   = 15
	maxPostal = 10
	maxAmount = 13
)

var (
	bicForm    = regexp.MustCompile(`^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$`)
	notifyForm = regexp.MustCompile(`^[0-9]{3}$`)
	mobileForm = regexp.MustCompile(`^\+?[0-9][0-9-]{6,18}$`)
	amountForm = regexp.MustCompile(`^(?:0|[1-9][0-9]*)(?:\.[0-9]{1,2})?$`)
)

var peso = fx.MustCurrency("PHP")

// check holds a code against the rules for single fields. Errors are *Error.
func (c Code) check() error {
	r := c.Receiver
	for _, rule := range []struct {
		tag   string
		holds bool
	}{
		{r.tag() + "." + tagBIC, bicForm.MatchString(r.BIC)},
		{r.tag() + "." + tagPayment, r.Payment == "" || digits(r.Payment)},
		{r.tag() + "." + tagLast, r.Mobile == "" || mobileForm.MatchString(r.Mobile)},
		{r.tag() + "." + tagLast, r.Notify == "" || notifyForm.MatchString(r.Notify)},
		{tagCategory, len(c.Category) == 4 && digits(c.Category)},
		{tagName, c.Name != "" && len(c.Name) <= maxName},
		{tagCity, c.City != "" && len(c.City) <= maxCity},
		{tagPostal, len(c.Postal) <= maxPostal},
	} {
		if !rule.holds {
			return &Error{Tag: rule.tag, Fault: FaultValue}
		}
	}
	if r.Merchant == "" && r.Account == "" && r.Mobile == "" {
		return &Error{Tag: r.tag(), Fault: FaultMissing}
	}
	return nil
}

func (r Receiver) tag() string {
	if r.Kind == Person {
		return tagPerson
	}
	return tagMerchant
}
