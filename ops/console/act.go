package console

import (
	"errors"
	"net/url"
	"slices"

	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// act is something dangerous that a form asks for. What it will do is said by its plan.
type act struct {
	Kind   request.Kind
	Title  string
	Button string
	Danger bool // it takes something away
	Fields []actField
	plan   func(filled) (request.Plan, error)
}

// actField is a field of an act's form.
type actField struct {
	Name, Label, Hint string
	Choices           []string
	List              string // of what is suggested: listParticipants or listCurrencies
	Fixed             bool   // the page that leads here says it
	Amount, Whole     bool   // a decimal, a whole number
	Long              bool   // several lines
	Optional          bool
}

// Lists that fields suggest from.
const (
	listParticipants = "participants"
	listCurrencies   = "currencies"
)

// who, in and the others are fields that several acts have.
func who() actField {
	return actField{Name: "participant", Label: "Participant", Fixed: true, List: listParticipants}
}
func in() actField {
	return actField{Name: "currency", Label: "Currency", Fixed: true, List: listCurrencies}
}
func much(label, hint string) actField {
	return actField{Name: "amount", Label: label, Hint: hint, Amount: true}
}
func whichTransfer() actField { return actField{Name: "transfer", Label: "Transfer", Fixed: true} }
func standsOn() actField {
	return actField{Name: "account", Label: "As", Choices: []string{string(settlement.StandingSettlement), string(settlement.StandingCollateral)}}
}

// entry leads to an act's form, with names and values filled in.
func (a act) entry(pairs ...string) entry {
	given := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if slices.ContainsFunc(a.Fields, func(f actField) bool { return f.Name == pairs[i] }) {
			given.Set(pairs[i], pairs[i+1])
		}
	}
	path := "/console/ask/" + string(a.Kind)
	if len(given) > 0 {
		path += "?" + given.Encode()
	}
	return entry{Name: a.Button, Path: path}
}

// actGroup is what can be asked for of one sort.
type actGroup struct {
	Name string
	Acts []act
}

// catalogue is all that can be asked for.
func catalogue() []actGroup {
	return []actGroup{
		{"Money of a participant", participantActs()}, {"Caps of a participant", capActs()}, {"Participants", doorActs()}, {"Transfers", transferActs()},
		{"Windows and resolutions", otherActs()}, {"The settlement agent", settlingActs()}, {"Streams", streamActs()}, {"Rates and fees", rateActs()}, {"Rules for all", ruleActs()},
	}
}

// actOf finds what is asked for by its kind.
func actOf(kind string) (act, error) {
	for _, group := range catalogue() {
		for _, a := range group.Acts {
			if string(a.Kind) == kind {
				return a, nil
			}
		}
	}
	return act{}, errNoPage
}

func participantActs() []act {
	return []act{
		{Kind: request.CreditLine, Title: "Change the credit line", Button: "Credit line", Fields: []actField{who(), in(), much("New line", "How far its position may pass its prefunding.")},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("amount")
				if err != nil {
					return request.Plan{}, err
				}
				return request.CreditLinePlan(settlement.CreditLine{Participant: f.Get("participant"), Currency: m.Currency, AmountMinor: m.Minor}, f.reason())
			}},
		{Kind: request.Fund, Title: "Book money that came in", Button: "Money in", Fields: []actField{
			who(), in(), much("Amount", "What the settlement agent received."), standsOn(), {Name: "evidence", Label: "The agent's reference", Hint: "It proves that the money came, and is used once."}},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("amount")
				if err != nil {
					return request.Plan{}, err
				}
				return request.FundPlan(settlement.Fund{Participant: f.Get("participant"), Currency: m.Currency, AmountMinor: m.Minor, Evidence: f.Get("evidence"), Account: settlement.Standing(f.Get("account"))}, f.reason())
			}},
		{Kind: request.Withdraw, Title: "Take money out", Button: "Money out", Danger: true, Fields: []actField{who(), in(), much("Amount", "What liquidity needs stays."), standsOn()},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("amount")
				if err != nil {
					return request.Plan{}, err
				}
				return request.WithdrawPlan(settlement.Withdraw{Participant: f.Get("participant"), Currency: m.Currency, AmountMinor: m.Minor, Account: settlement.Standing(f.Get("account"))}, f.reason())
			}},
		{Kind: request.Suspend, Title: "Suspend", Button: "Suspend", Danger: true, Fields: []actField{who()}, plan: func(f filled) (request.Plan, error) {
			return request.SuspendPlan(settlement.Suspend{Participant: f.Get("participant"), Suspended: true}, f.reason())
		}},
		{Kind: request.Resume, Title: "Resume", Button: "Resume", Fields: []actField{who()}, plan: func(f filled) (request.Plan, error) {
			return request.SuspendPlan(settlement.Suspend{Participant: f.Get("participant")}, f.reason())
		}},
	}
}

