package request

import (
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

const million = 1_000_000

func addEffect(a settlement.AddParticipant) (effect, error) {
	if _, err := messaging.NewVerifier(a.SigningKey); err != nil && (a.SigningKey != "" || a.Role != settlement.RoleProvider) {
		return effect{}, errors.New("that is no public signing key")
	}
	if err := payable(a.PayoutIncrementMinor, a.PayoutMinMinor, a.PayoutMaxMinor); err != nil {
		return effect{}, err
	}
	provider := a.Role == settlement.RoleProvider
	if !provider && a.Role != settlement.RoleOperator && a.Role != settlement.RolePool || !messaging.ValidCountry(a.Country) && (a.Country != "" || !provider) {
		return effect{}, errors.New("the role or the country is none")
	}
	return effect{fmt.Sprintf("take %s (%s, %s) into the switch as %s, which pays out %s to %s in steps of %s", a.Name, a.Country, a.Currency, a.Role,
		money(a.PayoutMinMinor, a.Currency), money(a.PayoutMaxMinor, a.Currency), money(a.PayoutIncrementMinor, a.Currency)), a.Name}, named(a.Name)
}

func suspendEffect(s settlement.Suspend) (effect, error) {
	says := fmt.Sprintf("let %s's new intents in again", s.Participant)
	if s.Suspended {
		says = fmt.Sprintf("refuse %s's new intents, while what is under way goes on", s.Participant)
	}
	return effect{says, s.Participant}, named(s.Participant)
}

func rotateEffect(r settlement.RotateKey) (effect, error) {
	if _, err := messaging.NewVerifier(r.SigningKey); err != nil {
		return effect{}, errors.New("that is no public signing key")
	}
	return effect{fmt.Sprintf("believe %s under the signing key %s alone, from the next batch on", r.Participant, r.SigningKey), r.Participant}, named(r.Participant)
}

func limitsEffect(l settlement.Limits) (effect, error) {
	if err := payable(l.PayoutIncrementMinor, l.PayoutMinMinor, l.PayoutMaxMinor); err != nil {
		return effect{}, err
	}
	return effect{fmt.Sprintf("have %s pay out %d to %d minor units in steps of %d, for intents that come later", l.Participant,
		l.PayoutMinMinor, l.PayoutMaxMinor, l.PayoutIncrementMinor), l.Participant}, named(l.Participant)
}

// payable tells whether payouts can keep to such limits.
func payable(increment, least, most int64) error {
	if increment <= 0 || least <= 0 || most < least {
		return errors.New("payout limits out of range")
	}
	return nil
}

func lineEffect(c settlement.CreditLine) (effect, error) {
	return effect{fmt.Sprintf("set %s's credit line to %s for future batches; while more is used, it follows the position down", c.Participant,
		money(c.AmountMinor, c.Currency)), c.Participant}, errors.Join(named(c.Participant), amount(c.AmountMinor, 0, c.Currency))
}

func termsEffect(c settlement.CreditTerms) (effect, error) {
	if c.HaircutPPM < 0 || c.HaircutPPM > million {
		return effect{}, fmt.Errorf("haircut %d out of range", c.HaircutPPM)
	}
	return effect{fmt.Sprintf("count behind %s's credit line %s that nothing backs, and its collateral less %d millionths", c.Participant,
		money(c.UnsecuredMinor, c.Currency), c.HaircutPPM), c.Participant}, errors.Join(named(c.Participant), amount(c.UnsecuredMinor, 0, c.Currency))
}

func guaranteeEffect(g settlement.Guarantee) (effect, error) {
	if g.Guarantor == g.Participant {
		return effect{}, errors.New("nobody stands behind itself")
	}
	says := fmt.Sprintf("have %s of %s's own prefunding set aside behind %s's credit line", money(g.AmountMinor, g.Currency), g.Guarantor, g.Participant)
	if g.AmountMinor == 0 {
		says = fmt.Sprintf("end %s's guarantee for %s in %s", g.Guarantor, g.Participant, g.Currency)
	}
	return effect{says, g.Participant}, errors.Join(named(g.Guarantor), named(g.Participant), amount(g.AmountMinor, 0, g.Currency))
}

// standsOn names an account that money stands on.
func standsOn(s settlement.Standing) (string, error) {
	switch s {
	case "", settlement.StandingSettlement:
		return "prefunding", nil
	case settlement.StandingCollateral:
		return "collateral", nil
	default:
		return "", fmt.Errorf("no money stands on %.20q", string(s))
	}
}

func fundEffect(f settlement.Fund) (effect, error) {
	as, err := standsOn(f.Account)
	return effect{fmt.Sprintf("book %s as %s's %s, which the settlement agent received under %s", money(f.AmountMinor, f.Currency), f.Participant, as,
		f.Evidence), f.Participant}, errors.Join(err, named(f.Participant), amount(f.AmountMinor, 1, f.Currency), agentSays(f.Evidence))
}

func withdrawEffect(w settlement.Withdraw) (effect, error) {
	as, err := standsOn(w.Account)
	return effect{fmt.Sprintf("reserve %s of %s's %s at once, and instruct the settlement agent to pay it out", money(w.AmountMinor, w.Currency),
		w.Participant, as), w.Participant}, errors.Join(err, named(w.Participant), amount(w.AmountMinor, 1, w.Currency))
}
