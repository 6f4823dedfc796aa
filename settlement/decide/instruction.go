package decide

import (
	"fmt"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// The agents of an instruction that are no participants: the scheme, and whoever holds its money in a currency,
// "agent-kes".
const (
	schemeAgent     = "scheme"
	settlementAgent = "agent-"
)

// payOut reserves money and tells the settlement agent to pay it out.
func (d *decision) payOut(kind ledger.InstructionKind, window settlement.WindowID, p *settlement.Participant, from int, amountMinor int64) error {
	a := d.accounts[from]
	if err := d.post(ledger.PostReserve, 0, from, d.account(p.ID, ledger.Suspense, a.Currency), amountMinor); err != nil {
		return err
	}
	d.tellAgent(p, ledger.Instruction{Window: window, Kind: kind, Account: a.ID, AmountMinor: amountMinor, Currency: a.Currency, Instructing: schemeAgent})
	return nil
}

// tellAgent records an instruction to the settlement agent, and tells the participant of it, unless it waits for
// witnesses.
func (d *decision) tellAgent(p *settlement.Participant, i ledger.Instruction) {
	d.lastInstruction++
	i.ID, i.Participant, i.ValueDate = d.lastInstruction, p.ID, fx.Date(d.Now.Format(time.DateOnly))
	i.Instructed = agentName(i.Currency)
	d.instructions[i.ID] = &ledger.OpenInstruction{Instruction: i, Entry: d.batch.LogIndex, Waits: d.awaitsWitnesses}
	d.batch.Instructions = append(d.batch.Instructions, i)
	if !d.awaitsWitnesses {
		d.tellOf(i)
	}
}

// tellOf tells a participant of an instruction.
func (d *decision) tellOf(i ledger.Instruction) {
	p := d.participants[i.Participant-1]
	if p.Role == settlement.RoleProvider { // it has no stream
		return
	}
	m := d.to(p)
	m.settlements = append(m.settlements, messaging.SettlementInstruction{
		EndToEndID: i.ID.String(), Kind: string(i.Kind), Window: int64(i.Window),
		Amount: messaging.NewAmount(fx.Money{Minor: i.AmountMinor, Currency: i.Currency}), ValueDate: string(i.ValueDate),
		InstructingAgent: i.Instructing, InstructedAgent: i.Instructed,
	})
}

// agentName is the name that a currency's settlement agent goes by: lower-case letters, digits and hyphens.
func agentName(c fx.Currency) string {
	name := settlementAgent + strings.ReplaceAll(strings.ToLower(c.String()), ".", "-")
	return name[:min(len(name), 32)]
}

// instructionResult takes what the settlement agent made of an instruction.
func (d *decision) instructionResult(command int64, r settlement.InstructionResult) (string, error) {
	id, err := settlement.ParseInstructionID(r.Instruction)
	if err != nil {
		return err.Error(), nil //nolint:nilerr // the command is at fault, not the engine
	}
	key := ledger.EvidenceKey{Currency: r.Currency, Reference: r.Evidence}
	says := fmt.Sprintf("%s %d", id, r.AmountMinor)
	if done, fault := d.witness(key, says); done || fault != "" {
		return fault, nil
	}
	i := d.instructions[id]
	switch {
	case i == nil || i.PaidIn:
		return fmt.Sprintf("instruction %s waits for no result", id), nil
	case i.Waits: // nobody was told: paid now, it would be paid again
		return fmt.Sprintf("instruction %s waits for witnesses", id), nil
	case i.Currency != r.Currency || i.AmountMinor != r.AmountMinor:
		return fmt.Sprintf("instruction %s is of %d %s", id, i.AmountMinor, i.Currency), nil
	case !r.Refused && r.Evidence == "":
		return "no evidence", nil
	case r.Refused && i.Kind == ledger.PayIn:
		return fmt.Sprintf("%s stands until it is paid, or its window defaults", id), nil
	}
	agent := d.account(settlement.SchemeID, ledger.Agent, i.Currency)
	suspense := d.account(i.Participant, ledger.Suspense, i.Currency)
	result := ledger.InstructionResult{Instruction: id, Result: ledger.Confirmed, Evidence: r.Evidence}
	switch {
	case i.Kind == ledger.PayIn:
		if fault := d.tooMuch(agent, i.AmountMinor); fault != "" {
			return fault, nil
		}
		i.PaidIn = true
		err = d.post(ledger.PostPayIn, 0, agent, suspense, i.AmountMinor)
	case r.Refused:
		result.Result = ledger.Refused
		delete(d.instructions, id)
		err = d.post(ledger.PostRelease, 0, suspense, int(i.Account-1), i.AmountMinor)
	default:
		delete(d.instructions, id)
		err = d.post(ledger.PostWithdraw, 0, suspense, agent, i.AmountMinor)
	}
	d.proven(command, key, says)
	d.batch.InstructionResults = append(d.batch.InstructionResults, result)
	return "", err
}

// payIns are the instructions by which a window's debtors pay in, by account. Who has none settles from
// prefunding.
func (d *decision) payIns(w settlement.WindowID) map[int64]*ledger.OpenInstruction {
	byAccount := map[int64]*ledger.OpenInstruction{}
	for _, i := range d.instructions {
		if i.Kind == ledger.PayIn && i.Window == w {
			byAccount[i.Account] = i
		}
	}
	return byAccount
}
