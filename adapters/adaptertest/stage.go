package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Stage is what one case is played on: a broker with the played switch, a rail, the taps between, and the adapter's
// process.
type Stage struct {
	Subject   Subject
	Switch    *Switch
	Rail      sandbox.Server // nil where there is none to look into
	Requests  *Tap           // adapter → rail
	Callbacks *Tap           // rail → adapter
	Books     *Books
	Terms     Terms

	link    Link
	journal journal
	faults  sandbox.Faults
	orders  *http.Client

	mu   sync.Mutex
	life *life
	made uint64
}

// quick are the timers of an adapter under test: what takes minutes in production takes moments.
var quick = adapters.Timers{
	SubmitTimeout: time.Second, FirstQuery: 50 * time.Millisecond, QueryEvery: 50 * time.Millisecond,
	QueryEveryMax: 500 * time.Millisecond, CollectionEvery: 100 * time.Millisecond,
	QueryNotBefore: time.Millisecond, QueriesMost: 8, QueriesWithin: 100 * time.Millisecond, OpenFor: time.Hour,
}

// openStage sets everything up and starts the adapter.
func openStage(ctx context.Context, subject Subject, c Case, dir string) (s *Stage, err error) {
	s = &Stage{
		Subject: subject, Books: newBooks(), Terms: subject.Terms, faults: c.Faults,
		orders: &http.Client{Timeout: tapDeadline, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if subject.Broker != nil { // other runs have had people paid there
		s.made = uint64(time.Now().Unix()%9_000) * 10_000 //nolint:gosec // after 1970
	}
	if s.Switch, s.link, err = openSwitch(ctx, dir, subject.Broker); err != nil {
		return nil, err
	}
	if s.Requests, err = openTap(ctx); err != nil {
		return nil, err
	}
	if s.Callbacks, err = openTap(ctx); err != nil {
		return nil, err
	}
	s.Callbacks.Set(toURL(func() string { return s.where().Callbacks }))
	if subject.Rail != nil {
		if err := s.openRail(c, dir); err != nil {
			return nil, err
		}
	}
	if err := s.board(ctx); err != nil {
		return nil, err
	}
	err = s.Start(ctx)
	return s, err
}

func (s *Stage) openRail(c Case, dir string) error {
	folder := filepath.Join(dir, "rail")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	timers := quick
	if c.Timers != nil {
		c.Timers(&timers)
	}
	joined, err := s.Subject.Rail(adapters.SandboxOptions{
		Config: sandbox.Config{LedgerPath: filepath.Join(folder, "ledger.db"), Seed: 1, Faults: c.Faults},
		Dir:    folder, URL: s.Requests.URL(), CallbackURL: s.Callbacks.URL() + "/rail", Timers: timers,
	})
	if err != nil {
		return err
	}
	s.Rail, s.Terms = joined.Rail, joined.Terms
	s.Requests.Set(joined.Rail)
	s.link.RailURL, s.link.Settings = s.Requests.URL(), filepath.Join(dir, "settings.yaml")
	return os.WriteFile(s.link.Settings, joined.Settings, 0o600)
}

// board tells the adapter whom its customers can pay.
func (s *Stage) board(ctx context.Context) error {
	return s.Switch.Tell(ctx, messaging.StatusMessage{Peers: []messaging.Peer{{
		Participant: them, Country: "KE", Currency: s.Terms.Currency.String(),
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: s.Terms.Most,
	}}})
}

// Close ends everything.
func (s *Stage) Close() {
	s.Kill()
	if s.Requests != nil {
		s.Requests.Close()
	}
	if s.Callbacks != nil {
		s.Callbacks.Close()
	}
	if s.Rail != nil {
		_ = s.Rail.Close() // what it has not written, it has not done
	}
	if s.Switch != nil {
		s.Switch.Close()
	}
}

// startLimit is how long an adapter may take to say where it listens.
const startLimit = 30 * time.Second

// Start begins a life of the adapter; it does nothing where one is under way.
func (s *Stage) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Subject.Command == nil || (s.life != nil && !s.life.over()) {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, startLimit)
	defer done()
	cmd, err := s.Subject.Command(s.link)
	if err != nil {
		return err
	}
	cmd.Env = append(append(os.Environ(), cmd.Env...), s.link.Environ()...)
	if s.life, err = begin(ctx, cmd, &s.journal); err != nil {
		return fmt.Errorf("%w; it logged: %s", err, &s.journal)
	}
	return nil
}

// Kill ends the adapter's life as a loss of power would. Where it has none, or is not ours to kill, nothing happens.
func (s *Stage) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life != nil {
		s.life.kill()
		s.life = nil
	}
}

// alive fails where the adapter's process ended by itself.
func (s *Stage) alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life != nil && s.life.over() {
		return fmt.Errorf("the adapter ended by itself: %s", s.life.cmd.ProcessState)
	}
	return nil
}

func (s *Stage) where() Listening {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.Subject.Command == nil:
		return s.Subject.Running
	case s.life == nil || s.life.over():
		return Listening{}
	}
	return s.life.where
}

