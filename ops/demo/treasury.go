package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/testdata"
)

// Prefunding comes in two parts: so much of the day's gross need in the morning, the rest at noon. In
// between, those who are short wait for what others send them: that is where netting shows.
const (
	morningPct = 60
	noonAfter  = 50 // per cent of the customers have paid
)

// The reference rates of a demo never change: its figures are of one day, and hold for a year.
const (
	figuresOf          fx.Date = "2024-12-31"
	sheetLife                  = 365 * 24 * time.Hour
	committeeMembers           = 3
	committeeThreshold         = 2
	travelThreshold            = 1000_00 // of a dollar: from which on more must be said of both people (FATF recommendation 16)
)

// needKey is an account that must be prefunded.
type needKey struct {
	participant string
	currency    fx.Currency
}

// needs sums what the day asks of everybody: of debtors what their customers send, of the provider what
// leaves the pool in each currency. Returns ask of creditors what they received, which they still have,
// or have sent on and must bring again; a twentieth more covers them. Pools pay what they have, all of it to Manila.
func needs(plan map[string][]planned, d *day) (map[needKey]int64, error) {
	sums := map[needKey]int64{}
	for _, all := range plan {
		for _, p := range all {
			sums[needKey{p.From, p.Source.Currency}] += p.Source.Minor
			if p.Source.Currency != p.Destination.Currency {
				sums[needKey{provider, p.Destination.Currency}] += p.Destination.Minor
				sums[needKey{provider, p.Source.Currency}] += p.Source.Minor / 20
			}
			sums[needKey{p.Order.To, p.Destination.Currency}] += p.Destination.Minor / 20
		}
	}
	for _, c := range communities {
		own := fx.Money{Minor: c.paidIn(), Currency: d.by[c.name].Currency}
		sums[needKey{c.name, own.Currency}] += own.Minor
		abroad := d.by[manila].Currency
		if own.Currency == abroad {
			continue
		}
		there, err := d.quotes[[2]fx.Currency{own.Currency, abroad}].Convert(fx.FixedSource, own)
		if err != nil {
			return nil, fmt.Errorf("demo: what %s pays in: %w", c.name, err)
		}
		sums[needKey{provider, abroad}] += there.Destination.Minor
	}
	for key := range sums {
		sums[key] += 1_000_00 // nobody is funded to the last coin
	}
	return sums, nil
}

// open admits everybody, publishes reference rates and the day's quotes, and funds the morning.
func (s *stage) open(ctx context.Context, d *day, f *forger, needs map[needKey]int64) error {
	for _, p := range d.cast {
		if err := s.admit(ctx, p); err != nil {
			return err
		}
	}
	for _, name := range []string{moneybag, dormant} {
		if err := s.admit(ctx, s.actors[name].Participant); err != nil {
			return err
		}
	}
	err := s.ask(ctx, "suspend "+dormant, settlement.CommandSuspend, settlement.Suspend{Participant: dormant, Suspended: true})
	if err != nil {
		return err
	}
	if err := s.fund(ctx, d, needs, "morning", morningPct); err != nil {
		return err
	}
	if err := s.publishRates(ctx, f.began); err != nil {
		return err
	}
	err = s.ask(ctx, "travel rule", settlement.CommandTravelRule, settlement.TravelRule{ThresholdMinor: travelThreshold, Currency: fx.MustCurrency("USD")})
	if err != nil {
		return err
	}
	quotes := settlement.Quotes{Quotes: append(d.sortedQuotes(), f.expiredQuote())}
	return s.ask(ctx, fmt.Sprintf("quotes with fees of %d", f.began.Unix()), settlement.CommandQuotes, quotes)
}

// publishRates has the committee sign what testdata says a dollar is worth, so that quotes can be held against
// it. Its first members do, as many as it takes.
func (s *stage) publishRates(ctx context.Context, began time.Time) error {
	members := s.keys.committee()
	committee := fx.Committee{Threshold: committeeThreshold}
	for _, member := range members {
		committee.Keys = append(committee.Keys, fx.KeyOf(member))
	}
	if err := s.ask(ctx, "rate committee", settlement.CommandRateCommittee, committee); err != nil {
		return err
	}
	figures, err := testdata.Rates()
	if err != nil {
		return err
	}
	references := make([]fx.Reference, len(figures))
	for i, figure := range figures {
		references[i] = fx.Reference{Currency: figure.Currency, PerBase: figure.PerUSD, Source: figure.Source, On: figuresOf}
	}
	table, err := fx.NewRateTable(fx.MustCurrency("USD"), references)
	if err != nil {
		return fmt.Errorf("demo: rate sheet: %w", err)
	}
	sheet, err := fx.Sheet{Serial: 1, From: began, Until: began.Add(sheetLife), Table: table}.Encode()
	if err != nil {
		return fmt.Errorf("demo: rate sheet: %w", err)
	}
	signed, err := fx.ParseSignedSheet(sheet)
	if err != nil {
		return fmt.Errorf("demo: rate sheet: %w", err)
	}
	for _, member := range members[:committeeThreshold] {
		signed = signed.Sign(member)
	}
	return s.ask(ctx, fmt.Sprintf("rates of %d", began.Unix()), settlement.CommandRates, settlement.Rates{Signed: string(signed.Text())})
}

func (s *stage) admit(ctx context.Context, p testdata.Participant) error {
	a := settlement.AddParticipant{
		Name: p.Name, Country: p.Country, Currency: p.Currency, Role: settlement.RoleOperator,
		PayoutIncrementMinor: p.PayoutIncrementMinor, PayoutMinMinor: p.PayoutMinMinor, PayoutMaxMinor: p.PayoutMaxMinor,
	}
	switch p.Role {
	case testdata.RoleProvider:
		a.Role, a.Currency = settlement.RoleProvider, fx.MustCurrency("USD")
		a.PayoutIncrementMinor, a.PayoutMinMinor, a.PayoutMaxMinor = 1, 1, 1
	case testdata.RolePool:
		a.Role = settlement.RolePool
	case testdata.RoleOperator, testdata.RoleSender:
	}
	if a.Role != settlement.RoleProvider {
		signer, err := s.keys.signer(p.Name)
		if err != nil {
			return err
		}
		a.SigningKey = signer.PublicKey()
	}
	return s.ask(ctx, "admit "+p.Name, settlement.CommandAddParticipant, a)
}

// fund prefunds everybody with a share of what they need, once per occasion.
func (s *stage) fund(ctx context.Context, d *day, needs map[needKey]int64, occasion string, pct int64) error {
	for _, p := range d.cast {
		for _, currency := range d.currencies() {
			need, ok := needs[needKey{p.Name, currency}]
			if !ok {
				continue
			}
			err := s.ask(ctx, fmt.Sprintf("fund %s %s %s", p.Name, currency, occasion), settlement.CommandFund,
				settlement.Fund{Participant: p.Name, Currency: currency, AmountMinor: need/100*pct + 1})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
