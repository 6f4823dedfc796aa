package decide

import (
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// The members of these stand in the order of their names, as in record.

// lineRecord is a credit line that moved, and where it goes.
type lineRecord struct {
	Account     int64 `json:"account"`
	AmountMinor int64 `json:"amount_minor"`
	TargetMinor int64 `json:"target_minor"`
}

// guaranteeRecord is what is left of a guarantee.
type guaranteeRecord struct {
	AmountMinor int64 `json:"amount_minor"`
	ID          int64 `json:"id"`
}

// instructedRecord is an instruction to the settlement agent, or its result.
type instructedRecord struct {
	Account     int64                    `json:"account,omitzero"`
	AmountMinor int64                    `json:"amount_minor,omitzero"`
	Evidence    string                   `json:"evidence,omitzero"`
	ID          settlement.InstructionID `json:"id"`
	Kind        ledger.InstructionKind   `json:"kind,omitzero"`
	Result      ledger.Result            `json:"result,omitzero"`
	Told        bool                     `json:"told,omitzero"`  // it waits no more
	Waits       bool                     `json:"waits,omitzero"` // for witnesses
	Window      settlement.WindowID      `json:"window,omitzero"`
}

// claimRecord is a claim against a defaulter, or what was paid back on one.
type claimRecord struct {
	AmountMinor int64 `json:"amount_minor,omitzero"`
	Creditor    int32 `json:"creditor,omitzero"`
	Defaulter   int32 `json:"defaulter,omitzero"`
	ID          int64 `json:"id"`
	PaidMinor   int64 `json:"paid_minor,omitzero"`
	Rank        int64 `json:"rank,omitzero"`
}

func (d *decision) recordLines() (lines []lineRecord) {
	for _, l := range d.batch.CreditLines {
		lines = append(lines, lineRecord(l))
	}
	return lines
}

func (d *decision) recordGuarantees() (guarantees []guaranteeRecord) {
	for _, g := range d.batch.Guarantees {
		guarantees = append(guarantees, guaranteeRecord{ID: g.ID, AmountMinor: g.AmountMinor})
	}
	return guarantees
}

func (d *decision) recordInstructed() (instructed []instructedRecord) {
	for _, i := range d.batch.Instructions {
		instructed = append(instructed, instructedRecord{ID: i.ID, Kind: i.Kind, Window: i.Window, Account: i.Account, AmountMinor: i.AmountMinor, Waits: d.awaitsWitnesses})
	}
	for _, id := range d.batch.Told {
		instructed = append(instructed, instructedRecord{ID: id, Told: true})
	}
	for _, r := range d.batch.InstructionResults {
		instructed = append(instructed, instructedRecord{ID: r.Instruction, Result: r.Result, Evidence: r.Evidence})
	}
	return instructed
}

func (d *decision) recordClaims() (claims []claimRecord) {
	for _, c := range d.batch.Claims {
		claims = append(claims, claimRecord{ID: c.ID, Rank: c.Rank, Defaulter: c.Defaulter, Creditor: c.Creditor, AmountMinor: c.AmountMinor})
	}
	for _, p := range d.batch.ClaimsPaid {
		claims = append(claims, claimRecord{ID: p.Claim, PaidMinor: p.AmountMinor})
	}
	return claims
}