// SetFaults switches the rail's faults.
func (s *Stage) SetFaults(faults sandbox.Faults) error { return s.Rail.SetFaults(faults) }

// person is somebody with an account that nobody else has.
func (s *Stage) person() messaging.Party {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return messaging.Party{Name: fmt.Sprintf("Person %d", s.made), Account: s.Subject.Account(s.made), Address: "1 Market Street"}
}

// payout makes an instruction to pay somebody new.
func (s *Stage) payout(minor int64) messaging.Instruction {
	number := s.Switch.number()
	return messaging.Instruction{
		Transfer: "t" + number, Kind: messaging.KindPayout, Intent: "i" + number, Reference: "conformance",
		Amount: messaging.NewAmount(s.Terms.money(minor)), Counterparty: them,
		Debtor: messaging.Party{Name: "Sender", Account: "255700000001", Address: "2 Harbour Road"}, Creditor: s.person(),
	}
}

// payouts makes n instructions of different amounts.
func (s *Stage) payouts(n int) []messaging.Instruction {
	some := make([]messaging.Instruction, n)
	for i := range some {
		some[i] = s.payout(s.Terms.some(uint64(i)))
	}
	return some
}

// enter writes instructions into the books. It must happen before anybody hears of them.
func (s *Stage) enter(instructions ...messaging.Instruction) error {
	for _, in := range instructions {
		amount, err := in.Amount.Money()
		if err != nil {
			return err
		}
		s.Books.instructed(in, amount)
	}
	return nil
}

// instruct enters instructions and publishes them.
func (s *Stage) instruct(ctx context.Context, instructions ...messaging.Instruction) error {
	if err := s.enter(instructions...); err != nil {
		return err
	}
	return s.Switch.Instruct(ctx, instructions...)
}

// PayOut has n people paid, and returns the instructions.
func (s *Stage) PayOut(ctx context.Context, n int) ([]messaging.Instruction, error) {
	some := s.payouts(n)
	return some, s.instruct(ctx, some...)
}

// Ended waits until every instruction has an end.
func (s *Stage) Ended(ctx context.Context, instructions ...messaging.Instruction) error {
	left := instructions
	return s.Switch.Until(ctx, fmt.Sprintf("the end of %d instructions", len(instructions)), func(h *Heard) bool {
		for len(left) > 0 {
			if _, ended := h.Final[subject(left[0].Transfer, left[0].Kind)]; !ended {
				return false
			}
			left = left[1:]
		}
		return true
	})
}

// EndedAs waits until every instruction has this end.
func (s *Stage) EndedAs(ctx context.Context, state messaging.OutcomeState, instructions ...messaging.Instruction) error {
	if err := s.Ended(ctx, instructions...); err != nil {
		return err
	}
	return s.Switch.Look(func(h *Heard) error {
		for _, in := range instructions {
			if o := h.Final[subject(in.Transfer, in.Kind)]; o.State != state {
				return fmt.Errorf("%s/%s ended %s (%s %s %s), not %s", in.Transfer, in.Kind, o.State, o.Reason, o.RailCode, o.RailText, state)
			}
		}
		return nil
	})
}

// Unknown waits until the switch was told that nobody knows of an instruction.
func (s *Stage) Unknown(ctx context.Context, in messaging.Instruction) error {
	return s.Switch.Until(ctx, "an unknown outcome", func(h *Heard) bool { return h.Unknowns[subject(in.Transfer, in.Kind)] > 0 })
}

// Still fails where an instruction has an end.
func (s *Stage) Still(instructions ...messaging.Instruction) error {
	return s.Switch.Look(func(h *Heard) error {
		for _, in := range instructions {
			if o, ended := h.Final[subject(in.Transfer, in.Kind)]; ended {
				return fmt.Errorf("%s/%s ended %s (%s), and nobody can know", in.Transfer, in.Kind, o.State, o.ResolvedBy)
			}
		}
		return nil
	})
}

