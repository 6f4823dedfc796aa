package messaging

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// The steps of a liquidity alarm, in percent, and the kinds of a settlement instruction.
var (
	alarmSteps      = []int{50, 75, 90}
	settlementKinds = []string{"pay_in", "pay_out", "withdrawal"}
)

func (r *rules) liquidity(alarms []LiquidityAlarm) {
	r.count("liquidity", len(alarms), 0, MaxListed)
	for _, a := range alarms {
		r.form("currency", a.Currency, currencyForm)
		if a.UsedMinor < 0 || a.LimitMinor < 0 || !slices.Contains(alarmSteps, a.PercentStep) {
			r.settling("liquidity in %s: %d of %d passes %d percent", a.Currency, a.UsedMinor, a.LimitMinor, a.PercentStep)
		}
	}
}

func (r *rules) settlements(instructions []SettlementInstruction) {
	r.count("settlements", len(instructions), 0, MaxListed)
	for _, i := range instructions {
		r.form("end_to_end_id", i.EndToEndID, idForm)
		r.amount("amount", i.Amount)
		r.form("instructing_agent", i.InstructingAgent, participantName)
		r.form("instructed_agent", i.InstructedAgent, participantName)
		if !slices.Contains(settlementKinds, i.Kind) || i.Window < 0 {
			r.settling("settlement %s: no kind %.20q, or a window below zero", i.EndToEndID, i.Kind)
		}
		if _, err := fx.ParseDate(i.ValueDate); err != nil {
			r.settling("settlement %s: value_date: %.20q is no date", i.EndToEndID, i.ValueDate)
		}
	}
}

func (r *rules) settling(format string, args ...any) {
	if r.fault == nil {
		r.fault = &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf(format, args...)}
	}
}
