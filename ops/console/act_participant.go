package console

import (
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/participant"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
)

// Answers of forms that choose between two things.
const (
	yes = "yes"
	no  = "no"
)

// capActs are about how far a participant may go.
func capActs() []act {
	return []act{
		{Kind: request.Limits, Title: "Change what it pays out", Button: "Payout limits", Fields: []actField{
			who(), in(), {Name: "min", Label: "Least payout", Amount: true}, {Name: "max", Label: "Greatest payout", Amount: true},
			{Name: "step", Label: "In steps of", Amount: true, Hint: "The rail’s smallest unit. Payouts are multiples of it."}},
			plan: limitsPlan},
		{Kind: request.CreditTerms, Title: "Change what counts behind the credit line", Button: "Credit terms", Fields: []actField{
			who(), in(), much("Unsecured", "What nothing stands behind."),
			{Name: "haircut", Label: "Haircut on collateral, in percent", Amount: true, Hint: "As 12.5: what of its collateral does not count."}},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("amount")
				if err != nil {
					return request.Plan{}, err
				}
				ppm, err := f.millionths("haircut")
				if err != nil {
					return request.Plan{}, err
				}
				return request.CreditTermsPlan(settlement.CreditTerms{Participant: f.Get("participant"), Currency: m.Currency, UnsecuredMinor: m.Minor, HaircutPPM: ppm}, f.reason())
			}},
		{Kind: request.Guarantee, Title: "Change a guarantee", Button: "Guarantee", Fields: []actField{
			who(), {Name: "guarantor", Label: "Guarantor", List: listParticipants, Hint: "Whose own prefunding is set aside."}, in(), much("Set aside", "0 ends the guarantee.")},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("amount")
				if err != nil {
					return request.Plan{}, err
				}
				return request.GuaranteePlan(settlement.Guarantee{Guarantor: f.Get("guarantor"), Participant: f.Get("participant"), Currency: m.Currency, AmountMinor: m.Minor}, f.reason())
			}},
		{Kind: request.Method, Title: "Change how it settles", Button: "Settlement method", Fields: []actField{
			who(), {Name: "method", Label: "Settles", Choices: []string{string(settlement.MethodPrefund), string(settlement.MethodInstructed)}, Hint: "From its prefunding, or by payments at the settlement agent."}},
			plan: func(f filled) (request.Plan, error) {
				return request.MethodPlan(settlement.SettlementMethod{Participant: f.Get("participant"), Method: settlement.Method(f.Get("method"))}, f.reason())
			}},
		{Kind: request.Patience, Title: "Change after how long its rail is asked", Button: "Patience", Fields: []actField{
			who(), {Name: "seconds", Label: "Seconds without a word", Whole: true}},
			plan: func(f filled) (request.Plan, error) {
				seconds, err := f.whole("seconds")
				if err != nil {
					return request.Plan{}, err
				}
				return request.PatiencePlan(settlement.Patience{Participant: f.Get("participant"), Seconds: seconds}, f.reason())
			}},
	}
}

func limitsPlan(f filled) (request.Plan, error) {
	var limits [3]fx.Money
	for i, name := range []string{"min", "max", "step"} {
		var err error
		if limits[i], err = f.money(name); err != nil {
			return request.Plan{}, err
		}
	}
	return request.LimitsPlan(settlement.Limits{
		Participant: f.Get("participant"), PayoutMinMinor: limits[0].Minor, PayoutMaxMinor: limits[1].Minor, PayoutIncrementMinor: limits[2].Minor,
	}, f.reason())
}

// doorActs let participants in, and send them away.
func doorActs() []act {
	return []act{
		{Kind: request.Add, Title: "Take a participant in", Button: "Add a participant", Fields: []actField{
			{Name: "participant", Label: "Name", Hint: "Lower-case letters, digits and dashes, as mpesa-ke. It stays for ever."},
			{Name: "role", Label: "It is", Choices: []string{string(settlement.RoleOperator), string(settlement.RolePool), string(settlement.RoleProvider)}},
			{Name: "country", Label: "Country", Hint: "Two letters, as KE."}, {Name: "currency", Label: "Currency", List: listCurrencies},
			{Name: "key", Label: "Public signing key", Hint: "It begins with U. The seed stays with its owner."},
			{Name: "min", Label: "Least payout", Amount: true}, {Name: "max", Label: "Greatest payout", Amount: true}, {Name: "step", Label: "In steps of", Amount: true},
			{Name: "line", Label: "Credit line", Amount: true, Optional: true}, {Name: "unsecured", Label: "Of it, unsecured", Amount: true, Optional: true},
			{Name: "reserves", Label: "Its rail sets money aside before a transfer clears", Choices: []string{no, yes}},
			{Name: "broker", Label: "Account and credentials at this switch’s broker", Choices: []string{yes, no}}},
			plan: addPlan},
		{Kind: request.Rotate, Title: "Rotate keys and credentials", Button: "Rotate", Danger: true, Fields: []actField{
			who(), {Name: "key", Label: "New public signing key", Optional: true, Hint: "It begins with U. Empty: the key stays."},
			{Name: "credentials", Label: "Other credentials at the broker", Choices: []string{no, yes}}},
			plan: func(f filled) (request.Plan, error) {
				p, err := participant.RotatePlan(f.Get("participant"), f.Get("key"), f.Get("credentials") == yes)
				return f.because(p, err, "key")
			}},
		{Kind: request.Revoke, Title: "Revoke keys and credentials", Button: "Revoke", Danger: true, Fields: []actField{
			who(), {Name: "broker", Label: "Credentials at this switch’s broker too", Choices: []string{yes, no}}},
			plan: func(f filled) (request.Plan, error) {
				p, err := participant.RevokePlan(f.Get("participant"), f.Get("broker") == yes)
				return f.because(p, err, "participant")
			}},
	}
}

func addPlan(f filled) (request.Plan, error) {
	amounts := map[string]int64{}
	for _, name := range []string{"min", "max", "step", "line", "unsecured"} {
		if f.Get(name) == "" && (name == "line" || name == "unsecured") {
			continue
		}
		m, err := f.money(name)
		if err != nil {
			return request.Plan{}, err
		}
		amounts[name] = m.Minor
	}
	currency, err := fx.ParseCurrency(f.Get("currency"))
	if err != nil {
		return request.Plan{}, noCurrency("currency")
	}
	p, err := participant.AddPlan(settlement.AddParticipant{
		Name: f.Get("participant"), Country: f.Get("country"), Currency: currency, Role: settlement.Role(f.Get("role")), SigningKey: f.Get("key"),
		PayoutMinMinor: amounts["min"], PayoutMaxMinor: amounts["max"], PayoutIncrementMinor: amounts["step"], Reserves: f.Get("reserves") == yes,
	}, participant.Caps{LineMinor: amounts["line"], UnsecuredMinor: amounts["unsecured"]}, f.Get("broker") == yes)
	return f.because(p, err, "key")
}
