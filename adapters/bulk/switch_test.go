package bulk

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	us   = "alpha"
	them = "beta"  // pays out INR
	near = "delta" // pays out KES
)

var kes, inr = fx.MustCurrency("KES"), fx.MustCurrency("INR")

// testSwitch is a real broker with a switch that the test plays. What becomes of an intent, it reads from
// the first letters of the creditor's account.
type testSwitch struct {
	t      *testing.T
	server *messaging.Server
	hub    *messaging.Hub
	seeds  map[string][]byte
	rate   fx.Quote

	mu       sync.Mutex
	sent     int
	known    map[string]*answered // by intent
	times    map[[16]byte]uint8   // how often the line of an id was paid for good
	tries    map[string]int       // refusals that pass, by reference
	open     int                  // intents that have not ended
	mostOpen int                  // at any time
	refunds  map[string]string    // transfer → intent, told to refund
	outcomes map[string]messaging.Outcome
	repeated int // intents that came again
}

// answered is an intent that the switch has taken, or refused for good.
type answered struct {
	hash  [32]byte
	last  messaging.Change
	ended bool
}

func newSwitch(t *testing.T) *testSwitch {
	t.Helper()
	s := &testSwitch{
		t: t, seeds: map[string][]byte{}, known: map[string]*answered{}, times: map[[16]byte]uint8{},
		tries: map[string]int{}, refunds: map[string]string{}, outcomes: map[string]messaging.Outcome{},
	}
	for _, name := range []string{"switch", us} {
		seed, err := messaging.NewSeed()
		require.NoError(t, err)
		s.seeds[name] = seed
	}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	s.server, err = messaging.StartServer(ctx, messaging.ServerConfig{Dir: t.TempDir(), Participants: []string{us}})
	require.NoError(t, err)
	require.NoError(t, s.server.Provision(ctx))
	s.hub, err = messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: s.server.HubEndpoint(), Signer: s.signer("switch")})
	require.NoError(t, err)
	in := make(chan messaging.Received, 64)
	var group sync.WaitGroup
	group.Go(func() { _ = s.hub.Read(ctx, us, messaging.Position{}, in) })
	group.Go(func() { s.serve(ctx, in) })
	t.Cleanup(func() {
		cancel()
		group.Wait()
		s.hub.Close()
		s.server.Close()
	})
	return s
}

func (s *testSwitch) signer(name string) *messaging.Signer {
	signer, err := messaging.NewSigner(s.seeds[name])
	require.NoError(s.t, err)
	return signer
}

// announce tells whom one can pay and, for a while, at which rate.
func (s *testSwitch) announce(holds time.Duration) {
	s.t.Helper()
	s.mu.Lock()
	s.sent++
	s.rate = fx.Quote{
		ID: fmt.Sprintf("q%d", s.sent), Provider: "provider", From: kes, To: inr, Rate: fx.MustRate("0.65"),
		Expires: time.Now().Add(holds).UTC().Truncate(time.Millisecond),
	}
	message := messaging.StatusMessage{Quotes: []fx.Quote{s.rate}}
	for name, currency := range map[string]string{them: "INR", near: "KES"} {
		message.Peers = append(message.Peers, messaging.Peer{
			Participant: name, Country: "IN", Currency: currency, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_00,
		})
	}
	s.mu.Unlock()
	s.tell(context.Background(), message, nil)
}

// tell sends a status and instructions.
func (s *testSwitch) tell(ctx context.Context, status messaging.StatusMessage, refunds []messaging.Instruction) {
	status.Participant = us
	statuses, err := messaging.EncodeStatuses(status)
	payouts, err2 := messaging.EncodePayouts(messaging.PayoutMessage{Participant: us, Instructions: refunds})
	if err != nil || err2 != nil {
		s.t.Errorf("switch: %v, %v", err, err2)
		return
	}
	var out []messaging.Outgoing
	add := func(kind messaging.PayloadKind, payloads [][]byte) {
		for _, payload := range payloads {
			s.mu.Lock()
			s.sent++
			id := fmt.Sprintf("test-%d", s.sent)
			s.mu.Unlock()
			out = append(out, messaging.Outgoing{Participant: us, Kind: kind, ID: id, Payload: payload})
		}
	}
	add(messaging.PayloadStatus, statuses)
	add(messaging.PayloadPayout, payouts)
	if err := s.hub.Publish(ctx, out); err != nil && ctx.Err() == nil {
		s.t.Errorf("switch: %v", err)
	}
}

