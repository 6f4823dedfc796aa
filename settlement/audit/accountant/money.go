package accountant

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// proof is what an entry in the settlement agent's books was taken for.
type proof struct {
	kind        settlement.CommandKind
	account     ledger.AccountKind
	owner       int32
	instruction settlement.InstructionID
	minor       int64
}

// instruction is a payment that the settlement agent was told of.
type instruction struct {
	ledger.Instruction
	paidIn bool
	entry  int64     // index of the log's entry that gave it
	waits  bool      // for witnesses of that entry
	told   time.Time // when it waited no more; zero where it never did
}

// witness tells whether an entry was taken for the same before; for something else it proves nothing.
func (r *review) witness(command int64, key ledger.EvidenceKey, p proof) (before bool, err error) {
	if key.Reference == "" {
		return false, nil
	}
	known, before := r.proven[key]
	if before && known != p {
		return false, r.fault(Commands, about("entry %s of command %d", key.Reference, command), fmt.Sprintf("%+v", known), fmt.Sprintf("%+v", p))
	}
	if before {
		return true, nil
	}
	r.proven[key] = p
	if r.at.evidence >= len(r.b.Evidence) {
		return false, r.fault(Commands, about("entry %s of command %d", key.Reference, command), "kept as evidence", "not")
	}
	want := ledger.Evidence{EvidenceKey: key, Command: command, Said: r.b.Evidence[r.at.evidence].Said} // in the switch's own words
	return false, expectRow(r, &r.at.evidence, r.b.Evidence, want, Commands, about("entry %s", key.Reference))
}

func (r *review) fund(command int64, f settlement.Fund) error {
	owner, err := r.owner(command, f.Participant, f.Currency, f.AmountMinor)
	if err != nil {
		return err
	}
	kind := kindOf(f.Account)
	before, err := r.witness(command, ledger.EvidenceKey{Currency: f.Currency, Reference: f.Evidence},
		proof{kind: settlement.CommandFund, account: kind, owner: owner, minor: f.AmountMinor})
	if err != nil || before {
		return err
	}
	return r.expect(ledger.PostFund, 0, r.agent(f.Currency), r.find(owner, kind, f.Currency), f.AmountMinor, Commands)
}

// agent is the account of the money that the settlement agent holds.
func (a *Accountant) agent(currency fx.Currency) int64 {
	return a.find(settlement.SchemeID, ledger.Agent, currency)
}

func kindOf(s settlement.Standing) ledger.AccountKind {
	if s == settlement.StandingCollateral {
		return ledger.Collateral
	}
	return ledger.Settlement
}

// withdraw sets money aside that is there, that nothing rests on, and that is owed to nobody.
func (r *review) withdraw(command int64, w settlement.Withdraw) error {
	owner, err := r.owner(command, w.Participant, w.Currency, w.AmountMinor)
	if err != nil {
		return err
	}
	kind := kindOf(w.Account)
	from := r.find(owner, kind, w.Currency)
	left := r.balanceOf(from)
	if kind == ledger.Settlement {
		left = r.spare(owner, w.Currency)
	}
	if w.AmountMinor > left || r.owed(owner, w.Currency) > 0 {
		return r.fault(Liquidity, subject{account: from, text: fmt.Sprintf("command %d", command)},
			fmt.Sprintf("at most %d, and nothing owed", left), fmt.Sprintf("%d, owing %d", w.AmountMinor, r.owed(owner, w.Currency)))
	}
	if err := r.payOut(ledger.Withdrawal, 0, owner, from, w.AmountMinor); err != nil {
		return err
	}
	if position := r.position(owner, w.Currency); kind == ledger.Collateral && position != 0 {
		return r.covered(r.account(position))
	}
	return nil
}

// payOut sets money aside and has the settlement agent told to pay it.
func (r *review) payOut(kind ledger.InstructionKind, window settlement.WindowID, owner int32, from, minor int64) error {
	currency := r.account(from).Currency
	if err := r.expect(ledger.PostReserve, 0, from, r.find(owner, ledger.Suspense, currency), minor, Commands); err != nil {
		return err
	}
	return r.tellAgent(ledger.Instruction{Window: window, Kind: kind, Participant: owner, Account: from, AmountMinor: minor, Currency: currency})
}

// tellAgent wants the batch's next instruction to be the given one.
func (r *review) tellAgent(want ledger.Instruction) error {
	r.lastInstruction++
	want.ID = r.lastInstruction
	if r.at.instruction < len(r.b.Instructions) {
		got := r.b.Instructions[r.at.instruction]
		want.ValueDate, want.Instructing, want.Instructed = got.ValueDate, got.Instructing, got.Instructed // names, for the agent
	}
	r.instructions[want.ID] = &instruction{Instruction: want, entry: r.b.LogIndex, waits: r.awaitsWitnesses}
	return expectRow(r, &r.at.instruction, r.b.Instructions, want, Commands, subject{account: want.Account, text: "instruction " + want.ID.String()})
}

// instructionResult books what the settlement agent made of an instruction.
func (r *review) instructionResult(command int64, c settlement.InstructionResult) error {
	id, err := settlement.ParseInstructionID(c.Instruction)
	if err != nil {
		return r.fault(Commands, about("command %d", command), "an instruction", c.Instruction)
	}
	p := proof{kind: settlement.CommandInstructionResult, instruction: id, minor: c.AmountMinor}
	key := ledger.EvidenceKey{Currency: c.Currency, Reference: c.Evidence}
	if r.proven[key] == p {
		return nil
	}
	i := r.instructions[id]
	if i == nil || i.paidIn || i.waits || i.Currency != c.Currency || i.AmountMinor != c.AmountMinor || c.Refused && i.Kind == ledger.PayIn || !c.Refused && c.Evidence == "" {
		return r.fault(Commands, about("command %d", command), "a result, proven, of an instruction that waits for one", fmt.Sprintf("%+v", c))
	}
	if _, err := r.witness(command, key, p); err != nil {
		return err
	}
	want := ledger.InstructionResult{Instruction: id, Result: ledger.Confirmed, Evidence: c.Evidence}
	if c.Refused {
		want.Result = ledger.Refused
	}
	if err := expectRow(r, &r.at.result, r.b.InstructionResults, want, Commands, about("result of %s", id)); err != nil {
		return err
	}
	suspense := r.find(i.Participant, ledger.Suspense, i.Currency)
	if i.Kind == ledger.PayIn {
		i.paidIn = true
		return r.expect(ledger.PostPayIn, 0, r.agent(i.Currency), suspense, i.AmountMinor, Commands)
	}
	delete(r.instructions, id)
	if c.Refused {
		return r.expect(ledger.PostRelease, 0, suspense, i.Account, i.AmountMinor, Commands)
	}
	return r.expect(ledger.PostWithdraw, 0, suspense, r.agent(i.Currency), i.AmountMinor, Commands)
}
