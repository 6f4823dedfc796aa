package bench

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/testdata"
)

// publishRates has a committee of one sign what testdata says a dollar is worth.
func (s *stage) publishRates() error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("bench: committee: %w", err)
	}
	committee := fx.Committee{Threshold: 1, Keys: []fx.CommitteeKey{fx.KeyOf(key)}}
	if err := s.ask("committee", settlement.CommandRateCommittee, committee); err != nil {
		return err
	}
	figures, err := testdata.Rates()
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	references := make([]fx.Reference, len(figures))
	for i, figure := range figures {
		references[i] = fx.Reference{Currency: figure.Currency, PerBase: figure.PerUSD, Source: figure.Source, On: fx.Date(now.Format(time.DateOnly))}
	}
	table, err := fx.NewRateTable(fx.MustCurrency("USD"), references)
	if err != nil {
		return fmt.Errorf("bench: rates: %w", err)
	}
	sheet, err := fx.Sheet{Serial: 1, From: now, Until: now.Add(quoteLife), Table: table}.Encode()
	if err != nil {
		return fmt.Errorf("bench: rates: %w", err)
	}
	signed, err := fx.ParseSignedSheet(sheet)
	if err != nil {
		return fmt.Errorf("bench: rates: %w", err)
	}
	return s.ask("rates", settlement.CommandRates, settlement.Rates{Signed: string(signed.Sign(key).Text())})
}
