package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// modelled is one transfer as somebody would explain it on a napkin, where everybody has money enough.
type modelled struct {
	id       string
	transfer string
	creditor string
	source   int64
	state    messaging.State
	deadline time.Time
	opens    time.Time // zero where its currencies are open
	held     bool
	asked    bool // its rail was asked to set money aside
	set      bool // and has
	recall   messaging.RecallState
}

// goOn is what happens as soon as nothing keeps a transfer any more.
func (m *modelled) goOn() {
	switch {
	case m.state != messaging.StateQueued || m.held || !m.opens.IsZero():
	case m.creditor == "maya-ph" && !m.asked:
		m.asked = true
	case m.creditor == "maya-ph" && !m.set:
	default:
		m.state = messaging.StateCleared
	}
}

// pass is what time does.
func (m *modelled) pass(now time.Time) {
	if m.state != messaging.StateQueued {
		return
	}
	if !m.deadline.After(now) {
		m.state = messaging.StateExpired
		return
	}
	if !m.opens.IsZero() && !m.opens.After(now) {
		m.opens = time.Time{}
		m.goOn()
	}
}

// recallNow is what asking for the transfer back does, and the answer.
func (m *modelled) recallNow() messaging.RecallState {
	switch m.state {
	case messaging.StateQueued:
		m.state = messaging.StateExpired
		return messaging.RecallAccepted
	case messaging.StateExpired, messaging.StateReturnPending:
		return messaging.RecallAccepted
	case messaging.StateCleared:
		if m.recall == "" {
			m.recall = messaging.RecallPending
		}
		return m.recall
	default:
		return messaging.RecallRefused
	}
}

// hear is what a word of the rail does.
func (m *modelled) hear(kind messaging.Kind, said messaging.OutcomeState) {
	switch {
	case kind == messaging.KindPayout && m.state == messaging.StateCleared && said == messaging.OutcomePaid:
		m.state = messaging.StatePaid
	case kind == messaging.KindPayout && m.state == messaging.StateCleared && said == messaging.OutcomeFailed:
		m.state = messaging.StateReturnPending
	case kind == messaging.KindRefund && m.state == messaging.StateReturnPending && said == messaging.OutcomePaid:
		m.state = messaging.StateReturned
	case kind == messaging.KindReserve && m.state == messaging.StateQueued && m.asked && !m.set && said == messaging.OutcomeReserved:
		m.set = true
		m.goOn()
	case kind == messaging.KindReserve && m.state == messaging.StateQueued && m.asked && !m.set && said == messaging.OutcomeFailed:
		m.state = messaging.StateExpired
	case kind == messaging.KindRecall && m.state == messaging.StateCleared && m.recall == messaging.RecallPending && said == messaging.OutcomeRefused:
		m.recall = messaging.RecallRefused
	}
}

// play holds a world against the model of each of its transfers.
type play struct {
	*world
	all    []*modelled
	closed time.Time // when pesos open again; zero where they are open
}

func newPlay(t require.TestingT) *play {
	p := &play{world: reserving(t)}
	p.decide([]settlement.Command{
		p.fund("mpesa-ke", kes, 900_000_000_00), p.fund("fx-house", php, 900_000_000_00),
		p.command(settlement.CommandGross, settlement.Gross{From: kes, To: php, ThresholdMinor: 1_000_00}),
		p.command(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{{
			ID: "long", Provider: "fx-house", From: kes, To: php, Rate: fx.MustRate("0.4501"), Expires: dawn.Add(10_000 * time.Hour),
		}}}),
	})
	return p
}

// one draws a transfer; nil where there is none.
func (p *play) one(t *rapid.T) *modelled {
	if len(p.all) == 0 {
		t.Skip("nothing sent yet")
	}
	return rapid.SampledFrom(p.all).Draw(t, "transfer")
}

func (p *play) send(t *rapid.T) {
	creditor := rapid.SampledFrom([]string{"gcash-ph", "maya-ph"}).Draw(t, "creditor")
	intent := p.intent(fmt.Sprint("i", len(p.all)), "mpesa-ke", creditor, rapid.Int64Range(1_00, 1_000_00).Draw(t, "amount"))
	intent.Quote = "long"
	source, err := intent.Source.Money()
	require.NoError(t, err)
	intent.Deadline = p.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "deadline")) * time.Minute)
	message := p.intents("mpesa-ke", intent)
	m := &modelled{id: intent.ID, creditor: creditor, source: source.Minor, state: messaging.StateQueued, deadline: intent.Deadline}
	if p.closed.After(p.now) {
		m.opens = p.closed
	}
	if m.held = rapid.IntRange(0, 3).Draw(t, "listed") == 0; m.held {
		p.hit(message, 0)
	}
	b := p.decide(nil, message)
	if !m.opens.IsZero() && !m.opens.Before(m.deadline) {
		require.Equal(t, messaging.FaultClosed, b.Intents[0].Fault)
		m.id = "" // it never was
		p.all = append(p.all, m)
		m.state = messaging.StateRejected
		return
	}
	m.transfer = b.Intents[0].Transfer.String()
	m.goOn()
	p.all = append(p.all, m)
}

