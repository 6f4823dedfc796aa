package decide

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// 1,000.00 dollars are 129,000.00 shillings by the sheet: at that amount nothing more is asked, one cent above it is.
func TestTravelRuleByAmount(t *testing.T) {
	w := funded(t)
	usd := fx.MustCurrency("USD")
	w.do(settlement.CommandTravelRule, settlement.TravelRule{ThresholdMinor: 1000_00, Currency: usd})
	lacks := func(minor int64, c fx.Currency, change func(*messaging.Intent)) string {
		intent := w.intent("x", "mpesa-ke", "gcash-ph", 100_00)
		change(&intent)
		d := &decision{State: w.state, Inputs: Inputs{Rules: Rules, Now: w.now}}
		if fault := d.travels(fx.Money{Minor: minor, Currency: c}, intent); fault != nil {
			require.Equal(t, messaging.FaultTravelRule, fault.Fault)
			return fault.Detail
		}
		return ""
	}
	nothing := func(*messaging.Intent) {}
	address := func(i *messaging.Intent) { i.Debtor.Address = "Moi Avenue 12, Nairobi" }
	all := func(i *messaging.Intent) { address(i); i.Creditor.Town = "Cebu" }
	require.NotEmpty(t, lacks(1, kes, nothing), "no sheet says what a shilling is worth")
	require.Empty(t, lacks(1000_00, usd, nothing), "and a dollar is a dollar")
	require.NotEmpty(t, lacks(1000_01, usd, nothing))

	w.do(settlement.CommandRateCommittee, committee(2))
	w.do(settlement.CommandRates, sheetOf(t, 1, w.now, 0, 1))
	require.Empty(t, lacks(129_000_00, kes, nothing))
	require.Contains(t, lacks(129_000_01, kes, nothing), "debtor.address")
	require.Contains(t, lacks(129_000_01, kes, address), "creditor.town")
	require.Empty(t, lacks(129_000_01, kes, all))
	require.Empty(t, lacks(58_500_00, php, nothing))
	require.NotEmpty(t, lacks(58_500_01, php, nothing))
	require.NotEmpty(t, lacks(1, ugx, nothing), "of which the sheet says nothing")
	require.Empty(t, lacks(1, ugx, all))

	w.do(settlement.CommandLimits, settlement.Limits{Participant: "gcash-ph", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000})
	over := w.intent("over", "mpesa-ke", "gcash-ph", 100_00)
	over.Fixed, over.Source = fx.FixedSource, messaging.NewAmount(fx.Money{Minor: 129_000_01, Currency: kes})
	conversion, err := w.state.quotes[over.Quote].Convert(fx.FixedSource, fx.Money{Minor: 129_000_01, Currency: kes})
	require.NoError(t, err)
	over.Destination = messaging.NewAmount(conversion.Destination)
	told := over
	told.ID = "told"
	all(&told)
	b := w.decide(nil, w.intents("mpesa-ke", over, told))
	require.Equal(t, messaging.FaultTravelRule, b.Intents[0].Fault)
	require.Empty(t, b.Intents[1].Fault)
	require.Equal(t, "Cebu", instructions(t, b, "gcash-ph")[0].Creditor.Town, "it travels on")

	w.refused(settlement.CommandTravelRule, settlement.TravelRule{ThresholdMinor: -1, Currency: usd})
	w.refused(settlement.CommandTravelRule, settlement.TravelRule{ThresholdMinor: 1})
	w.do(settlement.CommandTravelRule, settlement.TravelRule{Currency: usd})
	require.Empty(t, lacks(maxTransferMinor, kes, nothing), "a threshold of 0 ends it")
	w.replayEqual(t)
}
