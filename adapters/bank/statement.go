package bank

import (
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// statementPlace is what the settings say about statements.
func statementPlace(from adapters.Settings) (fx.Currency, *time.Location, error) {
	var place adapters.StatementPlace
	if err := from.Part(&place); err != nil {
		return fx.Currency{}, nil, err
	}
	zone, err := place.Location(time.UTC)
	return place.Currency, zone, err
}

// readStatement reads the bank's camt.053. A customer's payment is for the order that its EndToEndId names, or made an
// order of its own, which its UETR names.
func readStatement(r io.Reader, from adapters.Settings, line func(adapters.StatementLine) error) error {
	c, zone, err := statementPlace(from)
	if err != nil {
		return err
	}
	return clearing.ReadStatement(r, c, zone, func(id iso20022.PaymentID) string {
		if id.UETR == "" {
			return ""
		}
		return orderOf(id.UETR)
	}, line)
}
