package journal

import (
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Name writes a name so that no program takes any of it for something else: a journal's separators and comments, a
// spreadsheet's formulas, a terminal's controls. Letters and digits of ASCII stay, points, underscores and hyphens too
// where they do not come first; every other byte is a percent sign and two hexadecimal digits. The empty name is a
// percent sign. What participants are called has nothing to escape; what a false log calls them may. Names differ as
// what they were made of does.
func Name(of string) string {
	const hex = "0123456789ABCDEF"
	if of == "" {
		return "%"
	}
	clean := 0
	for clean < len(of) && stays(of, clean) {
		clean++
	}
	if clean == len(of) {
		return of
	}
	var out strings.Builder
	for i := range len(of) {
		if stays(of, i) {
			out.WriteByte(of[i])
		} else {
			out.Write([]byte{'%', hex[of[i]>>4], hex[of[i]&15]})
		}
	}
	return out.String()
}

// stays tells whether a name's byte need not be escaped.
func stays(name string, at int) bool {
	switch c := name[at]; {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	default:
		return at > 0 && (c == '-' || c == '.' || c == '_')
	}
}

// AccountName is what journals call an account: "mpesa-ke:position:KES". All accounts of an owner, or those of one kind,
// are below one name.
func AccountName(owner string, kind ledger.AccountKind, currency fx.Currency) string {
	return Name(owner) + ":" + Name(string(kind)) + ":" + currency.String()
}