// Booked waits until the rail's ledger is as it should be.
func (s *Stage) Booked(ctx context.Context, what string, enough func(shelves) bool) error {
	for {
		rows, err := readLedger(s.Rail)
		switch {
		case err != nil:
			return err
		case enough(rows):
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil { // another process's ledger gives no signal
			return fmt.Errorf("in vain for %s: %w", what, err)
		}
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Placed is an order that the adapter has priced.
type Placed struct {
	adapters.OrderAnswer
	Payer  messaging.Party
	Amount fx.Money // what the customer pays
}

// request makes an order of somebody new.
func (s *Stage) request(minor int64) adapters.OrderRequest {
	return adapters.OrderRequest{
		Ref: "r" + s.Switch.number(), Payer: s.person(), To: them,
		Creditor: messaging.Party{Name: "Payee", Account: "255700000002", Address: "3 Station Road"},
		Fixed:    fx.FixedSource, Amount: messaging.NewAmount(s.Terms.money(minor)),
	}
}

// Place has the adapter price an order, however often it takes to reach it.
func (s *Stage) Place(ctx context.Context, request adapters.OrderRequest) (Placed, error) {
	var answer adapters.OrdersAnswer
	for {
		status, err := s.call(ctx, http.MethodPost, "/orders", adapters.OrdersRequest{Orders: []adapters.OrderRequest{request}}, &answer)
		// Until the board has come, nobody can be paid.
		early := err == nil && len(answer.Orders) == 1 && answer.Orders[0].Fault == messaging.FaultUnknownCorridor
		if err == nil && status == http.StatusOK && !early {
			break
		}
		if waited := pause(ctx, 20*time.Millisecond); waited != nil {
			return Placed{}, fmt.Errorf("order %s: status %d, %+v: %w", request.Ref, status, answer.Orders, errors.Join(err, waited))
		}
	}
	if len(answer.Orders) != 1 || answer.Orders[0].Fault != "" {
		return Placed{}, fmt.Errorf("order %s: %+v", request.Ref, answer.Orders)
	}
	p := Placed{OrderAnswer: answer.Orders[0], Payer: request.Payer}
	var err error
	if p.Amount, err = p.Source.Money(); err != nil {
		return Placed{}, err
	}
	s.Books.ordered(p.Ref, order{intent: p.Intent, payer: p.Payer.Account, amount: p.Amount})
	return p, nil
}

// Pay has the customer pay an order on the rail.
func (s *Stage) Pay(ctx context.Context, p Placed) error {
	return s.Rail.Pay(ctx, sandbox.CustomerPayment{OrderRef: p.Ref, Payer: p.Payer.Account, PayerName: p.Payer.Name, Amount: p.Amount})
}

// Order places an order and has it paid.
func (s *Stage) Order(ctx context.Context) (Placed, error) {
	s.mu.Lock()
	n := s.made
	s.mu.Unlock()
	p, err := s.Place(ctx, s.request(s.Terms.some(n)))
	if err != nil {
		return Placed{}, err
	}
	return p, s.Pay(ctx, p)
}

// Sent waits until the switch has an order's intent.
func (s *Stage) Sent(ctx context.Context, p Placed) error {
	return s.Switch.Until(ctx, "the intent of order "+p.Ref, func(h *Heard) bool { return h.Intents[p.Intent] != nil })
}

// refund is the instruction to give an order's money back.
func (s *Stage) refund(p Placed) messaging.Instruction {
	return messaging.Instruction{
		Transfer: "b" + s.Switch.number(), Kind: messaging.KindRefund, Intent: p.Intent, Reference: "conformance", Reason: "AC04",
		Amount: messaging.NewAmount(p.Amount), Debtor: p.Payer, Counterparty: them,
		Creditor: messaging.Party{Name: "Payee", Account: "255700000002", Address: "3 Station Road"},
	}
}

// State tells the adapter where its transfers are.
func (s *Stage) State(ctx context.Context, p Placed, state messaging.State) error {
	change := messaging.Change{Intent: p.Intent, Transfer: "t" + p.Ref, State: state}
	if state == messaging.StateRejected {
		change.Transfer, change.Reason, change.Fault = "", "AC04", messaging.FaultUnknownCorridor
	}
	return s.Switch.Tell(ctx, messaging.StatusMessage{Changes: []messaging.Change{change}})
}

// Exceptions are what the adapter shows to people.
func (s *Stage) Exceptions(ctx context.Context) ([]adapters.Exception, error) {
	var list []adapters.Exception
	status, err := s.call(ctx, http.MethodGet, "/exceptions", nil, &list)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("exceptions: status %d", status)
	}
	return list, err
}

// Raised waits until the adapter shows an exception of one of these kinds.
func (s *Stage) Raised(ctx context.Context, kinds ...adapters.ExceptionKind) error {
	for {
		list, err := s.Exceptions(ctx)
		for _, e := range list {
			if slices.Contains(kinds, e.Kind) {
				return nil
			}
		}
		if waited := pause(ctx, 20*time.Millisecond); waited != nil {
			return fmt.Errorf("in vain for an exception %v, only %v: %w", kinds, list, errors.Join(err, waited))
		}
	}
}

// call asks the adapter's own API.
func (s *Stage) call(ctx context.Context, method, path string, body, into any) (status int, err error) {
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	base := s.where().Orders
	if base == "" {
		return 0, errors.New("the adapter takes no orders now")
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.orders.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxTapped))
	if err != nil || response.StatusCode != http.StatusOK {
		return response.StatusCode, err
	}
	return response.StatusCode, json.Unmarshal(answer, into)
}

// about tells exchanges that speak of these accounts, orders and receipts, or of what the rail's ledger has under them.
func (s *Stage) about(names ...string) func(*Exchange) bool {
	return func(x *Exchange) bool {
		if x.mentions(names...) {
			return true
		}
		var aliases []string
		_ = s.Rail.Operations(func(op sandbox.Operation) error {
			for _, n := range names {
				if op.Account == n || op.ID == n || op.Ref == n {
					aliases = append(append(aliases, op.ID, op.RailID, op.Ref), op.Aliases...)
				}
			}
			return nil
		})
		return x.mentions(aliases...)
	}
}
