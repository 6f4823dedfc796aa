package adapters

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

var kes, inr = fx.MustCurrency("KES"), fx.MustCurrency("INR")

// fate is how the scripted rail treats an account, whatever dies meanwhile.
type fate int

const (
	fateAtOnce       fate = iota // settled in the answer
	fateCallback                 // accepted, then a callback
	fateLostCallback             // accepted, and only a query tells
	fateTimeoutAfter             // done, but the answer was lost
	fateTimeoutFirst             // the first attempt was lost on the way
	fateDeclined                 // accepted, a callback says failed
	fateContradicted             // settled, but a first callback says failed
	fateLateContrary             // settled, and a later callback says failed
	fates
)

// accountFate decides by the account, so that a run that was killed meets the same fate.
func accountFate(account string) fate {
	h := fnv.New32a()
	_, _ = h.Write([]byte(account))
	return fate(h.Sum32() % uint32(fates))
}

// truth is one line of the rail's own file: what really happened at the rail.
type truth struct {
	Event     string // attempt, settled, declined, paid
	ID        string // operation, or order reference
	Reference string
	Account   string
	Minor     int64
}

// scriptRail is a rail whose truth is in a file of its own: it survives what kills the adapter.
type scriptRail struct {
	sink   Sink
	caps   Capabilities
	down   bool // no answer about payments of customers
	noCall bool // no callbacks and no customers by itself

	called    func(kind string) // told of each submit and query before anything else; may be nil
	undecided bool              // queries say that it is on its way
	refuses   atomic.Bool       // every connection to pay and to ask

	prompts  bool              // it is a Prompter and a Balancer
	reserves bool              // it is a Reserver
	commits  map[string]string // reservations by the operations that named them

	fate func(account string) fate

	mu   sync.Mutex
	file *os.File
	log  []truth

	callbacks sync.WaitGroup
}

func readTruth(path string) ([]truth, error) {
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var log []truth
	for line := range strings.Lines(string(content)) {
		var t truth
		if json.Unmarshal([]byte(line), &t) == nil { // the last line may have been cut by the kill
			log = append(log, t)
		}
	}
	return log, nil
}

