package adapters

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

func feesTo(version int64, from time.Time, ppm int64, to ...string) messaging.Fees {
	return messaging.Fees{
		Version: version, From: from, Rule: "all", To: to, Switch: fx.Tiers{{PPM: ppm}},
		Interchange: messaging.Interchange{Payer: messaging.SideCreditor, Tiers: fx.Tiers{{FlatMinor: 5_00}}},
	}
}

// The sender's operator sees each component and their total before anybody pays, and the price holds no longer than
// the schedule that it rests on.
func TestAnswersShowTheFees(t *testing.T) {
	now := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	b := testBoard(now)
	o, fault := b.price(request("A1", 1_000_00), testTerms(now))
	require.Nil(t, fault)
	require.Nil(t, o.answer().Fees, "no schedule, no fees")
	b.post(&messaging.StatusMessage{Fees: []messaging.Fees{feesTo(3, now, 2_000, them, "delta"), feesTo(4, now.Add(time.Minute), 0, them)}})
	o, fault = b.price(request("A1", 1_000_00), testTerms(now))
	require.Nil(t, fault)
	kept, err := json.Marshal(o)
	require.NoError(t, err)
	var again order
	require.NoError(t, json.Unmarshal(kept, &again))
	text, err := json.Marshal(again.answer().Fees)
	require.NoError(t, err)
	assert.JSONEq(t, `{"version": 3, "rule": "all", "components": [
		{"kind": "switch", "payer": "alpha", "payee": "@scheme", "amount": {"amount": "2.00", "currency": "KES"}},
		{"kind": "interchange", "payer": "beta", "payee": "alpha", "amount": {"amount": "5.00", "currency": "KES"}}],
		"total": {"amount": "-3.00", "currency": "KES"}}`, string(text))
	assert.Equal(t, now.Add(time.Minute), o.PayBy)
	o, fault = b.price(request("A1", 1_000_00), testTerms(now.Add(time.Minute)))
	require.Nil(t, fault)
	assert.EqualValues(t, 4, o.Fees.Version)
	assert.Equal(t, "0.00", o.Fees.Components[0].Amount.Amount, "nothing is shown too")

	huge := feesTo(5, now, 0, them)
	huge.Switch[0].FlatMinor = 1<<63 - 1
	b.post(&messaging.StatusMessage{Fees: []messaging.Fees{huge}})
	req := request("A1", 1_000_00)
	o, fault = b.price(req, testTerms(now))
	require.Nil(t, fault, "%v", o)
	huge.Version, huge.Switch[0].PPM = 6, fx.Million
	b.post(&messaging.StatusMessage{Fees: []messaging.Fees{huge}})
	_, fault = b.price(req, testTerms(now))
	require.NotNil(t, fault)
	assert.Equal(t, messaging.FaultAmountLimit, fault.Fault)
}

// Of all schedules that were told, in whatever order and however often, the greatest version in force counts.
func TestTariffKnowsWhatHolds(t *testing.T) {
	start := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var announced []messaging.Fees
		for version := range rapid.Int64Range(1, 12).Draw(t, "schedules") {
			announced = append(announced, feesTo(version+1, start.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "from"))*time.Hour), version))
		}
		var told tariff
		for n := range announced { // each message tells of all that the switch has
			for _, f := range rapid.Permutation(announced[:n+1]).Draw(t, "order") {
				told = told.with(f)
			}
		}
		now := start.Add(time.Duration(rapid.IntRange(0, 21).Draw(t, "now")) * time.Hour)
		var want int64
		for _, f := range announced {
			if !f.From.After(now) {
				want = f.Version
			}
		}
		holds, until := told.at(now)
		require.Equal(t, want == 0, holds == nil)
		if holds != nil {
			require.Equal(t, want, holds.Version)
		}
		if !until.IsZero() {
			before, _ := told.at(until.Add(-1))
			after, _ := told.at(until)
			require.Equal(t, holds, before)
			require.NotEqual(t, holds, after)
		}
	})
}

// What the switch told is known after a restart.
func TestFeesOutliveARestart(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	a := r.adapter(dir, func(_ *RunnerConfig, rail *scriptRail) { rail.noCall = true })
	r.open()
	a.passed(t, "message durable")
	payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{
		Participant: us, Batch: 2, LogIndex: 2, Fees: []messaging.Fees{feesTo(1, time.Now().Add(-time.Hour).UTC(), 2_000, them)},
	})
	r.send(messaging.PayloadStatus, payloads, err)
	a.passed(t, "message durable")
	a.stop()
	a = r.adapter(dir, func(_ *RunnerConfig, rail *scriptRail) { rail.noCall = true })
	answers, err := a.PlaceOrders(t.Context(), []OrderRequest{request("F1", 1_000_00)})
	require.NoError(t, err)
	require.NotNil(t, answers[0].Fees)
	assert.Equal(t, "2.00", answers[0].Fees.Components[0].Amount.Amount)
	a.stop()
}