func (p *play) speak(t *rapid.T) {
	m := p.one(t)
	if m.id == "" {
		t.Skip("never accepted")
	}
	kind := rapid.SampledFrom([]messaging.Kind{messaging.KindPayout, messaging.KindRefund, messaging.KindReserve, messaging.KindRecall}).Draw(t, "kind")
	said := rapid.SampledFrom([]messaging.OutcomeState{
		messaging.OutcomePaid, messaging.OutcomeFailed, messaging.OutcomeUnknown, messaging.OutcomeReserved, messaging.OutcomeRefused,
	}).Draw(t, "said")
	id, err := settlement.ParseTransferID(m.transfer)
	require.NoError(t, err)
	o := messaging.Outcome{Transfer: m.transfer, Kind: kind, State: said, Reason: "AC01"}
	o.Amount = messaging.Amount{Amount: "0.01", Currency: "PHP"}
	if open := p.state.open[id]; open != nil {
		o.Amount = messaging.NewAmount(open.Destination)
		if kind == messaging.KindRefund {
			o.Amount = messaging.NewAmount(open.Source)
		}
	}
	from := m.creditor
	if kind == messaging.KindRefund {
		from = "mpesa-ke"
	}
	p.decide(nil, p.outcomes(from, o))
	m.hear(kind, said)
}

func (p *play) recallOne(t *rapid.T) {
	m := p.one(t)
	if m.id == "" {
		t.Skip("never accepted")
	}
	b := p.decide(nil, p.recalls("mpesa-ke", "CUST", m.id))
	answers := recallAnswers(t, b, "mpesa-ke")
	require.Equal(t, m.recallNow(), answers[len(answers)-1].State)
}

func (p *play) rule(t *rapid.T) {
	m := p.one(t)
	verdict := settlement.Verdict{Transfer: m.transfer, AskedBy: "Asha", ApprovedBy: "Ben", Reason: "looked into"}
	queued := m.state == messaging.StateQueued
	var c settlement.Command
	var does bool
	switch rapid.IntRange(0, 2).Draw(t, "ruling") {
	case 0:
		c, does = p.command(settlement.CommandHold, settlement.Hold{Transfer: m.transfer, By: "Asha", Reason: "a tip"}), queued && !m.held
		m.held = m.held || does
	case 1:
		if c, does = p.command(settlement.CommandRelease, verdict), queued && m.held; does {
			m.held = false
			m.goOn()
		}
	default:
		if c, does = p.command(settlement.CommandRefuse, verdict), queued && m.held; does {
			m.state = messaging.StateExpired
		}
	}
	require.Equal(t, does, p.decide([]settlement.Command{c}).CommandResults[0].Fault == "")
}

func (p *play) closePesos(t *rapid.T) {
	p.closed = p.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "closed")) * time.Minute)
	p.do(settlement.CommandHours, settlement.Hours{Currency: php, Late: schedule.Queue, Closed: []settlement.Closed{{From: p.now, Until: p.closed}}})
}

// sleep lets time pass, up to the moment at which the engine wants to be woken or beyond it.
func (p *play) sleep(t *rapid.T) {
	p.now = p.now.Add(time.Duration(rapid.IntRange(1, 25*60).Draw(t, "seconds")) * time.Second)
	if due, ok := p.state.nextDue(p.now.Add(-time.Hour)); ok && due.After(p.now) {
		b := p.decide(nil)
		require.Empty(t, b.Events, "nothing happens before the moment that the engine waits for")
		require.Empty(t, b.Life)
		require.Empty(t, b.Postings)
	} else {
		p.decide(nil)
		due, ok := p.state.nextDue(p.now)
		require.True(t, !ok || due.After(p.now), "and what is due has happened")
	}
	for _, m := range p.all {
		m.pass(p.now)
	}
}

// check holds every transfer and all the money against the model.
func (p *play) check(t *rapid.T) {
	gone := int64(0) // of the debtor's money
	for _, m := range p.all {
		if m.id == "" {
			continue
		}
		id, err := settlement.ParseTransferID(m.transfer)
		require.NoError(t, err)
		states := p.events[id]
		require.Equal(t, m.state, states[len(states)-1], "transfer %s of %v", m.transfer, states)
		open := p.state.open[id]
		require.Equal(t, m.state.Final(), open == nil)
		if open != nil && m.state == messaging.StateQueued {
			require.NotNil(t, p.state.sidelined[id], "with money enough only what is kept waits")
			require.Equal(t, m.held, open.life.held)
			require.Equal(t, m.opens, open.life.late)
			require.Equal(t, m.set, open.life.reserved)
		}
		if m.state == messaging.StateCleared || m.state == messaging.StatePaid {
			gone += m.source
		}
	}
	var has int64
	for _, kind := range []ledger.AccountKind{ledger.Settlement, ledger.Position} {
		has += p.state.accounts[p.state.find(1, kind, kes)].balance()
	}
	require.Equal(t, int64(901_000_000_00), has+gone, "what left the debtor's participant is what cleared and did not come back")
}

// Whatever is done to transfers, in any order: each is where a page of model says, with its money.
func TestLivesFollowTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		t.Repeat(map[string]func(*rapid.T){
			"send": p.send, "speak": p.speak, "speak again": p.speak, "recall": p.recallOne, "rule": p.rule, "close": p.closePesos, "sleep": p.sleep,
			"": p.check,
		})
		require.Equal(t, encoded(t, p.batches), encoded(t, p.replay()))
	})
}
