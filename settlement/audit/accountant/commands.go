package accountant

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// read decodes a command's body.
func (r *review) read(c settlement.Command, body any) error {
	if err := json.Unmarshal(c.Body, body); err != nil {
		return r.fault(Commands, about("command %d", c.ID), "the body of a "+string(c.Kind), err)
	}
	return nil
}

// carryOut follows the commands that were carried out, each with what it moves. What was refused moves nothing.
func (r *review) carryOut() error {
	for i, c := range r.in.Commands {
		if r.b.CommandResults[i].Fault == "" {
			if err := r.follow(c); err != nil {
				return err
			}
		}
		for r.at.intent < len(r.in.Intents) && r.in.Intents[r.at.intent].Command == c.ID { // none was taken
			r.at.intent++
		}
	}
	return nil
}

// follow follows one command. Those that say only who may send what have no case here.
func (r *review) follow(c settlement.Command) error {
	switch c.Kind {
	case settlement.CommandFund:
		return followed(r, c, r.fund)
	case settlement.CommandWithdraw:
		return followed(r, c, r.withdraw)
	case settlement.CommandInstructionResult:
		return followed(r, c, r.instructionResult)
	case settlement.CommandRecover:
		return followed(r, c, r.recoverDebt)
	case settlement.CommandCreditTerms:
		return followed(r, c, r.setTerms)
	case settlement.CommandCreditLine:
		return followed(r, c, r.setLine)
	case settlement.CommandGuarantee:
		return followed(r, c, r.setGuarantee)
	case settlement.CommandQuotes:
		return followed(r, c, r.publishQuotes)
	case settlement.CommandSettlementGroup:
		return followed(r, c, r.setGroup)
	case settlement.CommandSettlementMethod:
		return followed(r, c, r.setMethod)
	case settlement.CommandCloseWindow:
		return followed(r, c, r.closeWindow)
	case settlement.CommandResettle:
		return followed(r, c, r.resettle)
	case settlement.CommandHold:
		return followed(r, c, func(_ int64, h settlement.Hold) error { return r.holdTransfer(h.Transfer, true) })
	case settlement.CommandRelease:
		return followed(r, c, func(_ int64, v settlement.Verdict) error { return r.holdTransfer(v.Transfer, false) })
	case settlement.CommandWitnesses:
		r.asksWitnesses = true
		return nil
	case settlement.CommandWitnessed:
		return followed(r, c, r.tell)
	case settlement.CommandFees:
		return r.announce(c)
	case settlement.CommandGross:
		return r.publishGross(c)
	case settlement.CommandReplayLetter:
		return r.takeIntents(c.ID)
	default:
		return nil
	}
}

// followed reads a command's body and follows it.
func followed[T any](r *review, c settlement.Command, follow func(command int64, body T) error) error {
	var body T
	if err := r.read(c, &body); err != nil {
		return err
	}
	return follow(c.ID, body)
}

// publishQuotes takes a provider's promises. One that holds is not changed.
func (r *review) publishQuotes(command int64, body settlement.Quotes) error {
	for id, q := range r.quotes { // in any order: each by itself
		if !r.decidedAt.Before(q.expires) {
			delete(r.quotes, id)
		}
	}
	for _, q := range body.Quotes {
		made, ok := newQuote(q)
		if !ok || r.byName[q.Provider] != r.provider || r.provider == 0 {
			return r.fault(Amounts, about("quote %s of command %d", q.ID, command), "a rate between two currencies, of who stands behind the pool", q.Rate)
		}
		if standing := r.quotes[q.ID]; standing != nil && !standing.same(made) {
			return r.fault(Amounts, about("quote %s of command %d", q.ID, command), "as it was promised", "another rate")
		}
		r.quotes[q.ID] = made
	}
	return nil
}

// owner finds whose money of which currency a command is about.
func (r *review) owner(command int64, name string, currency fx.Currency, minor int64) (int32, error) {
	id := r.byName[name]
	if id == 0 || minor <= 0 || currency.IsZero() || id != r.provider && r.participants[id-1].currency != currency {
		return 0, r.fault(Commands, about("command %d", command), "an amount of a participant's own currency", fmt.Sprintf("%d %s of %q", minor, currency, name))
	}
	return id, nil
}
