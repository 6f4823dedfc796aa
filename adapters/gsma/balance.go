package gsma

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
)

var _ adapters.Balancer = (*Rail)(nil)

// Balances asks what the account holds. A retry is safe.
func (r *Rail) Balances(ctx context.Context) ([]adapters.Balance, error) {
	got, err := r.client.get(ctx, r.accountPath("balance"))
	if err == nil && got.status != http.StatusOK {
		err = newFailure(got)
	}
	if err != nil {
		return nil, fmt.Errorf("gsma: balance: %w", err)
	}
	value, err := parse(got.body)
	var b adapters.Balance
	if err == nil {
		b, err = readBalance(value, r.cfg.Currency)
	}
	if err != nil {
		return nil, fmt.Errorf("gsma: balance: %w", err)
	}
	b.Account = r.cfg.Account.Value
	return []adapters.Balance{b}, nil
}

// readBalance reads an account's balance, in c where it names no currency. Operators give the available balance, the
// current one, or both; accountsBalance is what some call it. Errors are *DecodeError.
func readBalance(value strictjson.Value, c fx.Currency) (adapters.Balance, error) {
	var available, current, misnamed, currency string
	err := value.Fields(map[string]*string{
		"availableBalance": &available, "currentBalance": &current, "accountsBalance": &misnamed, "currency": &currency,
	})
	switch {
	case err != nil:
		return adapters.Balance{}, malformed(err)
	case c.IsZero() && currency == "":
		return adapters.Balance{}, &DecodeError{Fault: "the balance " + shorten(cmp.Or(available, current, misnamed), 40) + " names no currency"}
	case c.IsZero():
		if c, err = fx.ParseCurrency(currency); err != nil {
			return adapters.Balance{}, malformed(err)
		}
	case currency != "" && currency != c.String():
		return adapters.Balance{}, &DecodeError{Fault: "the balance is in another currency than " + c.String()}
	}
	if current == "" {
		current = misnamed
	}
	if available == "" {
		available = current
	}
	var b adapters.Balance
	if b.Available, err = fx.ParseMoney(withoutZeros(available, c.MinorUnits()), c); err == nil && current != "" {
		b.Current, err = fx.ParseMoney(withoutZeros(current, c.MinorUnits()), c)
	}
	return b, malformed(err)
}
