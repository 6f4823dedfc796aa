package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// receiveBatch is how many messages of the switch are taken at a time.
const receiveBatch = 64

// heard is what the switch told participants, over its messages. It has to be what it did.
type heard struct {
	watched
	cleared, paid, other int64 // changes of transfers; other is refused, expired or returned
	payouts              int64
	wrong                error // the first instruction or change that cannot be
}

func newHeard() *heard {
	h := &heard{}
	h.moved.L = &h.mu
	return h
}

// due is a payment and the moment at which it was to be published.
type due struct {
	payment
	at time.Time
}

// sample is a transfer of a run in which latency is measured.
type sample struct {
	due      time.Time
	batch    int64 // that cleared it
	queued   int64 // that left it waiting; 0 where the batch that took it in cleared it
	transfer settlement.TransferID
}

// desk is one participant: it publishes intents, and answers each instruction to pay out with an outcome at once,
// or, while it holds, later.
type desk struct {
	market *market
	name   string
	client *messaging.Client
	signer *messaging.Signer
	salter *messaging.Salter
	heard  *heard
	seen   uint64 // the last message of the switch; receive's own

	mu       sync.Mutex
	payments []due
	count    int64 // of intents, ever
	outcomes []messaging.Outcome
	holds    bool
	measured int64            // the first count whose moments are kept; none where negative
	moments  []time.Time      // from measured on
	samples  []sample         // cleared since measured
	stored   []time.Duration  // from a moment to the broker's acknowledgement, since measured
	waiting  map[int64]sample // queued and not yet cleared, by count

	intentsThere, outcomesThere chan struct{}
}

func newDesk(m *market, name string, client *messaging.Client, signer *messaging.Signer, salter *messaging.Salter, h *heard) *desk {
	return &desk{
		market: m, name: name, client: client, signer: signer, salter: salter, heard: h, measured: -1,
		intentsThere: make(chan struct{}, 1), outcomesThere: make(chan struct{}, 1),
	}
}

func wake(sleeper chan struct{}) {
	select {
	case sleeper <- struct{}{}:
	default: // it is awake
	}
}

// give hands the participant a payment to publish.
func (d *desk) give(p payment, at time.Time) {
	d.mu.Lock()
	d.payments = append(d.payments, due{p, at})
	d.mu.Unlock()
	wake(d.intentsThere)
}

// measure begins keeping moments, or ends it and returns what was kept.
func (d *desk) measure(begin bool) ([]sample, []time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept, stored := d.samples, d.stored
	d.measured, d.moments, d.samples, d.stored, d.waiting = -1, nil, nil, nil, nil
	if begin {
		d.measured, d.waiting = d.count, map[int64]sample{}
	}
	return kept, stored
}

// hold has outcomes wait, or lets them go.
func (d *desk) hold(on bool) {
	d.mu.Lock()
	d.holds = on
	d.mu.Unlock()
	wake(d.outcomesThere)
}

// publishIntents publishes at once what comes after a quiet moment, and packs what comes while its pace says wait.
func (d *desk) publishIntents(ctx context.Context) error {
	intents := make([]messaging.Intent, 0, messaging.MaxIntents)
	var sent []time.Time // moments of the envelope on its way
	stored := func() {
		now := time.Now()
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, moment := range sent {
			d.stored = append(d.stored, now.Sub(moment))
		}
	}
	return d.publish(ctx, d.intentsThere, messaging.PayloadIntent, stored, func() ([][]byte, bool, error) {
		d.mu.Lock()
		n := min(len(d.payments), messaging.MaxIntents)
		intents, sent = intents[:0], sent[:0]
		for _, p := range d.payments[:n] {
			if d.measured >= 0 {
				d.moments, sent = append(d.moments, p.at), append(sent, p.at)
			}
			intents = append(intents, d.market.intentOf(p.payment, d.count, p.at))
			d.count++
		}
		d.payments = d.payments[:copy(d.payments, d.payments[n:])]
		d.mu.Unlock()
		if n == 0 {
			return nil, false, nil
		}
		payloads, err := messaging.EncodeIntents(d.name, intents, d.salter)
		return payloads, n == messaging.MaxIntents, err
	})
}

func (d *desk) publishOutcomes(ctx context.Context) error {
	return d.publish(ctx, d.outcomesThere, messaging.PayloadOutcome, func() {}, func() ([][]byte, bool, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		n := min(len(d.outcomes), messaging.MaxOutcomes)
		if n == 0 || d.holds {
			return nil, false, nil
		}
		payloads, err := messaging.EncodeOutcomes(d.name, d.outcomes[:n], d.salter)
		d.outcomes = d.outcomes[n:]
		if len(d.outcomes) == 0 {
			d.outcomes = nil
		}
		return payloads, n == messaging.MaxOutcomes, err
	})
}

