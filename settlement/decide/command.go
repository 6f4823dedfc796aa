package decide

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// maxHeldMinor bounds the money of one currency in the scheme.
const maxHeldMinor = 2_000_000_000_000_000_000

// maxParticipants bounds the scheme: everybody hears of everybody.
const maxParticipants = messaging.MaxListed

// maxQuotes bounds the quotes of one command, maxStanding all that are remembered.
const (
	maxQuotes   = 2000
	maxStanding = 200_000
)

// carryOutCommands carries out what operators asked for. A command that cannot be carried out is
// answered with its fault and changes nothing.
func (d *decision) carryOutCommands() error {
	for _, c := range d.Commands {
		fault, err := d.carryOut(c)
		if err != nil {
			return fmt.Errorf("command %d: %w", c.ID, err)
		}
		d.lastCommand = c.ID
		d.batch.CommandResults = append(d.batch.CommandResults, ledger.CommandResult{Command: c.ID, Fault: Plain(fault)})
	}
	return nil
}

func (d *decision) carryOut(c settlement.Command) (fault string, err error) {
	if d.unknownThen(c.Kind) {
		return noCommand(c.Kind), nil
	}
	switch c.Kind {
	case settlement.CommandAddParticipant:
		return read(c, d.addParticipant)
	case settlement.CommandFund:
		if d.countsFromOne() {
			return read(c, func(body fundThen) (string, error) { return d.fund(c.ID, body.now()) })
		}
		return read(c, func(body settlement.Fund) (string, error) { return d.fund(c.ID, body) })
	case settlement.CommandCreditLine:
		return read(c, d.setCreditLine)
	case settlement.CommandQuotes:
		return read(c, d.publishQuotes)
	case settlement.CommandRateCommittee:
		return read(c, func(body fx.Committee) (string, error) { return d.setRateCommittee(c.ID, body) })
	case settlement.CommandRates:
		return read(c, func(body settlement.Rates) (string, error) { return d.publishRates(c.ID, body) })
	case settlement.CommandSuspend:
		return read(c, d.suspend)
	case settlement.CommandCloseWindow:
		if d.countsFromOne() {
			return read(c, func(body closeWindowThen) (string, error) {
				return d.closeWindow(settlement.CloseWindow{Reason: body.Reason})
			})
		}
		return read(c, d.closeWindow)
	case settlement.CommandPatience:
		return rule(d, c, d.publishPatience)
	case settlement.CommandHold:
		return read(c, d.hold)
	case settlement.CommandRelease:
		return read(c, d.release)
	case settlement.CommandRefuse:
		return read(c, d.refuse)
	case settlement.CommandScreen:
		return rule(d, c, d.publishScreen)
	case settlement.CommandGross:
		return rule(d, c, d.publishGross)
	case settlement.CommandHours:
		return rule(d, c, d.publishHours)
	case settlement.CommandLimits:
		return rule(d, c, d.publishLimits)
	case settlement.CommandTravelRule:
		return rule(d, c, d.publishTravelRule)
	case settlement.CommandWitnesses:
		return rule(d, c, d.publishWitnesses)
	case settlement.CommandWitnessed:
		return read(c, d.takeWitnessed)
	case settlement.CommandWithdraw:
		return read(c, d.withdraw)
	case settlement.CommandInstructionResult:
		return read(c, func(body settlement.InstructionResult) (string, error) { return d.instructionResult(c.ID, body) })
	case settlement.CommandCreditTerms:
		return read(c, d.setCreditTerms)
	case settlement.CommandGuarantee:
		return read(c, d.guarantee)
	case settlement.CommandSettlementGroup:
		return read(c, d.setGroup)
	case settlement.CommandSettlementMethod:
		return read(c, d.setMethod)
	case settlement.CommandResettle:
		return read(c, d.resettle)
	case settlement.CommandRecover:
		return read(c, func(body settlement.Recover) (string, error) { return d.recoverDebt(c.ID, body) })
	case settlement.CommandFees:
		return read(c, func(body fee.Schedule) (string, error) { return d.announceFees(c, body) })
	case settlement.CommandRotateKey:
		return read(c, func(body settlement.RotateKey) (string, error) { return d.rotateKey(c.ID, body) })
	case settlement.CommandReplayLetter:
		return read(c, func(body settlement.ReplayLetter) (string, error) { return d.replayLetter(c.ID, body) })
	default:
		return noCommand(c.Kind), nil
	}
}

func noCommand(kind settlement.CommandKind) string { return fmt.Sprintf("no command %q", kind) }

func noBody(kind settlement.CommandKind) string { return fmt.Sprintf("the body is no %s", kind) }

// read decodes a command's body and carries it out.
func read[T any](c settlement.Command, carryOut func(T) (string, error)) (string, error) {
	var body T
	if json.Unmarshal(c.Body, &body, json.RejectUnknownMembers(true)) != nil {
		// The decoder's own words stay out: they are not the same in every build, and the log holds this.
		return noBody(c.Kind), nil //nolint:nilerr // the command is at fault, not the engine
	}
	return carryOut(body)
}

