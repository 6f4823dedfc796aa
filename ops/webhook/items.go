package webhook

import (
	"strconv"

	"github.com/ayni-switch/ayni/messaging"
)

// change is an item of transfer.*: a step of one of the participant's own transfers.
type change struct {
	Transfer string `json:"transfer,omitempty"` // none where the intent never became one
	Intent   string `json:"intent"`
	State    string `json:"state"`
	Fault    string `json:"fault,omitempty"`
	Reason   string `json:"reason,omitempty"` // ISO 20022
	Path     string `json:"path,omitempty"`
}

func changeOf(c messaging.Change) change {
	return change{
		Transfer: c.Transfer, Intent: c.Intent, State: string(c.State), Fault: string(c.Fault), Reason: c.Reason, Path: pathOf(c.Transfer),
	}
}

// instruction is an item of payout.instructed. Whom it is about, the adapter alone is told.
type instruction struct {
	Transfer     string           `json:"transfer"`
	Kind         string           `json:"kind"` // payout, refund, query, recall, reserve, release
	Amount       messaging.Amount `json:"amount"`
	Counterparty string           `json:"counterparty"`
	Path         string           `json:"path"`
}

func instructionOf(i messaging.Instruction) instruction {
	return instruction{Transfer: i.Transfer, Kind: string(i.Kind), Amount: i.Amount, Counterparty: i.Counterparty, Path: pathOf(i.Transfer)}
}

// recall is an item of recall.answered.
type recall struct {
	Transfer string `json:"transfer,omitempty"`
	Intent   string `json:"intent"`
	State    string `json:"state"` // pending, accepted, refused
	Reason   string `json:"reason,omitempty"`
	Path     string `json:"path,omitempty"`
}

func recallOf(r messaging.RecallAnswer) recall {
	return recall{Transfer: r.Transfer, Intent: r.Intent, State: string(r.State), Reason: r.Reason, Path: pathOf(r.Transfer)}
}

// window is an item of window.*.
type window struct {
	Window string           `json:"window"`
	State  string           `json:"state"`
	Net    messaging.Amount `json:"net"` // what the participant received; paid, if negative
}

func windowOf(w messaging.WindowChange) window {
	return window{Window: strconv.FormatInt(w.Window, 10), State: w.State, Net: amount(w.NetMinor, w.Currency)}
}

// alarm is an item of liquidity.used.
type alarm struct {
	Used    messaging.Amount `json:"used"`
	Limit   messaging.Amount `json:"limit"`
	Percent int              `json:"percent"` // the step that was passed
	Path    string           `json:"path"`
}

func alarmOf(participant string, a messaging.LiquidityAlarm) alarm {
	return alarm{
		Used: amount(a.UsedMinor, a.Currency), Limit: amount(a.LimitMinor, a.Currency), Percent: a.PercentStep,
		Path: "/v1/participants/" + participant + "/accounts",
	}
}

// payment is an item of settlement.to_make.
type payment struct {
	EndToEndID string           `json:"end_to_end_id"`
	Kind       string           `json:"kind"`             // pay_in, pay_out or withdrawal
	Window     string           `json:"window,omitempty"` // of a payment in or out
	Amount     messaging.Amount `json:"amount"`
	ValueDate  string           `json:"value_date"`
	Path       string           `json:"path"`
}

func settlementOf(s messaging.SettlementInstruction) payment {
	p := payment{EndToEndID: s.EndToEndID, Kind: s.Kind, Amount: s.Amount, ValueDate: s.ValueDate, Path: "/v1/settlements"}
	if s.Window != 0 {
		p.Window = strconv.FormatInt(s.Window, 10)
	}
	return p
}

// pathOf is where the API shows a transfer; "" of none.
func pathOf(transfer string) string {
	if transfer == "" {
		return ""
	}
	return "/v1/transfers/" + transfer
}