func transferActs() []act {
	on := func(plan func(settlement.TransferID, filled) (request.Plan, error)) func(filled) (request.Plan, error) {
		return func(f filled) (request.Plan, error) {
			id, err := f.transfer()
			if err != nil {
				return request.Plan{}, err
			}
			return plan(id, f)
		}
	}
	return []act{
		{Kind: request.Hold, Title: "Hold", Button: "Hold", Danger: true, Fields: []actField{whichTransfer()},
			plan: on(func(id settlement.TransferID, f filled) (request.Plan, error) {
				return request.HoldPlan(id, f.reason())
			})},
		{Kind: request.Release, Title: "Release from its hold", Button: "Release", Fields: []actField{whichTransfer()},
			plan: on(func(id settlement.TransferID, f filled) (request.Plan, error) {
				return request.ReleasePlan(id, f.reason())
			})},
		{Kind: request.Refuse, Title: "Refuse", Button: "Refuse", Danger: true, Fields: []actField{whichTransfer(), {Name: "code", Label: "Reason code", Hint: "ISO 20022, four letters or digits; RR04 where it is empty.", Optional: true}},
			plan: on(func(id settlement.TransferID, f filled) (request.Plan, error) {
				return request.RefusePlan(id, f.Get("code"), f.reason())
			})},
	}
}

func otherActs() []act {
	return []act{
		{Kind: request.CloseWindow, Title: "Close the window", Button: "Close the window", Danger: true, Fields: []actField{{Name: "group", Label: "Group", Fixed: true}},
			plan: func(f filled) (request.Plan, error) { return request.CloseWindowPlan(f.Get("group"), f.reason()) }},
		{Kind: request.Resettle, Title: "Settle the failed window again", Button: "Settle again", Fields: []actField{{Name: "window", Label: "Window", Fixed: true}},
			plan: func(f filled) (request.Plan, error) {
				id, err := f.whole("window")
				if err != nil {
					return request.Plan{}, err
				}
				return request.ResettlePlan(settlement.WindowID(id), f.reason())
			}},
		{Kind: request.ResolveDifference, Title: "Resolve a difference", Button: "Resolve", Fields: []actField{
			who(), {Name: "difference", Label: "Difference", Fixed: true}, {Name: "how", Label: "How", Choices: []string{"explained", "corrected", "written_off", "retried"}},
			{Name: "evidence", Label: "Evidence", Hint: "The command or transfer that corrected it, or where the proof is.", Optional: true}},
			plan: func(f filled) (request.Plan, error) {
				return request.DifferencePlan(f.Get("participant"), ledger.Resolution{Difference: f.Get("difference"), How: f.Get("how"), Evidence: f.Get("evidence"), Reason: f.reason()})
			}},
		{Kind: request.ResolveOperation, Title: "Say how an unknown payout ended", Button: "Resolve", Danger: true, Fields: []actField{
			who(), {Name: "operation", Label: "Operation", Fixed: true}, {Name: "ended", Label: "It was", Choices: []string{string(rail.Paid), string(rail.Failed)}},
			{Name: "rail_ref", Label: "The rail's receipt", Hint: "Of what was paid.", Optional: true}, {Name: "evidence", Label: "Evidence", Hint: "What you looked at: the status query, the statement's line, the balance."}},
			plan: func(f filled) (request.Plan, error) {
				return request.OperationPlan(f.Get("participant"), request.Operation{ID: f.Get("operation"), Ended: rail.Ended(f.Get("ended")), RailRef: f.Get("rail_ref"), Evidence: f.Get("evidence")}, f.reason())
			}},
	}
}

// said is what people are told of an error of a plan, and on which field; "" where the error is not theirs.
func said(err error) (field, fault string) {
	var wrong *fieldError
	var plan *request.PlanError
	switch {
	case errors.As(err, &wrong):
		return wrong.Field, wrong.Fault
	case errors.As(err, &plan):
		return "form", plan.Fault
	default:
		return "", ""
	}
}
