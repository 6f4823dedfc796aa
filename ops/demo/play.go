package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
)

const (
	ordersPerRequest = 50
	payingAtOnce     = 50
	maxUnderWay      = 3_000 // transfers paid for and not ended: the crowd that the day's pace allows
	priceRetry       = 50 * time.Millisecond
	expiringAfter    = 8 * time.Second // the deadline of what nobody funds
	maxAnswerBytes   = 4 << 20
	lookEvery        = 100 * time.Millisecond
	stuckAfter       = 90 * time.Second
)

// play is a day being played on a stage.
type play struct {
	stage  *stage
	day    *day
	script *script
	plan   map[string][]planned
	needs  map[needKey]int64
	client *http.Client

	total    int          // transfers of the plan
	paid     atomic.Int64 // customers that have paid, over all processes
	ended    atomic.Int64 // transfers with a final state, over all processes
	queued   atomic.Int64 // transfers that wait for liquidity
	noon     chan struct{}
	noonOnce sync.Once
	watched  *watch
	progress func(ended, total int)
}

func newPlay(d *day, script *script, w *watch, progress func(ended, total int)) (*play, error) {
	p := &play{
		day: d, script: script, plan: map[string][]planned{}, total: script.Transfers,
		noon: make(chan struct{}), watched: w, progress: progress,
		client: &http.Client{Timeout: requestTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 4}},
	}
	for n := range script.Transfers {
		t, err := d.transfer(n)
		if err != nil {
			return nil, err
		}
		p.plan[t.From] = append(p.plan[t.From], t)
	}
	var err error
	p.needs, err = needs(p.plan, d)
	return p, err
}

// notice hears of every batch.
func (p *play) notice(_ context.Context, s engine.Summary) {
	p.progress(int(p.ended.Add(int64(s.Ended))), p.total)
	p.queued.Store(int64(s.Queued))
	p.maybeNoon()
}

// begin opens the market: participants, money and quotes are there, and anybody may order.
func (p *play) begin(ctx context.Context) error {
	p.ended.Add(p.stage.before.ended)
	if err := p.stage.open(ctx, p.day, p.forger(), p.needs); err != nil {
		return err
	}
	if time.Since(p.script.Began) > quoteLife/2 {
		return p.quoteAnew(ctx)
	}
	return nil
}

func (p *play) forger() *forger {
	return &forger{stage: p.stage, day: p.day, began: p.script.Began, deadline: p.script.Began.Add(quoteLife / 2)}
}

// run plays the day: everybody's customers, the bad, and the pools, all at the same time.
func (p *play) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.stage.ctx, func() { cancel(p.stage.why()) })() //nolint:contextcheck // what breaks on the stage ends the play
	group, working := errgroup.WithContext(ctx)
	for name, all := range p.plan {
		p.paid.Add(int64(p.script.paid(name)))
		group.Go(func() error {
			return p.crowd(working, p.stage.actors[name], all)
		})
	}
	p.maybeNoon()
	group.Go(func() error {
		select {
		case <-p.noon:
		case <-working.Done():
			return working.Err()
		}
		return p.stage.fund(working, p.day, p.needs, "noon", 100-morningPct+1)
	})
	group.Go(func() error { return p.misbehave(working, p.forger()) })
	group.Go(func() error { return p.stage.commune(working, p.day) })
	group.Go(func() error { return p.finish(working) })
	if p.watched != nil {
		group.Go(func() error { return p.watch(working, p.watched) })
	}
	err := group.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// crowd has one participant's customers place their orders and pay, from where an earlier process came.
func (p *play) crowd(ctx context.Context, a *actor, all []planned) error {
	for at := p.script.paid(a.Name); at < len(all); {
		chunk := all[at:min(at+ordersPerRequest, len(all))]
		if err := p.pace(ctx, len(chunk)); err != nil {
			return err
		}
		if err := p.customers(ctx, a, chunk); err != nil {
			return fmt.Errorf("demo: customers of %s: %w", a.Name, err)
		}
		at += len(chunk)
		if err := p.script.update(func(s *scriptState) { s.Paid[a.Name] = at }); err != nil {
			return err
		}
		p.paid.Add(int64(len(chunk)))
		p.maybeNoon()
	}
	return nil
}

// maybeNoon has the treasuries bring the rest once half of the customers have paid, or once so many
// transfers wait for money that the day would stand still.
func (p *play) maybeNoon() {
	if p.watched != nil || p.paid.Load()*100 >= int64(p.total)*noonAfter || p.queued.Load() > maxUnderWay/4 {
		p.noonOnce.Do(func() { close(p.noon) })
	}
}

