package whatif

import (
	"cmp"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// commands are those of a batch as the other history has them. What does not read stays: it is refused there, too.
func (h *History) commands(of []settlement.Command) []settlement.Command {
	var all []settlement.Command
	for _, c := range of {
		switch c.Kind {
		case settlement.CommandAddParticipant:
			var p settlement.AddParticipant
			all = append(all, c)
			if json.Unmarshal(c.Body, &p) == nil {
				all = append(all, h.rules.opening(c.ID, p.Name)...)
			}
		case settlement.CommandCreditLine, settlement.CommandCreditTerms:
			if !h.rules.overrides(h.rules.Lines, c) {
				all = append(all, c)
			}
		case settlement.CommandFund, settlement.CommandWithdraw:
			if !h.rules.overrides(h.rules.Prefunds, c) {
				all = append(all, c)
			}
		case settlement.CommandWitnesses, settlement.CommandWitnessed: // they vouched for what happened: here nothing waits for them
		case settlement.CommandHold, settlement.CommandRelease, settlement.CommandRefuse:
			all = append(all, h.renamed(c))
		default:
			all = append(all, c)
		}
	}
	return all
}

// opening are the commands that give a new participant what it has by the rules. They have the number of the command
// that takes it in.
func (r *Rules) opening(id int64, participant string) (all []settlement.Command) {
	ask := func(kind settlement.CommandKind, body any) {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err) // structs of texts and numbers
		}
		all = append(all, settlement.Command{ID: id, Kind: kind, Body: text})
	}
	for _, of := range sorted(r.Prefunds) {
		if minor := r.Prefunds[of]; of.Participant == participant && minor > 0 {
			ask(settlement.CommandFund, settlement.Fund{Participant: participant, Currency: of.Currency, AmountMinor: minor})
		}
	}
	for _, of := range sorted(r.Lines) {
		if minor := r.Lines[of]; of.Participant == participant {
			ask(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: participant, Currency: of.Currency, UnsecuredMinor: minor})
			ask(settlement.CommandCreditLine, settlement.CreditLine{Participant: participant, Currency: of.Currency, AmountMinor: minor})
		}
	}
	return all
}

// overrides tells whether a command is about what the rules say for good. Collateral is not.
func (r *Rules) overrides(by map[Whose]int64, c settlement.Command) bool {
	var about struct {
		Participant string              `json:"participant"`
		Currency    fx.Currency         `json:"currency"`
		Account     settlement.Standing `json:"account"`
	}
	if json.Unmarshal(c.Body, &about) != nil || about.Account == settlement.StandingCollateral {
		return false
	}
	_, ours := by[Whose{about.Participant, about.Currency}]
	return ours
}

// renamed is a command about a transfer, by the transfer's id in the other history.
func (h *History) renamed(c settlement.Command) settlement.Command {
	var body map[string]jsontext.Value
	var name string
	if json.Unmarshal(c.Body, &body) != nil || json.Unmarshal(body["transfer"], &name) != nil {
		return c
	}
	id, err := settlement.ParseTransferID(name)
	if err != nil {
		return c
	}
	text, err := json.Marshal(h.ids[id].String())
	if err != nil {
		return c
	}
	body["transfer"] = text
	if text, err = json.Marshal(body); err == nil {
		c.Body = text
	}
	return c
}

func sorted(of map[Whose]int64) []Whose {
	return slices.SortedFunc(maps.Keys(of), func(a, b Whose) int {
		return cmp.Or(cmp.Compare(a.Participant, b.Participant), cmp.Compare(a.Currency.String(), b.Currency.String()))
	})
}
