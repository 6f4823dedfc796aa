package iso20022

import (
	"fmt"
	"slices"
	"strings"
)

// Dialect says which version of each message two sides speak, by its family: "pacs.008" to "pacs.008.001.09". A family
// that it does not name is written in the version that has always been written here; nil names none.
type Dialect map[string]string

// versions are the versions of each family that are read and written here. The first is the one that is written where
// nothing else was agreed on; the rest are in ascending order.
var versions = map[string][]string{
	"pacs.008": {MessageCreditTransfer, "pacs.008.001.09", "pacs.008.001.10"},
	"pacs.002": {MessageStatusReport, "pacs.002.001.11", "pacs.002.001.12"},
	"pacs.028": {MessageStatusRequest, "pacs.028.001.04"},
	"pacs.004": {MessagePaymentReturn, "pacs.004.001.10", "pacs.004.001.11"},
	"camt.056": {MessageRecall, "camt.056.001.09"},
	"camt.029": {MessageRecallAnswer, "camt.029.001.10"},
	"pain.001": {MessagePaymentOrder, "pain.001.001.03", "pain.001.001.10"},
	"pain.002": {MessageOrderReport, "pain.002.001.03", "pain.002.001.11"},
	"admi.002": {MessageReject},
	"acmt.023": {MessageIdentityCheck},
	"acmt.024": {MessageIdentityAnswer},
	"head.001": {MessageHeader, "head.001.001.01", "head.001.001.03"},
}

// Versions are the versions of a family ("pacs.008") that are read and written here, in ascending order; none for a
// family that is not known.
func Versions(family string) []string { return slices.Sorted(slices.Values(versions[family])) }

// VersionError says that two sides have no version of a message in common.
type VersionError struct {
	Family string
	Theirs []string
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("iso20022: no version of %s in common with %s", e.Family, shorten(strings.Join(e.Theirs, " ")))
}

// Negotiate agrees on the newest version of each family that both sides know, out of the message definitions that the
// other side names. Families that are not known here are passed over. Errors are *VersionError.
func Negotiate(theirs []string) (Dialect, error) {
	named := map[string][]string{}
	for _, message := range theirs {
		family := Family(message)
		named[family] = append(named[family], message)
	}
	dialect := Dialect{}
	for family, messages := range named {
		ours := Versions(family)
		if len(ours) == 0 {
			continue
		}
		common := slices.DeleteFunc(ours, func(message string) bool { return !slices.Contains(messages, message) })
		if len(common) == 0 {
			return nil, &VersionError{Family: family, Theirs: messages}
		}
		dialect[family] = common[len(common)-1]
	}
	return dialect, nil
}

// Family is what the versions of a message have in common: "pacs.008" of "pacs.008.001.09".
func Family(message string) string {
	area, rest, _ := strings.Cut(message, ".")
	number, _, _ := strings.Cut(rest, ".")
	return area + "." + number
}

// message is the version of a family that is written.
func (d Dialect) message(family string) string {
	if message, ok := d[family]; ok {
		return message
	}
	return versions[family][0]
}