// pace waits until not too many transfers are under way. A day that is watched has a pace of its own: what waits for a
// rail that is down must not slow the customers of the others.
func (p *play) pace(ctx context.Context, payments int) error {
	if p.watched != nil {
		return p.watched.pace.WaitN(ctx, payments)
	}
	look := time.NewTicker(priceRetry)
	defer look.Stop()
	for p.paid.Load()-p.ended.Load() > maxUnderWay {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// customers place orders and pay for them.
func (p *play) customers(ctx context.Context, a *actor, chunk []planned) error {
	answers, err := p.order(ctx, a, chunk)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(payingAtOnce)
	for i, answer := range answers {
		if answer.Source != messaging.NewAmount(chunk[i].Source) || answer.Destination != messaging.NewAmount(chunk[i].Destination) {
			return fmt.Errorf("order %s costs %v for %v, planned %s for %s", answer.Ref, answer.Source, answer.Destination,
				chunk[i].Source, chunk[i].Destination)
		}
		payer := chunk[i].Order.Payer
		group.Go(func() error {
			return a.sandbox.Pay(ctx, sandbox.CustomerPayment{
				OrderRef: answer.Ref, Payer: payer.Account, PayerName: payer.Name, Amount: chunk[i].Source,
			})
		})
	}
	return group.Wait()
}

// order posts orders to the participant's adapter until each has its price: an adapter that has not
// heard of today's quotes yet cannot price.
func (p *play) order(ctx context.Context, a *actor, chunk []planned) ([]adapters.OrderAnswer, error) {
	var request adapters.OrdersRequest
	for _, t := range chunk {
		request.Orders = append(request.Orders, t.Order)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	retry := time.NewTicker(priceRetry)
	defer retry.Stop()
	for {
		answers, err := p.post(ctx, a.orders, body)
		if err != nil {
			return nil, err
		}
		if len(answers) != len(chunk) {
			return nil, fmt.Errorf("%d answers to %d orders", len(answers), len(chunk))
		}
		var waits bool
		for _, answer := range answers {
			switch answer.Fault {
			case "":
			case messaging.FaultQuoteUnknown, messaging.FaultUnknownParticipant:
				waits = true
			default:
				return nil, fmt.Errorf("order %s: %s: %s", answer.Ref, answer.Fault, answer.Detail)
			}
		}
		if !waits {
			return answers, nil
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (p *play) post(ctx context.Context, url string, body []byte) ([]adapters.OrderAnswer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, text)
	}
	var answer adapters.OrdersAnswer
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	return answer.Orders, nil
}

// misbehave sends what must be refused.
func (p *play) misbehave(ctx context.Context, f *forger) error {
	if p.script.Deadline.IsZero() {
		err := p.script.update(func(s *scriptState) { s.Deadline = time.Now().Add(expiringAfter).UTC().Truncate(time.Second) })
		if err != nil {
			return err
		}
	}
	unfunded := *f
	unfunded.deadline = p.script.Deadline
	if p.script.Bad == 0 {
		if err := unfunded.sendExpiring(ctx, perKind(p.total)); err != nil {
			return err
		}
		if p.stage.servers.Embedded() {
			if err := noise(ctx, p.stage.servers.NATSURL()); err != nil {
				return err
			}
		}
	}
	kinds := theBad()
	for sent := p.script.Bad; sent < perKind(p.total)*len(kinds); sent++ {
		if err := f.send(ctx, kinds[sent%len(kinds)], sent/len(kinds)); err != nil {
			return err
		}
		if err := p.script.update(func(s *scriptState) { s.Bad = sent + 1 }); err != nil {
			return err
		}
	}
	return nil
}

// expected is what the day must come to.
type expected struct{ ended, refused, deadLetters int64 }

func (p *play) expected() expected {
	each := int64(perKind(p.total))
	// What people sent, what nobody funds and its forgeries.
	e := expected{ended: p.valid() + each, deadLetters: each}
	for _, b := range theBad() {
		if b.intent {
			e.refused += each
		} else {
			e.deadLetters += each
		}
	}
	return e
}

// valid counts what people sent: the day's transfers, the pools' payouts, and what trickled in since.
func (p *play) valid() int64 { return int64(p.total) + poolPayouts() + int64(p.script.Trickled) }

// finish waits until everything has ended and every adapter is at rest, then closes the day's window.
func (p *play) finish(ctx context.Context) error {
	want := p.expected()
	err := p.await(ctx, "everything to end", func() (bool, string, error) {
		if ended := p.ended.Load(); ended < want.ended { // counting the ledger is for the end: it costs a core
			return false, fmt.Sprintf("%d of %d have ended", ended, want.ended), nil
		}
		states, err := p.stage.books.States(ctx)
		if err != nil {
			return false, "", err
		}
		dead, err := p.stage.books.DeadLetters(ctx)
		have := expected{ended: ended(states), refused: states[messaging.StateRejected], deadLetters: dead}
		open := states[messaging.StateQueued] + states[messaging.StateCleared] + states[messaging.StateReturnPending]
		// A transfer that trickled in when the process was killed may not have been counted.
		ready := have.ended >= want.ended && open == 0 && have.refused == want.refused && have.deadLetters == want.deadLetters
		return ready, fmt.Sprintf("have %+v of %+v: %v", have, want, states), err
	})
	if err != nil {
		return err
	}
	err = p.await(ctx, "the adapters to rest", func() (bool, string, error) {
		for _, a := range p.stage.actors {
			if a.runner == nil {
				continue
			}
			s := a.runner.Stats()
			if s.UnknownNow > 0 || s.OutcomesWaiting > 0 || s.Intents[adapters.Unanswered] > 0 {
				return false, fmt.Sprintf("%s: %+v", a.Name, s), nil
			}
		}
		return true, "", nil
	})
	if err != nil {
		return err
	}
	err = p.stage.ask(ctx, "close the day", settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "end of the demo day"})
	if err != nil {
		return err
	}
	return p.await(ctx, "the window to settle", func() (bool, string, error) {
		windows, err := p.stage.books.Windows(ctx)
		for _, w := range windows {
			if w.State != settlement.WindowOpen && w.State != settlement.WindowSettled {
				return false, fmt.Sprintf("%+v", windows), err
			}
		}
		return true, "", err
	})
}

// await looks now and then until done. It gives up after a while in
// which nothing moved at all.
func (p *play) await(ctx context.Context, what string, done func() (bool, string, error)) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	last, since := "", time.Now()
	for {
		ok, where, err := done()
		if ok || err != nil {
			return err
		}
		if where != last {
			last, since = where, time.Now()
		}
		if time.Since(since) > stuckAfter {
			return fmt.Errorf("demo: waited %s for %s: %s", stuckAfter, what, where)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
