package decide

import (
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// standing is what stands behind positions, and what is on its way to or from the settlement agent.
type standing struct {
	terms           map[int]terms      // by place of a position; absent where nothing was set
	lowering        map[int]int64      // targets of credit lines that are falling, by place
	guarantees      []ledger.Guarantee // in the order in which guarantors pay
	lastGuarantee   int64
	instructions    map[settlement.InstructionID]*ledger.OpenInstruction // without a result, or paid in for a window that has not settled
	lastInstruction settlement.InstructionID
	witnesses       *witness.Policy // who vouch for the log before the settlement agent is told; nil for nobody
	alarms          map[int]int32   // the step of each account's alarm, in percent, where it is not 0
}

// terms is what the scheme counts behind a credit line beside guarantees.
type terms struct{ haircutPPM, unsecuredMinor int64 }

func (s *State) restoreStanding(from *ledger.Snapshot) {
	s.standing = standing{
		terms: map[int]terms{}, lowering: map[int]int64{}, guarantees: from.Guarantees, lastGuarantee: from.LastGuarantee,
		instructions: map[settlement.InstructionID]*ledger.OpenInstruction{}, lastInstruction: from.LastInstruction, alarms: map[int]int32{},
	}
	for _, t := range from.CreditTerms {
		s.terms[int(t.Account-1)] = terms{t.HaircutPPM, t.UnsecuredMinor}
	}
	for account, target := range from.Targets {
		s.lowering[int(account-1)] = target
	}
	for _, i := range from.Instructions {
		if !i.Waits {
			i.Leaf = [32]byte{}
		}
		s.instructions[i.ID] = &i
	}
	for account, step := range from.Alarms {
		s.alarms[int(account-1)] = step
	}
}

// maxEvidence bounds a reference of the settlement agent (ISO 20022 Max35Text).
const maxEvidence = 35

// witness looks whether an entry of the settlement agent was taken as proof before: done where it proved the
// same, a fault where it proved something else.
func (d *decision) witness(key ledger.EvidenceKey, says string) (done bool, fault string) {
	if len(key.Reference) > maxEvidence || Plain(key.Reference) != key.Reference {
		return false, "the evidence is no reference of an entry"
	}
	known, ok := d.Evidence[key]
	if !ok && d.Before != nil {
		known, ok = d.Before.Evidence[key]
	}
	switch {
	case !ok:
		return false, ""
	case known.Said == says:
		return true, ""
	default:
		return false, fmt.Sprintf("entry %s proves otherwise: %s", key.Reference, known.Said)
	}
}

// proven keeps an entry once what it proves is booked.
func (d *decision) proven(command int64, key ledger.EvidenceKey, says string) {
	if key.Reference == "" {
		return
	}
	e := ledger.Evidence{EvidenceKey: key, Command: command, Said: says}
	d.Evidence[key] = e
	d.batch.Evidence = append(d.batch.Evidence, e)
}

// maxMovedMinor bounds one movement of money into the scheme or out of it.
const maxMovedMinor = maxTransferMinor * 1000

// owner checks whose money of which currency a command is about.
func (d *decision) owner(participant string, currency fx.Currency, amountMinor int64) (*settlement.Participant, string) {
	p := d.byName[participant]
	switch {
	case p == nil:
		return nil, fmt.Sprintf("no participant %q", participant)
	case amountMinor <= 0 || amountMinor > maxMovedMinor:
		return nil, fmt.Sprintf("amount %d out of range", amountMinor)
	case currency.IsZero(), p.Role != settlement.RoleProvider && currency != p.Currency:
		return nil, fmt.Sprintf("%s does not settle in %q", p.Name, currency)
	}
	return p, ""
}

// kindOf is the kind of account that money stands on.
func kindOf(s settlement.Standing) (kind ledger.AccountKind, ok bool) {
	switch s {
	case "", settlement.StandingSettlement:
		return ledger.Settlement, true
	case settlement.StandingCollateral:
		return ledger.Collateral, true
	default:
		return "", false
	}
}

// fundThen is fund as the rules before read it.
type fundThen struct {
	Participant string      `json:"participant"`
	Currency    fx.Currency `json:"currency"`
	AmountMinor int64       `json:"amount_minor"`
}

func (f fundThen) now() settlement.Fund {
	return settlement.Fund{Participant: f.Participant, Currency: f.Currency, AmountMinor: f.AmountMinor}
}

func (d *decision) fund(command int64, f settlement.Fund) (string, error) {
	p, fault := d.owner(f.Participant, f.Currency, f.AmountMinor)
	if p == nil {
		return fault, nil
	}
	kind, ok := kindOf(f.Account)
	if !ok {
		return fmt.Sprintf("no money stands on %q", Plain(string(f.Account))), nil
	}
	key := ledger.EvidenceKey{Currency: f.Currency, Reference: f.Evidence}
	says := fmt.Sprintf("fund %s %s %d", p.Name, kind, f.AmountMinor)
	if done, fault := d.witness(key, says); done || fault != "" {
		return fault, nil
	}
	agent := d.account(settlement.SchemeID, ledger.Agent, f.Currency)
	own := d.account(p.ID, kind, f.Currency)
	if fault := d.tooMuch(agent, f.AmountMinor); fault != "" {
		return fault, nil
	}
	d.proven(command, key, says)
	return "", d.post(ledger.PostFund, 0, agent, own, f.AmountMinor)
}

// tooMuch is the fault of more money than the settlement agent may hold for the scheme.
func (d *decision) tooMuch(agent int, moreMinor int64) string {
	if held := -d.accounts[agent].balance(); held > maxHeldMinor-moreMinor {
		return fmt.Sprintf("the agent would hold more than %d in %s", int64(maxHeldMinor), d.accounts[agent].Currency)
	}
	return ""
}

// withdraw reserves money and tells the settlement agent to pay it out.
func (d *decision) withdraw(w settlement.Withdraw) (string, error) {
	p, fault := d.owner(w.Participant, w.Currency, w.AmountMinor)
	if p == nil {
		return fault, nil
	}
	kind, ok := kindOf(w.Account)
	from := d.find(p.ID, kind, w.Currency)
	switch {
	case !ok:
		return fmt.Sprintf("no money stands on %q", Plain(string(w.Account))), nil
	case from < 0 || d.accounts[from].balance() < w.AmountMinor:
		return fmt.Sprintf("%s does not have %d there", p.Name, w.AmountMinor), nil
	case d.owes(p.ID, w.Currency) > 0:
		return fmt.Sprintf("%s owes %d to those who paid for it", p.Name, d.owes(p.ID, w.Currency)), nil
	}
	if kind == ledger.Settlement {
		if past := w.AmountMinor - d.spare(p, w.Currency); past > 0 {
			return fmt.Sprintf("%s would be %d past its liquidity", p.Name, past), nil
		}
	} else if position := d.find(p.ID, ledger.Position, w.Currency); position >= 0 {
		line := d.accounts[position].creditLineMinor
		if covered := d.coverLess(position, w.AmountMinor, 0); line > covered {
			return fmt.Sprintf("a credit line of %d would be covered up to %d", line, covered), nil
		}
	}
	return "", d.payOut(ledger.Withdrawal, 0, p, from, w.AmountMinor)
}

// spare is how much of its prefunding a participant can do without.
func (d *decision) spare(p *settlement.Participant, currency fx.Currency) int64 {
	behind := d.find(p.ID, ledger.Position, currency)
	if p.Role == settlement.RoleProvider {
		behind = d.find(settlement.SchemeID, ledger.FX, currency)
	}
	left := int64(maxHeldMinor)
	if behind >= 0 {
		left = d.available(d.accounts[behind])
	}
	if own := d.find(p.ID, ledger.Settlement, currency); own >= 0 {
		return min(left, d.accounts[own].balance())
	}
	return 0
}
