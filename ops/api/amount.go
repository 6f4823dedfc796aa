package api

import (
	"github.com/ayni-switch/ayni/fx"
)

// Amount is money: a decimal in major units with exactly its currency's decimals, and the currency.
type Amount struct {
	Amount   string `json:"amount" pattern:"^-?[0-9]{1,19}(\\.[0-9]{1,6})?$" example:"1234.50" doc:"In major units, as a decimal."`
	Currency string `json:"currency" minLength:"3" maxLength:"64" example:"KES" doc:"ISO 4217, or a community's unit."`
}

func amountOf(m fx.Money) Amount { return Amount{Amount: m.Text(), Currency: m.Currency.String()} }

func amountIn(minor int64, c fx.Currency) Amount {
	return amountOf(fx.Money{Minor: minor, Currency: c})
}

// money reads an amount of a request.
func (a Amount) money(where string) (fx.Money, error) {
	c, err := fx.ParseCurrency(a.Currency)
	if err != nil {
		return fx.Money{}, wanted(where+".currency", "no such currency")
	}
	m, err := fx.ParseMoney(a.Amount, c)
	if err != nil {
		return fx.Money{}, wanted(where+".amount", "no amount in that currency, which has so many decimals as it has")
	}
	return m, nil
}

// wanted says that one thing is wrong with a request.
func wanted(where, what string) error {
	p := problem("invalid", "")
	p.Errors = []Wanted{{Where: where, What: what}}
	return p
}
