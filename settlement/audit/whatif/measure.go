package whatif

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// measure follows one history.
type measure struct {
	batches  int64
	names    map[int32]string
	accounts map[int64]ledger.Account
	peaks    map[int64]int64 // the most that an account that may owe was below zero after a batch
	open     map[settlement.TransferID]waiting
	of       map[int32]*counts // by debtor
}

// waiting is a transfer that has not cleared.
type waiting struct {
	debtor  int32
	source  fx.Money
	batch   int64
	arrived time.Time
}

// counts are what became of a participant's transfers.
type counts struct {
	accepted, refused, cleared, expired int64
	value                               map[fx.Currency]int64
	batches                             []int64 // that each waited until it cleared, the one that took it in not counted
	times                               []time.Duration
}

func newMeasure() *measure {
	return &measure{
		names: map[int32]string{settlement.SchemeID: ledger.SchemeName}, accounts: map[int64]ledger.Account{}, peaks: map[int64]int64{},
		open: map[settlement.TransferID]waiting{}, of: map[int32]*counts{},
	}
}

func (m *measure) counts(participant int32) *counts {
	c := m.of[participant]
	if c == nil {
		c = &counts{value: map[fx.Currency]int64{}}
		m.of[participant] = c
	}
	return c
}

func (m *measure) batch(b *ledger.Batch) {
	m.batches++
	for _, p := range b.Participants {
		m.names[p.ID] = p.Name
	}
	for _, a := range b.Accounts {
		m.accounts[a.ID] = a
	}
	for _, l := range b.Balances {
		if kind := m.accounts[l.Account].Kind; kind == ledger.Position || kind == ledger.FX {
			m.peaks[l.Account] = max(m.peaks[l.Account], l.Debits-l.Credits)
		}
	}
	for _, row := range b.Intents {
		if row.Fault != "" {
			m.counts(row.Participant).refused++
		}
	}
	for _, t := range b.Transfers {
		if t.ReturnOf == 0 {
			m.counts(t.Debtor).accepted++
			m.open[t.ID] = waiting{debtor: t.Debtor, source: t.Source, batch: m.batches, arrived: t.AcceptedAt}
		}
	}
	for _, e := range b.Events {
		m.event(e, b.DecidedAt)
	}
}

func (m *measure) event(e ledger.Event, at time.Time) {
	w, ok := m.open[e.Transfer]
	if !ok || e.State == messaging.StateQueued {
		return
	}
	delete(m.open, e.Transfer)
	c := m.counts(w.debtor)
	if e.State == messaging.StateExpired {
		c.expired++
		return
	}
	c.cleared++
	c.value[w.source.Currency] += w.source.Minor
	c.batches = append(c.batches, m.batches-w.batch)
	c.times = append(c.times, at.Sub(w.arrived))
}

// result is what became of the transfers of some participants.
func (m *measure) result(participants ...int32) Result {
	var r Result
	value, liquidity := map[fx.Currency]int64{}, map[fx.Currency]int64{}
	var batches []int64
	var times []time.Duration
	for _, p := range participants {
		c := m.counts(p)
		r.Transfers, r.Refused, r.Cleared, r.Expired = r.Transfers+c.accepted, r.Refused+c.refused, r.Cleared+c.cleared, r.Expired+c.expired
		for currency, minor := range c.value {
			value[currency] += minor
		}
		batches, times = append(batches, c.batches...), append(times, c.times...)
	}
	for _, w := range m.open {
		if slices.Contains(participants, w.debtor) {
			r.Queued++
		}
	}
	for id, peak := range m.peaks {
		if a := m.accounts[id]; peak > 0 && slices.Contains(participants, a.Participant) {
			liquidity[a.Currency] += peak
		}
	}
	r.Value, r.Liquidity = amounts(value), amounts(liquidity)
	r.Waited.BatchesP50, r.Waited.BatchesMax = middleAndMost(batches)
	half, most := middleAndMost(times)
	r.Waited.SecondsP50, r.Waited.SecondsMax = seconds(half), seconds(most)
	return r
}

func middleAndMost[T ~int64](of []T) (middle, most T) {
	if len(of) == 0 {
		return 0, 0
	}
	slices.Sort(of)
	return of[(len(of)-1)/2], of[len(of)-1]
}