func (d *decision) addParticipant(a settlement.AddParticipant) (string, error) {
	switch {
	case a.Reserves && d.countsFromOne():
		return noBody(settlement.CommandAddParticipant), nil
	case a.Reserves && a.Role == settlement.RoleProvider:
		return "a provider pays nobody out", nil
	case !messaging.ValidParticipant(a.Name):
		return fmt.Sprintf("%q cannot name a participant", a.Name), nil
	case len(d.participants) >= maxParticipants:
		return fmt.Sprintf("%d participants; the limit is %d", len(d.participants), maxParticipants), nil
	case d.byName[a.Name] != nil:
		return fmt.Sprintf("participant %s exists", a.Name), nil
	case a.Currency.IsZero():
		return "no currency", nil
	case !messaging.ValidCountry(a.Country) && (a.Country != "" || a.Role != settlement.RoleProvider):
		return "the country is no two capital letters", nil
	case a.Role == settlement.RoleProvider && d.provider != nil:
		return fmt.Sprintf("%s already stands behind the FX pool", d.provider.Name), nil
	case a.Role != settlement.RoleProvider && a.Role != settlement.RoleOperator && a.Role != settlement.RolePool:
		return fmt.Sprintf("no role %q", a.Role), nil
	case !payable(a.PayoutIncrementMinor, a.PayoutMinMinor, a.PayoutMaxMinor):
		return "payout limits out of range", nil
	}
	if a.Role != settlement.RoleProvider || a.SigningKey != "" {
		if _, err := messaging.NewVerifier(a.SigningKey); err != nil {
			return err.Error(), nil //nolint:nilerr // the command is at fault, not the engine
		}
	}
	p := &settlement.Participant{
		ID:   int32(len(d.participants)) + 1, //nolint:gosec // bounded above
		Name: a.Name, Country: a.Country, Currency: a.Currency, Role: a.Role,
		SigningKey: a.SigningKey, PayoutIncrementMinor: a.PayoutIncrementMinor, PayoutMinMinor: a.PayoutMinMinor,
		PayoutMaxMinor: a.PayoutMaxMinor, Reserves: a.Reserves,
	}
	d.admit(p)
	d.batch.Participants = append(d.batch.Participants, *p)
	d.account(p.ID, ledger.Settlement, p.Currency)
	if p.Role != settlement.RoleProvider {
		d.account(p.ID, ledger.Position, p.Currency)
	}
	d.refreshed, d.retold = true, !d.fees.Empty()
	return "", nil
}

func (d *decision) publishQuotes(q settlement.Quotes) (string, error) {
	if len(q.Quotes) == 0 || len(q.Quotes) > maxQuotes {
		return fmt.Sprintf("%d quotes; the limit is %d", len(q.Quotes), maxQuotes), nil
	}
	if d.unreadableThen(q) {
		return noBody(settlement.CommandQuotes), nil
	}
	if len(d.quotes)+len(q.Quotes) > maxStanding {
		return fmt.Sprintf("%d quotes stand; the limit is %d", len(d.quotes), maxStanding), nil
	}
	fresh := map[string]bool{}
	for _, quote := range q.Quotes {
		_, exists := d.quotes[quote.ID]
		switch {
		case !messaging.ValidID(quote.ID) || exists || fresh[quote.ID]:
			return fmt.Sprintf("quote id %q is malformed or used", Plain(quote.ID)), nil
		case d.provider == nil || quote.Provider != d.provider.Name:
			return fmt.Sprintf("quote %s: %q does not stand behind the FX pool", quote.ID, quote.Provider), nil
		case quote.From.IsZero() || quote.To.IsZero() || quote.From == quote.To || quote.Rate.IsZero():
			return fmt.Sprintf("quote %s: no pair or no rate", quote.ID), nil
		case quote.FeeMinor < 0 || quote.FeeMinor > maxTransferMinor || len(quote.Mid.String()) > maxMidText:
			return fmt.Sprintf("quote %s: fee or mid rate out of range", quote.ID), nil
		}
		fresh[quote.ID] = true
	}
	for i := range q.Quotes {
		q.Quotes[i].Expires = microseconds(q.Quotes[i].Expires)
		q.Quotes[i].Mid = d.midOf(q.Quotes[i])
		d.quotes[q.Quotes[i].ID] = q.Quotes[i]
	}
	d.batch.Quotes = append(d.batch.Quotes, q.Quotes...)
	d.refreshed = true
	return "", nil
}

func (d *decision) suspend(s settlement.Suspend) (string, error) {
	p := d.byName[s.Participant]
	if p == nil {
		return fmt.Sprintf("no participant %q", s.Participant), nil
	}
	p.Suspended = s.Suspended
	d.batch.Suspensions = append(d.batch.Suspensions, *p)
	d.refreshed = true
	return "", nil
}

// currentQuotes are the newest unexpired quotes from one currency, one a pair, in order of currency.
func (d *decision) currentQuotes(from fx.Currency) []fx.Quote {
	newest := map[string]fx.Quote{}
	for _, q := range d.quotes { // the order does not matter: the latest expiry wins, then the greater id
		if q.From != from || q.ExpiredAt(d.Now) {
			continue
		}
		other, ok := newest[q.To.String()]
		if !ok || q.Expires.After(other.Expires) || (q.Expires.Equal(other.Expires) && q.ID > other.ID) {
			newest[q.To.String()] = q
		}
	}
	quotes := make([]fx.Quote, 0, len(newest))
	for _, code := range sortedKeys(newest) {
		quotes = append(quotes, newest[code])
	}
	return quotes
}
