package iso20022

import (
	"errors"
	"io"

	"github.com/shopspring/decimal"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// Check reads a document of any supported message, of at most maxBytes and in little memory, and says whether its schema
// allows it and its figures are sound: what it states of its payments ties, and each amount is positive and one of its
// currency. It asks nothing that only one use of a message needs: the readers of this package do. message is empty
// where it is not known. Errors are *FormatError, or those of in.
func Check(in io.Reader, maxBytes int64) (message string, err error) {
	pieces := schema.NewReader(in, maxBytes, "PmtInf", "OrgnlPmtInfAndSts", "Rpt", "Stmt", "Ntfctn", "Undrlyg", "CxlDtls")
	var sums *tally
	var unsound error // counts only where the schema has nothing to say
	for {
		piece, err := pieces.Next()
		message = pieces.Document().Message
		switch {
		case errors.Is(err, io.EOF):
			if unsound == nil && sums != nil {
				unsound = sums.end()
			}
			return message, unsound
		case err != nil:
			return message, err
		case sums == nil:
			sums = newTally(message)
		}
		amount, path := sums.add(piece)
		if amount == nil || unsound != nil {
			continue
		}
		if problem := unsoundAmount(amount.Text, amount.Attr("Ccy")); problem != "" {
			wrong := refusal(message, FaultAmount, problem)
			wrong.Path = path
			unsound = wrong
		}
	}
}

// unsoundAmount says why nobody can be paid an amount, "" where somebody can, or where its currency is none that we know.
func unsoundAmount(text, code string) string {
	if value, err := decimal.NewFromString(text); err != nil || !value.IsPositive() {
		return "not positive: " + text
	}
	if _, err := fx.ParseCurrency(code); err != nil {
		return ""
	}
	_, problem := parseAmount(text, code)
	return problem
}
