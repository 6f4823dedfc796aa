package request

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/settlement"
)

// Operation is how a payout or refund ended that an adapter does not know the end of, as people found out at the rail.
type Operation struct {
	ID       string     `json:"id"` // the adapter's
	Ended    rail.Ended `json:"ended"`
	RailRef  string     `json:"rail_ref,omitempty"` // the rail's receipt, of what was paid
	Evidence string     `json:"evidence"`           // what proves it: a statement's line, a letter
}

// OperationPlan has a participant's adapter told how one of its operations ended. package rail guides to the evidence.
func OperationPlan(participant string, o Operation, reason string) (Plan, error) {
	p := Plan{Kind: ResolveOperation, Participant: participant, Reason: reason, Commands: []Command{}, Operation: &o}
	return p, p.Check()
}

// TransferPlan has a participant's adapter told how its payout or refund of a transfer ended that nobody speaks of.
func TransferPlan(participant string, of settlement.TransferID, kind messaging.Kind, o Operation, reason string) (Plan, error) {
	o.ID = adapters.OperationID(of.String(), kind)
	return OperationPlan(participant, o, reason)
}

// maxOperationID bounds an operation's id, in bytes.
const maxOperationID = 35

func (o Operation) check() error {
	switch {
	case !messaging.ValidID(o.ID) || len(o.ID) > maxOperationID:
		return errors.New("an operation has an id")
	case o.Ended != rail.Paid && o.Ended != rail.Failed:
		return fmt.Errorf("no end %.20q: paid or failed", string(o.Ended))
	case o.Ended == rail.Paid && o.RailRef == "":
		return errors.New("what was paid has the rail's receipt")
	case o.Ended == rail.Failed && o.RailRef != "":
		return errors.New("what was not paid has no receipt")
	case utf8.RuneCountInString(o.RailRef) > messaging.MaxReferenceLength || !plain(o.RailRef):
		return fmt.Errorf("a receipt is text of at most %d characters", messaging.MaxReferenceLength)
	case o.Evidence == "" || len(o.Evidence) > maxEvidence || !plain(o.Evidence):
		return fmt.Errorf("the evidence is what proves it, in 1 to %d bytes", maxEvidence)
	}
	return nil
}

func (o Operation) clause(participant string) string {
	if o.Ended == rail.Paid {
		return fmt.Sprintf("tell %s's adapter, and by it the switch, that operation %s was paid under receipt %s", participant, o.ID, o.RailRef)
	}
	return fmt.Sprintf("tell %s's adapter, and by it the switch, that operation %s was not paid and never will be; its money goes back", participant, o.ID)
}
