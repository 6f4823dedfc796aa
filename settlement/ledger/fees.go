package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
)

// FeeSchedule is a schedule as it was announced: by which command, at which moment of the batch's clock.
type FeeSchedule struct {
	Command, Batch int64
	At             time.Time
	Schedule       fee.Schedule
	Body           []byte // the command's
}

// Charge is one component of what a transfer costs, in its source currency. Every transfer that a schedule
// charges has one of each kind, also of nothing.
type Charge struct {
	Transfer     settlement.TransferID
	Version      int64
	Rule         string
	Kind         fee.Kind
	Payer, Payee int32 // settlement.SchemeID for the scheme
	AmountMinor  int64
}

// PostingKind is the kind of what is posted for the component.
func (c Charge) PostingKind() PostingKind {
	if c.Kind == fee.KindSwitch {
		return PostFee
	}
	return PostInterchange
}

// ChargesOf is a charge as rows, in its order. ids names participants by number.
func ChargesOf(transfer settlement.TransferID, charge fee.Charge, ids func(name string) int32) []Charge {
	rows := make([]Charge, len(charge.Components))
	for i, part := range charge.Components {
		rows[i] = Charge{
			Transfer: transfer, Version: charge.Version, Rule: charge.Rule, Kind: part.Kind, Payer: ids(part.Payer), AmountMinor: part.AmountMinor,
		}
		if part.Payee != fee.Scheme {
			rows[i].Payee = ids(part.Payee)
		}
	}
	return rows
}