// publish publishes what next gives whenever something is there, at once what fills a message and the rest at the
// pace of adapters, and tells stored of each.
func (d *desk) publish(
	ctx context.Context, there <-chan struct{}, kind messaging.PayloadKind, stored func(), next func() (payloads [][]byte, full bool, err error),
) error {
	pace := adapters.NewPace()
	for {
		select {
		case <-there:
		case <-ctx.Done():
			return nil
		}
		if err := pace.Wait(ctx); err != nil {
			return nil //nolint:nilerr // the run is over
		}
		for full := true; full; {
			var payloads [][]byte
			var err error
			payloads, full, err = next()
			if err == nil && payloads == nil {
				break
			}
			messages := make([]messaging.Message, len(payloads))
			for n := 0; n < len(payloads) && err == nil; n++ {
				messages[n], err = signed(d.signer, kind, payloads[n])
			}
			began := time.Now()
			if err == nil {
				err = d.client.Send(ctx, messages...)
			}
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the run is over
			}
			if err != nil {
				return fmt.Errorf("bench: %s publishes: %w", d.name, err)
			}
			stored()
			pace.Took(time.Since(began))
		}
	}
}

// receive takes what the switch says until ctx ends.
func (d *desk) receive(ctx context.Context) error {
	err := d.client.ReceiveBatch(ctx, receiveBatch, func(_ context.Context, messages []messaging.Incoming) error {
		var told heard
		before := d.seen
		for _, m := range messages {
			if m.Sequence <= before { // after an interruption it comes again
				continue
			}
			d.seen = m.Sequence
			if m.Payout != nil {
				d.payOut(m.Payout, &told)
			}
			if m.Status != nil {
				d.note(m.Status, &told)
			}
		}
		d.heard.add(&told)
		return nil
	})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the run is over
	}
	return fmt.Errorf("bench: %s receives: %w", d.name, err)
}

// payOut pays: the outcome says so as soon as it is published.
func (d *desk) payOut(m *messaging.PayoutMessage, told *heard) {
	d.mu.Lock()
	for _, i := range m.Instructions {
		if i.Kind != messaging.KindPayout {
			told.wrong = errors.Join(told.wrong, fmt.Errorf("%s was told to %s %s", d.name, i.Kind, i.Transfer))
			continue
		}
		told.payouts++
		d.outcomes = append(d.outcomes, messaging.Outcome{
			Transfer: i.Transfer, Kind: i.Kind, State: messaging.OutcomePaid, Amount: i.Amount, RailRef: railRef(i.Transfer),
		})
	}
	holds := d.holds
	d.mu.Unlock()
	if !holds {
		wake(d.outcomesThere)
	}
}

// note counts what became of transfers, and keeps by which batch.
func (d *desk) note(m *messaging.StatusMessage, told *heard) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range m.Changes {
		switch c.State {
		case messaging.StateCleared:
			told.cleared++
		case messaging.StatePaid:
			told.paid++
		case messaging.StateQueued:
		case messaging.StateRejected, messaging.StateExpired, messaging.StateReturnPending, messaging.StateReturned:
			told.other++
			told.wrong = errors.Join(told.wrong, fmt.Errorf("intent %s of %s is %s: %s %s", c.Intent, d.name, c.State, c.Fault, c.Detail))
		}
		if d.measured >= 0 {
			d.keep(c, m.Batch)
		}
	}
}

// keep keeps when a transfer cleared.
func (d *desk) keep(c messaging.Change, batch int64) {
	count, ok := countOf(c.Intent)
	at := count - d.measured
	if !ok || at < 0 || at >= int64(len(d.moments)) {
		return
	}
	s, waited := d.waiting[count]
	switch c.State {
	case messaging.StateQueued:
		if waited {
			return
		}
		id, err := settlement.ParseTransferID(c.Transfer)
		if err == nil {
			d.waiting[count] = sample{due: d.moments[at], queued: batch, transfer: id}
		}
	case messaging.StateCleared:
		s.due, s.batch = d.moments[at], batch
		delete(d.waiting, count)
		d.samples = append(d.samples, s)
	default: // it cleared before
	}
}

// add adds what one participant was told.
func (h *heard) add(told *heard) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cleared += told.cleared
	h.paid += told.paid
	h.other += told.other
	h.payouts += told.payouts
	if h.wrong == nil {
		h.wrong = told.wrong
	}
	h.moved.Broadcast()
}

// all waits until participants have heard of so many transfers that they cleared and were paid.
func (h *heard) all(ctx context.Context, cleared, paid int64) error {
	err := h.wait(ctx, func() bool {
		return h.wrong != nil || h.cleared >= cleared && h.payouts >= cleared && h.paid >= paid
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		return fmt.Errorf("bench: participants heard of %d cleared, %d paid, and got %d payouts: %w", h.cleared, h.paid, h.payouts, err)
	}
	if h.wrong != nil {
		return fmt.Errorf("bench: %w", h.wrong)
	}
	return nil
}
