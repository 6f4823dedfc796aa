package fx

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of a sheet.
const (
	MaxSheetBytes = 128 << 10 // signatures included
	MaxSheetRates = 500
)

// sheetPrefix is the first line of every sheet and the domain of its signatures: no signature on a sheet
// passes for one on anything else.
const sheetPrefix = "ayni.rates.v1"

// signatureMark begins the lines after the sheet that hold signatures.
const signatureMark = "signature "

// Sheet is the reference rates of a scheme, or of a community, as a committee signs them. Rates of
// community units stand in it like those of currencies.
type Sheet struct {
	Serial int64 // from 1, and each sheet's greater than the one before
	From   time.Time
	Until  time.Time // it holds from From to just before Until, whole seconds of UTC
	Table  RateTable
}

// SheetFault names what is wrong with a sheet, its signatures or its committee.
type SheetFault string

// The faults.
const (
	SheetSize        SheetFault = "too_large"
	SheetSyntax      SheetFault = "syntax"
	SheetRates       SheetFault = "rates"
	SheetCanonical   SheetFault = "not_canonical" // it says what a sheet says, in other bytes
	SheetTooFew      SheetFault = "too_few_signatures"
	SheetUnknownKey  SheetFault = "unknown_key"
	SheetRepeatedKey SheetFault = "same_key_twice"
	SheetSignature   SheetFault = "bad_signature"
	SheetCommittee   SheetFault = "bad_committee"
)

// SheetError says why a sheet is refused. A retry with the same bytes fails again.
type SheetError struct {
	Fault  SheetFault
	Detail string
}

func (e *SheetError) Error() string {
	return fmt.Sprintf("fx: rate sheet: %s: %s", e.Fault, e.Detail)
}

// HoldsAt tells whether the sheet's rates are in force at the given moment.
func (s Sheet) HoldsAt(at time.Time) bool { return !at.Before(s.From) && at.Before(s.Until) }

// Check tells whether the sheet can be written: serial, times and number of rates. Errors are *SheetError.
func (s Sheet) Check() error {
	fail := func(f SheetFault, format string, args ...any) error {
		return &SheetError{Fault: f, Detail: fmt.Sprintf(format, args...)}
	}
	whole := func(at time.Time) bool {
		return at.Equal(at.Truncate(time.Second)) && at.Year() > 1900 && at.Year() < 10000
	}
	switch {
	case s.Serial < 1:
		return fail(SheetSyntax, "serial %d", s.Serial)
	case !whole(s.From) || !whole(s.Until) || !s.From.Before(s.Until):
		return fail(SheetSyntax, "from %s until %s: want whole seconds, one after the other", s.From, s.Until)
	case s.Table.base.IsZero() || len(s.Table.rates) == 0 || len(s.Table.rates) > MaxSheetRates:
		return fail(SheetRates, "%d rates against %q; want 1 to %d", len(s.Table.rates), s.Table.base, MaxSheetRates)
	}
	return nil
}

// Encode writes the sheet's canonical bytes, which are what members sign:
//
//	ayni.rates.v1
//	serial 7
//	from 2024-12-31T00:00:00Z
//	until 2025-01-02T00:00:00Z
//	base USD
//	KES 134.82248 2024-12-31 IMF: annual average 2024
//
// Lines end with "\n". Rates are per unit of the base, in order of code, each with its day and its source; as
// decimals where they are finite and short, otherwise as fractions in lowest terms. Errors are *SheetError.
func (s Sheet) Encode() ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nserial %d\nfrom %s\nuntil %s\nbase %s\n", sheetPrefix, s.Serial,
		s.From.UTC().Format(time.RFC3339), s.Until.UTC().Format(time.RFC3339), s.Table.base)
	for _, r := range s.Table.References() {
		fmt.Fprintf(&b, "%s %s %s %s\n", r.Currency, r.PerBase.shortest(), r.On, r.Source)
	}
	if b.Len() > MaxSheetBytes {
		return nil, &SheetError{Fault: SheetSize, Detail: fmt.Sprintf("%d bytes; the limit is %d", b.Len(), MaxSheetBytes)}
	}
	return b.Bytes(), nil
}