func (s *testSwitch) serve(ctx context.Context, in <-chan messaging.Received) {
	for {
		select {
		case m := <-in:
			status, refunds := messaging.StatusMessage{}, []messaging.Instruction(nil)
			for more := true; more; {
				s.take(m, &status, &refunds)
				select {
				case m = <-in:
				default:
					more = false
				}
			}
			if len(status.Changes)+len(refunds) > 0 {
				s.tell(ctx, status, refunds)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *testSwitch) take(m messaging.Received, status *messaging.StatusMessage, refunds *[]messaging.Instruction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Kind == messaging.PayloadOutcome {
		outcomes, err := messaging.DecodeOutcomes(us, m.Payload)
		if err != nil {
			s.t.Errorf("outcomes: %v", err)
		}
		for _, o := range outcomes {
			if _, again := s.outcomes[o.Transfer]; again {
				continue
			}
			s.outcomes[o.Transfer] = o
			a := s.known[s.refunds[o.Transfer]]
			if a == nil || o.State != messaging.OutcomePaid || o.Kind != messaging.KindRefund {
				s.t.Errorf("outcome of nothing: %+v", o)
				continue
			}
			s.end(a, messaging.StateReturned)
			status.Changes = append(status.Changes, a.last)
		}
		return
	}
	intents, err := messaging.DecodeIntents(us, m.Payload)
	if err != nil {
		s.t.Errorf("intents: %v", err)
	}
	for _, i := range intents {
		if i.Fault != nil {
			s.t.Errorf("intent %s: %v", i.Intent.ID, i.Fault)
			continue
		}
		s.intent(i.Intent, sha256.Sum256(i.Raw), status, refunds)
	}
}

func (s *testSwitch) end(a *answered, state messaging.State) {
	if !a.ended {
		s.open--
	}
	a.ended, a.last.State = true, state
}

// intent decides one intent at once.
func (s *testSwitch) intent(i messaging.Intent, hash [32]byte, status *messaging.StatusMessage, refunds *[]messaging.Instruction) {
	if a, again := s.known[i.ID]; again {
		s.repeated++
		if a.hash != hash {
			s.t.Errorf("intent %s came with other bytes", i.ID)
		}
		if a.last.State == "" { // it was not answered the first time
			s.settle(a, i)
		}
		status.Changes = append(status.Changes, a.last)
		return
	}
	s.holdAgainst(i)
	a := &answered{hash: hash, last: messaging.Change{Intent: i.ID}}
	s.known[i.ID] = a
	s.open++
	s.mostOpen = max(s.mostOpen, s.open)
	say := func(states ...messaging.State) {
		for _, state := range states {
			a.last.State = state
			status.Changes = append(status.Changes, a.last)
		}
	}
	refuse := func(fault messaging.Fault) {
		s.end(a, messaging.StateRejected)
		a.last.Fault, a.last.Reason, a.last.Detail = fault, fault.Reason(), "the test says so, \"quoted\""
		status.Changes = append(status.Changes, a.last)
	}
	fate, _, _ := strings.Cut(i.Creditor.Account, "-")
	switch {
	case fate == "reject":
		refuse(messaging.FaultSuspended)
		return
	case fate == "full" && s.tries[i.Reference] < 2:
		s.tries[i.Reference]++
		refuse(messaging.FaultQuoteExpired)
		return
	case fate == "silent":
		return
	}
	a.last.Transfer = "T" + i.ID[1+20:]
	switch fate {
	case "expire":
		say(messaging.StateQueued)
		s.end(a, messaging.StateExpired)
		say(messaging.StateExpired)
	case "return":
		say(messaging.StateQueued, messaging.StateCleared, messaging.StateReturnPending)
		s.refunds[a.last.Transfer] = i.ID
		*refunds = append(*refunds, messaging.Instruction{
			Transfer: a.last.Transfer, Kind: messaging.KindRefund, Intent: i.ID, Amount: i.Source, Debtor: i.Debtor,
			Creditor: i.Creditor, Counterparty: i.CreditorParticipant, Reason: "AC04",
		})
	case "twice":
		say(messaging.StateQueued, messaging.StateCleared, messaging.StateQueued, messaging.StateCleared)
		s.settle(a, i)
		say(messaging.StatePaid, messaging.StateCleared, messaging.StatePaid)
		a.last.State = messaging.StatePaid
	default:
		say(messaging.StateQueued, messaging.StateCleared)
		s.settle(a, i)
		status.Changes = append(status.Changes, a.last)
	}
}

func (s *testSwitch) settle(a *answered, i messaging.Intent) {
	a.last.Transfer = "T" + i.ID[1+20:]
	s.end(a, messaging.StatePaid)
	s.times[idHash(i.Reference)]++
}

// holdAgainst checks an intent as the switch does.
func (s *testSwitch) holdAgainst(i messaging.Intent) {
	if fault := i.Check(); fault != nil {
		s.t.Errorf("intent %s: %v", i.ID, fault)
		return
	}
	if i.Quote == "" {
		return
	}
	source, _ := i.Source.Money()
	destination, _ := i.Destination.Money()
	fixed := source
	if i.Fixed == fx.FixedDestination {
		fixed = destination
	}
	conversion, err := s.rate.Convert(i.Fixed, fixed)
	if err != nil || conversion.Source != source || conversion.Destination != destination {
		s.t.Errorf("intent %s: %v is not what the quote gives: %+v, %v", i.ID, i, conversion, err)
	}
}

// paidTimes is how often the line of an id was paid.
func (s *testSwitch) paidTimes(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.times[idHash(id)])
}
