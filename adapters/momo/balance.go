package momo

import (
	"context"
	"fmt"
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

const pathBalance = "/v1_0/account/balance"

var _ adapters.Balancer = (*Rail)(nil)

// Balances asks what the product's account holds. A retry is safe.
func (r *Rail) Balances(ctx context.Context) ([]adapters.Balance, error) {
	got, err := r.client.call(ctx, http.MethodGet, pathBalance, nil, nil)
	if err == nil && got.status != http.StatusOK {
		err = newAnswerError(got)
	}
	if err != nil {
		return nil, fmt.Errorf("momo: balance of %s: %w", r.cfg.Product, err)
	}
	available, err := decodeBalance(got.body)
	if err == nil && available.Currency != r.cfg.Currency {
		err = &DecodeError{Fault: "the balance is in another currency than " + r.cfg.Currency.String()}
	}
	if err != nil {
		return nil, fmt.Errorf("momo: balance of %s: %w", r.cfg.Product, err)
	}
	return []adapters.Balance{{Account: string(r.cfg.Product), Available: available}}, nil
}

// decodeBalance reads an account's balance, which can be negative. Errors are *DecodeError.
func decodeBalance(body []byte) (fx.Money, error) {
	value, err := parse(body)
	if err != nil {
		return fx.Money{}, err
	}
	var amount, currency string
	if err := value.Fields(map[string]*string{"availableBalance": &amount, "currency": &currency}); err != nil {
		return fx.Money{}, malformed(err)
	}
	c, err := fx.ParseCurrency(currency)
	if err != nil {
		return fx.Money{}, malformed(err)
	}
	available, err := fx.ParseMoney(withoutZeros(amount, c), c)
	return available, malformed(err)
}
