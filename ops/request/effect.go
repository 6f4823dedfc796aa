package request

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// effect is what a command does, in words, and to whom.
type effect struct {
	says  string // a clause without its beginning's capital and its end's stop
	about string // the participant, "" where there is none
}

// Consequence says what will happen once a plan is approved, in one sentence for people. Of a plan whose words no longer
// read it is their text.
func (p Plan) Consequence() string {
	clauses, err := p.clauses()
	if err != nil {
		text, _ := p.body() // it is for people, who see that it is empty
		return string(text)
	}
	all := strings.Join(clauses, "; then ")
	return strings.ToUpper(all[:1]) + all[1:] + "."
}

// clauses say what each step does. The error is what makes a step no step.
func (p Plan) clauses() (all []string, err error) {
	switch {
	case p.Kind == ResolveDifference && p.Difference != nil:
		return []string{differenceClause(p.Participant, *p.Difference)}, checkDifference(*p.Difference)
	case p.Kind == ResolveOperation && p.Operation != nil:
		return []string{p.Operation.clause(p.Participant)}, errors.Join(named(p.Participant), p.Operation.check())
	}
	switch p.Broker {
	case "":
	case BrokerAdmit:
		all = append(all, fmt.Sprintf("give %s an account, credentials and streams at the broker", p.Participant))
	case BrokerRotate:
		all = append(all, fmt.Sprintf("give %s other credentials at the broker, which refuses those of before", p.Participant))
	case BrokerExpel:
		all = append(all, fmt.Sprintf("take %s's account and credentials at the broker away", p.Participant))
	default:
		return nil, fmt.Errorf("no broker's step %.20q", string(p.Broker))
	}
	for _, c := range p.Commands {
		e, err := c.effect()
		if err != nil {
			return nil, err
		}
		if e.about != p.Participant {
			return nil, fmt.Errorf("a command about %.40q in a plan about %.40q", e.about, p.Participant)
		}
		all = append(all, e.says)
	}
	if len(all) == 0 {
		return nil, errors.New("nothing is to be done")
	}
	return all, nil
}

// read decodes a command's body and has it told.
func read[T any](c Command, tell func(T) (effect, error)) (effect, error) {
	var body T
	if err := json.Unmarshal(c.Body, &body, json.RejectUnknownMembers(true)); err != nil {
		return effect{}, fmt.Errorf("the body is no %s: %w", c.Kind, err)
	}
	return tell(body)
}

// effect checks a command as far as that can be done without the ledger, and tells what it does.
func (c Command) effect() (effect, error) {
	switch c.Kind {
	case settlement.CommandAddParticipant:
		return read(c, addEffect)
	case settlement.CommandSuspend:
		return read(c, suspendEffect)
	case settlement.CommandRotateKey:
		return read(c, rotateEffect)
	case settlement.CommandLimits:
		return read(c, limitsEffect)
	case settlement.CommandCreditLine:
		return read(c, lineEffect)
	case settlement.CommandCreditTerms:
		return read(c, termsEffect)
	case settlement.CommandGuarantee:
		return read(c, guaranteeEffect)
	case settlement.CommandFund:
		return read(c, fundEffect)
	case settlement.CommandWithdraw:
		return read(c, withdrawEffect)
	case settlement.CommandCloseWindow:
		return read(c, closeEffect)
	case settlement.CommandResettle:
		return read(c, resettleEffect)
	case settlement.CommandInstructionResult:
		return read(c, instructionEffect)
	case settlement.CommandRecover:
		return read(c, recoverEffect)
	case settlement.CommandSettlementGroup:
		return read(c, groupEffect)
	case settlement.CommandSettlementMethod:
		return read(c, methodEffect)
	case settlement.CommandHold:
		return read(c, holdEffect)
	case settlement.CommandRelease:
		return read(c, releaseEffect)
	case settlement.CommandRefuse:
		return read(c, refuseEffect)
	case settlement.CommandReplayLetter:
		return read(c, replayEffect)
	default:
		return c.ruleEffect()
	}
}

// ruleEffect is effect of what rules all.
func (c Command) ruleEffect() (effect, error) {
	switch c.Kind {
	case settlement.CommandRates:
		return read(c, ratesEffect)
	case settlement.CommandRateCommittee:
		return read(c, committeeEffect)
	case settlement.CommandQuotes:
		return read(c, quotesEffect)
	case settlement.CommandFees:
		return read(c, feesEffect)
	case settlement.CommandPatience:
		return read(c, patienceEffect)
	case settlement.CommandHours:
		return read(c, hoursEffect)
	case settlement.CommandGross:
		return read(c, grossEffect)
	case settlement.CommandScreen:
		return read(c, screenEffect)
	case settlement.CommandTravelRule:
		return read(c, travelEffect)
	case settlement.CommandWitnesses:
		return read(c, witnessesEffect)
	default:
		return effect{}, fmt.Errorf("no command %.40q that two people ask for", string(c.Kind))
	}
}

func money(minor int64, currency fx.Currency) string {
	return fx.Money{Minor: minor, Currency: currency}.String()
}

// named wants the name of a participant.
func named(name string) error {
	if !messaging.ValidParticipant(name) {
		return fmt.Errorf("%.40q cannot name a participant", name)
	}
	return nil
}

// amount wants money of a currency, at least so much.
func amount(minor, least int64, currency fx.Currency) error {
	switch {
	case currency.IsZero():
		return errors.New("no currency")
	case minor < least:
		return fmt.Errorf("amount %d out of range", minor)
	}
	return nil
}

// maxReference bounds a reference of the settlement agent (ISO 20022 Max35Text).
const maxReference = 35

// plain tells whether text is what people see of it: no hidden marks, no line that is not one.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// agentSays wants the settlement agent's own reference, which proves that money moved.
func agentSays(evidence string) error {
	if evidence == "" || len(evidence) > maxReference || !plain(evidence) {
		return fmt.Errorf("the evidence is the settlement agent's reference, of 1 to %d bytes", maxReference)
	}
	return nil
}