func newScriptRail(path string, sink Sink) (*scriptRail, error) {
	log, err := readTruth(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &scriptRail{
		sink: sink, file: file, log: log, fate: accountFate, commits: map[string]string{},
		caps: Capabilities{
			Rail: "script", Currency: kes, PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: 1_000_000_00,
			ConfirmAboveMinor: 1_000_00,
			Timers: Timers{
				SubmitTimeout: 5 * time.Second, FirstQuery: 20 * time.Millisecond, QueryEvery: 20 * time.Millisecond,
				QueryEveryMax: 200 * time.Millisecond, CollectionEvery: 30 * time.Millisecond,
			},
		},
	}, nil
}

func (s *scriptRail) Close() error {
	s.callbacks.Wait()
	return s.file.Close()
}

func (s *scriptRail) record(t truth) {
	line, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	if _, err := s.file.Write(append(line, '\n')); err != nil {
		panic(err)
	}
	s.log = append(s.log, t)
}

func (s *scriptRail) find(id string, events ...string) (found truth, attempts int) {
	for _, t := range s.log {
		if t.ID != id {
			continue
		}
		if t.Event == "attempt" {
			attempts++
		}
		for _, e := range events {
			if t.Event == e {
				found = t
			}
		}
	}
	return found, attempts
}

func (s *scriptRail) Capabilities() Capabilities { return s.caps }

func (s *scriptRail) Submit(_ context.Context, op Operation) Evidence {
	if s.called != nil {
		s.called("submit")
	}
	if s.refuses.Load() {
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, attempts := s.find(op.ID, "settled", "declined")
	t := truth{ID: op.ID, Reference: op.Reference, Account: op.Beneficiary.Account, Minor: op.Amount.Minor}
	t.Event = "attempt"
	s.record(t)
	if op.Reservation != "" {
		s.commits[op.ID] = op.Reservation
	}
	if known.Event != "" {
		return Evidence{State: Unknown, Code: "DUPLICATE", Text: "known already"}
	}
	f := s.fate(op.Beneficiary.Account)
	if f == fateTimeoutFirst && attempts == 0 {
		return Evidence{State: Unknown, Err: errors.New("timeout before the rail")}
	}
	t.Event = "settled"
	if f == fateDeclined {
		t.Event = "declined"
	}
	s.record(t)
	railID := "rail" + op.ID
	settled := Evidence{State: Settled, Origin: FromCallback, RailID: railID, RailRef: "ref" + op.ID, Amount: &op.Amount}
	failed := Evidence{State: Failed, Origin: FromCallback, RailID: railID, Code: "2040", Reason: "AC01"}
	switch f {
	case fateAtOnce, fateTimeoutFirst:
		return Evidence{State: Settled, RailRef: "ref" + op.ID, Amount: &op.Amount}
	case fateTimeoutAfter:
		return Evidence{State: Unknown, Err: errors.New("timeout after the rail")}
	case fateCallback:
		s.callBack(op.ID, railID, settled, settled)
	case fateDeclined:
		s.callBack(op.ID, railID, failed)
	case fateContradicted:
		s.callBack(op.ID, railID, failed, settled)
	case fateLateContrary:
		s.callBack(op.ID, railID, settled, failed)
	case fateLostCallback, fates:
	}
	return Evidence{State: Accepted, RailID: railID}
}

// refused is that nobody was reached.
var refused = Evidence{State: Unknown, RetrySafe: true, Err: errors.New("connection refused")}

func (s *scriptRail) callBack(id, railID string, said ...Evidence) {
	if s.noCall {
		return
	}
	s.callbacks.Go(func() {
		for _, e := range said {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			_ = s.sink.Evidence(ctx, id, railID, e) // a rail that is refused shrugs
			cancel()
		}
	})
}

func (s *scriptRail) Query(_ context.Context, op Operation) Evidence {
	if s.called != nil {
		s.called("query")
	}
	if s.refuses.Load() {
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.undecided {
		return Evidence{State: Accepted}
	}
	known, _ := s.find(op.ID, "settled", "declined")
	amount := fx.Money{Minor: known.Minor, Currency: s.caps.Currency}
	switch known.Event {
	case "settled":
		return Evidence{State: Settled, RailRef: "ref" + op.ID, Amount: &amount, Account: known.Account}
	case "declined":
		return Evidence{State: Failed, Code: "2040", Reason: "AC01"}
	}
	return Evidence{State: Unknown, RetrySafe: true, Code: "NOTFOUND"}
}

// paidUnder is a payment of a customer that has a receipt of its own.
func (s *scriptRail) paidUnder(ref, receipt string, amount fx.Money) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(truth{Event: "paid", ID: ref, Reference: receipt, Minor: amount.Minor})
}

// pay is a customer paying for an order, once. The callback is lost where the reference ends evenly.
func (s *scriptRail) pay(ref string, amount fx.Money) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, _ := s.find(ref, "paid"); known.Event != "" {
		return
	}
	s.record(truth{Event: "paid", ID: ref, Minor: amount.Minor})
	if s.noCall || ref[len(ref)-1]%2 == 0 {
		return
	}
	s.callbacks.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.sink.Collected(ctx, Collection{OrderRef: ref, RailRef: "paid" + ref, Amount: amount})
	})
}

func (s *scriptRail) Collection(_ context.Context, order Order) (Collection, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return Collection{}, false, errors.New("timeout")
	}
	for _, line := range s.log { // the first, as rails do that are not asked for a receipt
		receipt := cmp.Or(line.Reference, "paid"+order.Ref)
		if line.ID == order.Ref && line.Event == "paid" && (order.AskFor == "" || order.AskFor == receipt) {
			return Collection{
				OrderRef: order.Ref, RailRef: receipt, Amount: fx.Money{Minor: line.Minor, Currency: s.caps.Currency},
			}, true, nil
		}
	}
	return Collection{}, false, nil
}

func (s *scriptRail) Handler() http.Handler { return http.NotFoundHandler() }

var _ Rail = (*scriptRail)(nil)

func party(account string) messaging.Party {
	return messaging.Party{Name: "Name of " + account, Account: account}
}

func instruction(transfer string, minor int64, account string) messaging.Instruction {
	return messaging.Instruction{
		Transfer: transfer, Kind: messaging.KindPayout, Intent: "x" + transfer, Reference: transfer,
		Amount: messaging.NewAmount(fx.Money{Minor: minor, Currency: kes}),
		Debtor: party("sender"), Creditor: party(account), Counterparty: "beta",
	}
}

// accountWith finds an account that meets the given fate.
func accountWith(t *testing.T, f fate) string {
	t.Helper()
	for n := range 1000 {
		account := "2547" + strings.Repeat("0", 4) + string(rune('a'+n%26)) + string(rune('a'+n/26))
		if accountFate(account) == f {
			return account
		}
	}
	require.FailNow(t, "no account", "fate %d", f)
	return ""
}