// ParseSheet reads canonical bytes, and only those: what it returns encodes to what it was given.
// Errors are *SheetError.
func ParseSheet(body []byte) (Sheet, error) {
	if len(body) > MaxSheetBytes {
		return Sheet{}, &SheetError{Fault: SheetSize, Detail: fmt.Sprintf("%d bytes; the limit is %d", len(body), MaxSheetBytes)}
	}
	text, ended := strings.CutSuffix(string(body), "\n")
	lines := strings.Split(text, "\n")
	fail := func(line int, format string, args ...any) (Sheet, error) {
		return Sheet{}, &SheetError{Fault: SheetSyntax, Detail: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...)}
	}
	const head = 5
	if !ended || len(lines) <= head || len(lines) > head+MaxSheetRates || lines[0] != sheetPrefix {
		return fail(1, "want %q, a head of %d lines, and 1 to %d rates, each on a line that ends", sheetPrefix, head, MaxSheetRates)
	}
	var values [head]string
	for i, name := range [head]string{1: "serial ", "from ", "until ", "base "} {
		var ok bool
		if values[i], ok = strings.CutPrefix(lines[i], name); !ok {
			return fail(i+1, "want %q", name)
		}
	}
	var s Sheet
	var err error
	if s.Serial, err = strconv.ParseInt(values[1], 10, 64); err != nil {
		return fail(2, "%q is no serial", clip(values[1]))
	}
	if s.From, err = time.Parse(time.RFC3339, values[2]); err != nil {
		return fail(3, "%q is no time", clip(values[2]))
	}
	if s.Until, err = time.Parse(time.RFC3339, values[3]); err != nil {
		return fail(4, "%q is no time", clip(values[3]))
	}
	s.From, s.Until = s.From.UTC(), s.Until.UTC()
	base, err := ParseCurrency(values[4])
	if err != nil {
		return fail(5, "%v", err)
	}
	var rates []Reference
	for i, line := range lines[head:] {
		cells := strings.SplitN(line, " ", 4)
		if len(cells) != 4 {
			return fail(head+1+i, "want currency, rate, date and source")
		}
		r := Reference{Source: cells[3]}
		if r.Currency, err = ParseCurrency(cells[0]); err != nil {
			return fail(head+1+i, "%v", err)
		}
		if r.PerBase, err = ParseRate(cells[1]); err != nil {
			return fail(head+1+i, "%v", err)
		}
		if r.On, err = ParseDate(cells[2]); err != nil {
			return fail(head+1+i, "%v", err)
		}
		rates = append(rates, r)
	}
	if s.Table, err = NewRateTable(base, rates); err != nil {
		return Sheet{}, &SheetError{Fault: SheetRates, Detail: err.Error()}
	}
	again, err := s.Encode()
	if err != nil {
		return Sheet{}, err
	}
	if !bytes.Equal(again, body) {
		return Sheet{}, &SheetError{Fault: SheetCanonical, Detail: "it says the same in other bytes: order, a rate's form, a time's zone"}
	}
	return s, nil
}

// MemberSignature is one member's signature of a sheet's canonical bytes.
type MemberSignature struct {
	Key       CommitteeKey
	Signature [ed25519.SignatureSize]byte
}

// SignedSheet is a sheet and who signed it. Its text is the canonical bytes, an empty line, and a line
// "signature <key> <signature>" for each, in order of key and both in base64url; without signatures it is
// the canonical bytes alone.
type SignedSheet struct {
	Sheet      Sheet
	Body       []byte // canonical
	Signatures []MemberSignature
}

// ParseSignedSheet reads a signed sheet's text. It checks its form; whose signatures they are and whether
// they are right is for Committee.Verify. Errors are *SheetError.
func ParseSignedSheet(text []byte) (SignedSheet, error) {
	if len(text) > MaxSheetBytes {
		return SignedSheet{}, &SheetError{Fault: SheetSize, Detail: fmt.Sprintf("%d bytes; the limit is %d", len(text), MaxSheetBytes)}
	}
	s := SignedSheet{Body: text}
	body, block, signed := bytes.Cut(text, []byte("\n\n"))
	if signed {
		s.Body = append(bytes.Clone(body), '\n')
	}
	var err error
	if s.Sheet, err = ParseSheet(s.Body); err != nil || !signed {
		return s, err
	}
	for line := range strings.Lines(string(block)) {
		var by MemberSignature
		key, signature, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, signatureMark), "\n"), " ")
		raw, err := keyText.DecodeString(signature)
		if err == nil && len(raw) == len(by.Signature) {
			by.Key, err = ParseCommitteeKey(key)
			copy(by.Signature[:], raw)
		}
		s.Signatures = append(s.Signatures, by)
		if err != nil || len(raw) != len(by.Signature) || len(s.Signatures) > MaxCommittee {
			return SignedSheet{}, &SheetError{Fault: SheetSyntax, Detail: fmt.Sprintf(
				"signature line %d: want %q, key and signature, and at most %d of them", len(s.Signatures), signatureMark, MaxCommittee)}
		}
	}
	if !bytes.Equal(s.Text(), text) {
		return SignedSheet{}, &SheetError{Fault: SheetCanonical, Detail: "the signatures are not in order of key, one a line"}
	}
	return s, nil
}

// Text writes what ParseSignedSheet reads.
func (s SignedSheet) Text() []byte {
	if len(s.Signatures) == 0 {
		return s.Body
	}
	text := append(bytes.Clone(s.Body), '\n')
	for _, by := range slices.SortedStableFunc(slices.Values(s.Signatures), func(a, b MemberSignature) int {
		return bytes.Compare(a.Key[:], b.Key[:])
	}) {
		text = fmt.Appendf(text, "%s%s %s\n", signatureMark, by.Key, keyText.EncodeToString(by.Signature[:]))
	}
	return text
}

// Sign adds a member's signature, in place of whatever stood under its key. The same member signing again
// changes nothing.
func (s SignedSheet) Sign(key ed25519.PrivateKey) SignedSheet {
	by := MemberSignature{Key: KeyOf(key), Signature: [ed25519.SignatureSize]byte(ed25519.Sign(key, s.Body))}
	signatures := slices.DeleteFunc(slices.Clone(s.Signatures), func(other MemberSignature) bool { return other.Key == by.Key })
	signatures = append(signatures, by)
	s.Signatures = signatures
	return s
}

// KeyOf returns the public half of a member's key.
func KeyOf(key ed25519.PrivateKey) CommitteeKey {
	return CommitteeKey(key[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
}
