package messaging

import (
	"strings"
	"unicode/utf8"
)

// class is a set of characters. What the forms below tell apart has a bit of its own.
type class uint16

const (
	upper class = 1 << iota
	lower
	digit
	hyphen
	underscore
	equals
	point
	colon
	at
	slash

	alphanumeric = upper | lower | digit

	// railName is what a rail's own references and codes may hold in an open line: nothing that makes a sentence, a
	// person's name or an address of one.
	railName = alphanumeric | point | underscore | colon | hyphen | slash | equals
)

// classOf gives the class of each byte. What is not ASCII has none.
var classOf = func() (table [256]class) {
	for members, in := range map[string]class{
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ": upper, "abcdefghijklmnopqrstuvwxyz": lower, "0123456789": digit,
		"-": hyphen, "_": underscore, "=": equals, ".": point, ":": colon, "@": at, "/": slash,
	} {
		for _, c := range []byte(members) {
			table[c] = in
		}
	}
	return table
}()

// form is what a short text must look like: a first character, further ones, so many in all.
// Regular expressions took a third of the time of encoding an envelope; a look into a table costs next
// to nothing.
type form struct {
	first, rest class
	least, most uint8 // characters; at least one
}

// The forms of short texts. schema/common.json has the same ones, as regular expressions.
var (
	idForm          = form{first: alphanumeric, rest: alphanumeric | point | underscore | colon | hyphen, least: 1, most: MaxIDLength}
	accountForm     = form{first: alphanumeric, rest: alphanumeric | at | slash | point | underscore | colon | hyphen, least: 1, most: MaxAccountLength}
	currencyForm    = formOf(alphanumeric|point|hyphen, 1, 64)
	reasonForm      = formOf(upper|digit, 1, 4)
	faultForm       = formOf(lower|digit|underscore, 1, 64)
	countryForm     = formOf(upper, 2, 2)
	headerForm      = formOf(alphanumeric|underscore|equals|hyphen, 1, 128)
	railRefForm     = formOf(railName, 1, MaxReferenceLength)
	railCodeForm    = formOf(railName, 1, MaxRailCodeLength)
	saltForm        = formOf(alphanumeric|underscore|hyphen, saltLength, saltLength)
	windowForm      = formOf(lower|underscore, 1, 32)
	participantName = form{first: lower, rest: lower | digit | hyphen, least: 2, most: 32} // also a subject token

	wholeForm    = formOf(digit, 1, 40)
	fractionForm = formOf(digit, 1, 20)
)

func formOf(characters class, least, most uint8) form {
	return form{first: characters, rest: characters, least: least, most: most}
}

// MatchString tells whether all of text has the form.
func (f form) MatchString(text string) bool {
	if len(text) < int(f.least) || len(text) > int(f.most) || classOf[text[0]]&f.first == 0 {
		return false
	}
	for i := 1; i < len(text); i++ {
		if classOf[text[i]]&f.rest == 0 {
			return false
		}
	}
	return true
}

// fit makes a text from elsewhere fit the form of many characters: what does not belong becomes "_".
func (f form) fit(text string) string {
	if text == "" || f.MatchString(text) {
		return text
	}
	fitted := make([]byte, 0, len(text))
	for _, c := range text {
		if c >= utf8.RuneSelf || classOf[c]&f.rest == 0 {
			c = '_'
		}
		fitted = append(fitted, byte(c))
	}
	return string(fitted[:min(len(fitted), int(f.most))])
}

// isDecimal tells whether text is a plain decimal. Whether it is an amount is for package fx to say.
func isDecimal(text string) bool {
	whole, fraction, hasPoint := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return wholeForm.MatchString(whole) && (!hasPoint || fractionForm.MatchString(fraction))
}
