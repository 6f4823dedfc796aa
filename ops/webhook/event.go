package webhook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Type says what an event tells, and what form its data has.
type Type string

// The types that are not of a state.
const (
	Ping       Type = "webhook.ping"       // somebody tries an endpoint
	Instructed Type = "payout.instructed"  // the participant's rail has something to do
	Answered   Type = "recall.answered"    // how a recall of its own stands
	Used       Type = "liquidity.used"     // a position passed a step of what it may use
	ToSettle   Type = "settlement.to_make" // money that moves at the settlement agent
)

// Types lists every type that an endpoint may ask for, in order.
func Types() []Type {
	types := []Type{Ping, Instructed, Answered, Used, ToSettle}
	for _, state := range []messaging.State{
		messaging.StateQueued, messaging.StateRejected, messaging.StateExpired, messaging.StateCleared, messaging.StatePaid,
		messaging.StateReturnPending, messaging.StateReturned,
	} {
		types = append(types, ofTransfer(state))
	}
	for _, state := range []settlement.WindowState{
		settlement.WindowOpen, settlement.WindowClosed, settlement.WindowSettling, settlement.WindowFailed, settlement.WindowSettled,
	} {
		types = append(types, ofWindow(string(state)))
	}
	slices.Sort(types)
	return types
}

func ofTransfer(state messaging.State) Type { return Type("transfer." + string(state)) }
func ofWindow(state string) Type            { return Type("window." + state) }

// MaxItems bounds how many things of one type an event tells: some 15 KiB.
const MaxItems = 100

// Event is what happened to one participant, by one batch, of one type.
type Event struct {
	ID          string // for ever; has no "."
	Type        Type
	Outbox      int64 // the message of the ledger's outbox that tells it; 0 of a ping
	Participant string
	At          time.Time // when it was decided
	items       any       // a list
}

// Payload is the event as JSON. The same event gives the same bytes.
func (e Event) Payload() ([]byte, error) {
	text, err := json.Marshal(struct {
		Type        Type      `json:"type"`
		Timestamp   time.Time `json:"timestamp"`
		Participant string    `json:"participant,omitempty"`
		Data        struct {
			Items any `json:"items"`
		} `json:"data"`
	}{e.Type, e.At.UTC(), e.Participant, struct {
		Items any `json:"items"`
	}{e.items}}, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("webhook: event %s: %w", e.ID, err)
	}
	return text, nil
}

// NewPing makes an event that tells nothing but that the endpoint is reached.
func NewPing(id string, at time.Time) Event {
	return Event{ID: id, Type: Ping, At: at, items: []struct{}{}}
}

// Told reads the events out of a message to a participant that was decided at a moment. Quotes, fees and peers are for
// adapters alone, and the log has its own ways out. The error is that the message is not one that the switch writes.
func Told(m ledger.OutboxMessage, at time.Time) ([]Event, error) {
	told := teller{of: m, at: at}
	switch {
	case m.Participant == "":
		return nil, nil
	case m.Kind == messaging.PayloadStatus:
		s, err := messaging.DecodeStatus(m.Participant, m.Payload)
		if err != nil {
			return nil, fmt.Errorf("webhook: outbox %d: %w", m.ID, err)
		}
		told.status(s)
	case m.Kind == messaging.PayloadPayout:
		p, err := messaging.DecodePayout(m.Participant, m.Payload)
		if err != nil {
			return nil, fmt.Errorf("webhook: outbox %d: %w", m.ID, err)
		}
		tell(&told, p.Instructions, func(messaging.Instruction) Type { return Instructed }, instructionOf)
	}
	return told.events, nil
}

// teller collects a message's events.
type teller struct {
	of     ledger.OutboxMessage
	at     time.Time
	events []Event
}

func (t *teller) status(s *messaging.StatusMessage) {
	tell(t, s.Changes, func(c messaging.Change) Type { return ofTransfer(c.State) }, changeOf)
	tell(t, s.Windows, func(w messaging.WindowChange) Type { return ofWindow(w.State) }, windowOf)
	tell(t, s.Recalls, func(messaging.RecallAnswer) Type { return Answered }, recallOf)
	tell(t, s.Liquidity, func(messaging.LiquidityAlarm) Type { return Used }, func(a messaging.LiquidityAlarm) alarm { return alarmOf(t.of.Participant, a) })
	tell(t, s.Settlements, func(messaging.SettlementInstruction) Type { return ToSettle }, settlementOf)
}

// tell makes events of a list: one for each type in it, in the order of types, and for each MaxItems. Within one the order
// is the list's.
func tell[T, I any](t *teller, list []T, of func(T) Type, item func(T) I) {
	byType := map[Type][]I{}
	for _, each := range list {
		byType[of(each)] = append(byType[of(each)], item(each))
	}
	for _, kind := range Types() {
		part := 0
		for some := range slices.Chunk(byType[kind], MaxItems) {
			t.events = append(t.events, Event{
				ID: t.id(kind, part), Type: kind, Outbox: t.of.ID, Participant: t.of.Participant, At: t.at, items: some,
			})
			part++
		}
	}
}

// id names an event for ever. The moment is in it because a ledger that was put back to an earlier day gives its numbers
// again, to other messages.
func (t *teller) id(kind Type, part int) string {
	const base = 36
	return fmt.Sprintf("evt_%d_%s_%s_%d", t.of.ID, strconv.FormatInt(t.at.UnixMilli(), base), strings.ReplaceAll(string(kind), ".", "-"), part)
}

// amount is minor units as text.
func amount(minor int64, currency string) messaging.Amount {
	c, err := fx.ParseCurrency(currency)
	if err != nil {
		return messaging.Amount{Currency: currency} // the switch knows every currency that it writes
	}
	return messaging.NewAmount(fx.Money{Minor: minor, Currency: c})
}
