package request

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// one is a plan of one command.
func one(kind Kind, body any, reason string) (Plan, error) {
	of, _ := kind.command()
	p, err := Plan{Kind: kind, Reason: reason}.With(of, body)
	if err != nil {
		return Plan{}, err
	}
	return p.aboutItsOwn()
}

// aboutItsOwn names whom a plan of one command is about, as the command says.
func (p Plan) aboutItsOwn() (Plan, error) {
	e, err := p.Commands[0].effect()
	if err != nil {
		return Plan{}, &PlanError{p.Kind, err.Error()}
	}
	p.Participant = e.about
	if err := p.Check(); err != nil {
		return Plan{}, err
	}
	return p, nil
}

// SuspendPlan stops a participant's new intents, or lets them in again. A rail is suspended as its participant.
func SuspendPlan(s settlement.Suspend, reason string) (Plan, error) {
	if s.Suspended {
		return one(Suspend, s, reason)
	}
	return one(Resume, s, reason)
}

// LimitsPlan sets what a participant pays out.
func LimitsPlan(l settlement.Limits, reason string) (Plan, error) { return one(Limits, l, reason) }

// CreditLinePlan sets how far a participant's position may pass its prefunding.
func CreditLinePlan(c settlement.CreditLine, reason string) (Plan, error) {
	return one(CreditLine, c, reason)
}

// CreditTermsPlan sets what counts behind a credit line.
func CreditTermsPlan(c settlement.CreditTerms, reason string) (Plan, error) {
	return one(CreditTerms, c, reason)
}

// GuaranteePlan sets what a participant sets aside for another.
func GuaranteePlan(g settlement.Guarantee, reason string) (Plan, error) {
	return one(Guarantee, g, reason)
}

// FundPlan books money that reached the settlement agent, by the agent's evidence.
func FundPlan(f settlement.Fund, reason string) (Plan, error) { return one(Fund, f, reason) }

// WithdrawPlan takes money out.
func WithdrawPlan(w settlement.Withdraw, reason string) (Plan, error) {
	return one(Withdraw, w, reason)
}

// CloseWindowPlan closes a group's open window; "" is the default group.
func CloseWindowPlan(group, reason string) (Plan, error) {
	return one(CloseWindow, settlement.CloseWindow{Reason: reason, Group: group}, reason)
}

// ResettlePlan has a failed window settled again.
func ResettlePlan(w settlement.WindowID, reason string) (Plan, error) {
	return one(Resettle, settlement.Resettle{Window: w}, reason)
}

// InstructionPlan books what the settlement agent made of an instruction.
func InstructionPlan(r settlement.InstructionResult, reason string) (Plan, error) {
	return one(InstructionResult, r, reason)
}

// RecoverPlan books what a defaulter brought later.
func RecoverPlan(r settlement.Recover, reason string) (Plan, error) { return one(Recover, r, reason) }

// GroupPlan makes or changes a group of currencies that settle together.
func GroupPlan(g settlement.SettlementGroup, reason string) (Plan, error) {
	return one(Group, g, reason)
}

// MethodPlan sets how a participant settles.
func MethodPlan(m settlement.SettlementMethod, reason string) (Plan, error) {
	return one(Method, m, reason)
}

// HoldPlan keeps a transfer from clearing.
func HoldPlan(t settlement.TransferID, reason string) (Plan, error) {
	return one(Hold, settlement.Hold{Transfer: t.String(), Reason: reason}, reason)
}

// ReleasePlan lets a held transfer clear.
func ReleasePlan(t settlement.TransferID, reason string) (Plan, error) {
	return one(Release, settlement.Verdict{Transfer: t.String(), Reason: reason}, reason)
}

// RefusePlan ends a held transfer, with an ISO 20022 status reason code, RR04 where it is "".
func RefusePlan(t settlement.TransferID, code, reason string) (Plan, error) {
	return one(Refuse, settlement.Verdict{Transfer: t.String(), Code: code, Reason: reason}, reason)
}

// ReplayPlan takes a dead letter in again; place -1 is a whole message.
func ReplayPlan(participant string, sequence uint64, place int32, reason string) (Plan, error) {
	return one(Replay, settlement.ReplayLetter{Participant: participant, Sequence: sequence, Place: place, Reason: reason}, reason)
}

// RatesPlan publishes a rate sheet that its committee signed.
func RatesPlan(signed, reason string) (Plan, error) {
	return one(Rates, settlement.Rates{Signed: signed}, reason)
}

// RateCommitteePlan says who signs rate sheets.
func RateCommitteePlan(c fx.Committee, reason string) (Plan, error) {
	return one(RateCommittee, c, reason)
}

// QuotesPlan publishes a provider's quotes.
func QuotesPlan(q settlement.Quotes, reason string) (Plan, error) { return one(Quotes, q, reason) }

// FeesPlan announces a schedule of fees.
func FeesPlan(s fee.Schedule, reason string) (Plan, error) { return one(Fees, s, reason) }

// PatiencePlan sets after how long a rail is asked.
func PatiencePlan(p settlement.Patience, reason string) (Plan, error) {
	return one(Patience, p, reason)
}

// HoursPlan says when a currency is closed.
func HoursPlan(h settlement.Hours, reason string) (Plan, error) { return one(Hours, h, reason) }

// GrossPlan has transfers settled one by one from an amount on.
func GrossPlan(g settlement.Gross, reason string) (Plan, error) { return one(Gross, g, reason) }

// ScreenPlan publishes a list of accounts whose transfers are held.
func ScreenPlan(l settlement.ScreenList, reason string) (Plan, error) { return one(Screen, l, reason) }

// TravelRulePlan says above which amount intents say more of people.
func TravelRulePlan(t settlement.TravelRule, reason string) (Plan, error) {
	return one(TravelRule, t, reason)
}

// WitnessesPlan says who vouches for the log before money moves.
func WitnessesPlan(w settlement.Witnesses, reason string) (Plan, error) {
	return one(Witnesses, w, reason)
}

// Make makes a plan of a kind from JSON: the body of the kind's command; of a resolution, Operation with the participant.
// Kinds that take more than that have constructors of their own: *PlanError. Where a command says why by itself, the
// reason is filled in.
func Make(kind Kind, body []byte, reason string) (Plan, error) {
	of, ok := kind.command()
	switch {
	case kind == ResolveOperation:
		var o struct {
			Participant string `json:"participant"`
			Operation
		}
		if err := json.Unmarshal(body, &o, json.RejectUnknownMembers(true)); err != nil {
			return Plan{}, &PlanError{kind, err.Error()}
		}
		return OperationPlan(o.Participant, o.Operation, reason)
	case !ok:
		return Plan{}, &PlanError{kind, "it is not made from one body"}
	case len(body) > ledger.MaxCommandBytes:
		return Plan{}, &PlanError{kind, fmt.Sprintf("a body of %d bytes; the limit is %d", len(body), ledger.MaxCommandBytes)}
	}
	text := jsontext.Value(body).Clone()
	if err := text.Compact(); err != nil {
		return Plan{}, &PlanError{kind, err.Error()}
	}
	text, err := because(of, text, reason)
	if err != nil {
		return Plan{}, &PlanError{kind, err.Error()}
	}
	return Plan{Kind: kind, Reason: reason, Commands: []Command{{of, text}}}.aboutItsOwn()
}
