//go:build linux

package crash

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// fate is how a rail treats an operation.
type fate int

const (
	fateAtOnce       fate = iota // settled in the answer
	fateCallback                 // accepted, then a callback
	fateLostCallback             // accepted, and only a query tells
	fateLostAnswer               // done, and the answer was lost
	fateLostRequest              // the first attempt never reached the rail
	fateDelayed                  // settled in an answer that takes its time
	fateTwice                    // accepted, and the callback comes twice
	fateDeclined                 // accepted, and a callback says failed
	fateRefused                  // failed in the answer
	fateContradicted             // settled, though a first callback says failed
	fateLateContrary             // settled, though a later callback says failed
	fateSilent                   // the answer was lost, and no query tells before the round is over
)

// perMille says how often each fate comes, per thousand payouts.
var perMille = [...]int{
	fateAtOnce: 640, fateCallback: 160, fateLostCallback: 40, fateLostAnswer: 25, fateLostRequest: 15, fateDelayed: 15, fateTwice: 20,
	fateDeclined: 30, fateRefused: 25, fateContradicted: 10, fateLateContrary: 10, fateSilent: 10,
}

// sale is a customer's order as the world knows it: paid for once, and then paid out once or given back
// once, whatever any switch believes.
type sale struct {
	debtor, creditor    string
	source, destination fx.Money
	payouts, refunds    int
}

// operation is an entry in a rail's own book.
type operation struct {
	asked
	participant string
	fate        fate
	state       adapters.State // Accepted, Settled or Failed
}

// world is everything that is not ours: each participant's rail with its book. It outlives every kill.
type world struct {
	seed uint64
	urls func(participant string) string // of the adapter, "" while it has none

	mu         sync.Mutex
	sales      map[string]*sale // by order reference
	operations map[string]*operation
	attempts   map[string]int
	silent     map[string]*operation
	paid       int // sales
	ended      int // sales that were paid out or given back
	wrong      []string

	postboxes map[string]chan told
}

func newWorld(seed uint64, participants []participantConfig, urls func(string) string) *world {
	w := &world{
		seed: seed, urls: urls, sales: map[string]*sale{}, operations: map[string]*operation{}, attempts: map[string]int{},
		silent: map[string]*operation{}, postboxes: map[string]chan told{},
	}
	for _, p := range participants {
		w.postboxes[p.Name] = make(chan told, 100_000)
	}
	return w
}

// dice is the same number every time for the same name.
func (w *world) dice(name string, sides int) int {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d/%s", w.seed, name)
	return int(h.Sum64() >> 16 % uint64(sides))
}

func (w *world) fateOf(participant string, a asked) fate {
	throw := w.dice(participant+a.ID, 1000)
	for f, share := range perMille {
		if throw -= share; throw < 0 {
			if f := fate(f); a.Kind == string(messaging.KindPayout) || f < fateDeclined {
				return f
			}
			break // a refund always succeeds in the end: one that fails is for a person
		}
	}
	return fateAtOnce
}

func (w *world) violated(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// pay is a customer paying for an order at the debtor's rail.
func (w *world) pay(ref string, s sale) {
	w.mu.Lock()
	before, again := w.sales[ref]
	if again {
		if before.source != s.source || before.destination != s.destination {
			w.violated("order %s was priced %s and then %s", ref, before.source, s.source)
		}
	} else {
		w.sales[ref] = &s
		w.paid++
	}
	w.mu.Unlock()
	if w.dice("paid "+ref, 100) > 0 { // the rest is found by asking
		w.tell(s.debtor, told{Order: ref, RailRef: "paid" + ref, Amount: s.source})
	}
}

// underWay counts orders that were paid for and not ended; silent those of them of which a rail does not speak.
func (w *world) underWay() (open, silent int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.paid - w.ended, len(w.silent)
}

// speak has the rails say how the payouts ended of which they kept silent.
func (w *world) speak() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, o := range w.silent {
		delete(w.silent, key)
		if w.dice("silent "+o.ID, 2) == 0 {
			w.settle(o)
		} else {
			o.state = adapters.Failed
		}
	}
}

// settle moves the money of an operation: the one thing that nobody can take back.
func (w *world) settle(o *operation) {
	o.state = adapters.Settled
	ref := cmp.Or(o.Order, o.Reference)
	s := w.sales[ref]
	if s == nil {
		w.violated("%s %s at %s is for no order: %q", o.Kind, o.ID, o.participant, ref)
		return
	}
	who, amount, account, count := s.creditor, s.destination, creditorAccount(ref), &s.payouts
	if o.Kind == string(messaging.KindRefund) {
		who, amount, account, count = s.debtor, s.source, debtorAccount(ref), &s.refunds
	}
	if o.participant != who || o.Amount != amount || o.Account != account {
		w.violated("%s %s of %s to %s at %s is not what order %s asks for: %s to %s at %s",
			o.Kind, o.ID, o.Amount, o.Account, o.participant, ref, amount, account, who)
	}
	*count++
	if w.ended++; s.payouts+s.refunds > 1 {
		w.ended--
		w.violated("order %s was paid out %d times and given back %d times", ref, s.payouts, s.refunds)
	}
}

// submit takes an operation into the rail's book. answered is false where the answer gets lost.
func (w *world) submit(participant string, a asked) (answer told, delay time.Duration, answered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := participant + "/" + a.ID
	w.attempts[key]++
	if known := w.operations[key]; known != nil {
		if known.asked != a {
			w.violated("operation %s at %s came as %v and then as %v", a.ID, participant, known.asked, a)
		}
		return told{State: adapters.Unknown, Code: "DUPLICATE"}, 0, true
	}
	o := &operation{asked: a, participant: participant, fate: w.fateOf(participant, a), state: adapters.Accepted}
	if o.fate == fateLostRequest && w.attempts[key] == 1 {
		return told{}, 0, false
	}
	w.operations[key] = o
	switch o.fate {
	case fateSilent:
		w.silent[key] = o
	case fateDeclined, fateRefused:
		o.state = adapters.Failed
	default:
		w.settle(o)
	}
	railID := "rail" + a.ID
	settled := told{ID: a.ID, State: adapters.Settled, RailID: railID, RailRef: "ref" + a.ID, Amount: a.Amount}
	failed := told{ID: a.ID, State: adapters.Failed, RailID: railID, Code: "2040", Reason: "AC04"}
	accepted := told{State: adapters.Accepted, RailID: railID}
	switch o.fate {
	case fateAtOnce, fateLostRequest:
		return settled, 0, true
	case fateDelayed:
		return settled, 200 * time.Millisecond, true
	case fateLostAnswer, fateSilent:
		return told{}, 0, false
	case fateRefused:
		return failed, 0, true
	case fateCallback:
		w.tell(participant, settled)
	case fateTwice:
		w.tell(participant, settled, settled)
	case fateDeclined:
		w.tell(participant, failed)
	case fateContradicted:
		w.tell(participant, failed, settled)
	case fateLateContrary:
		w.tell(participant, settled, failed)
	case fateLostCallback:
	}
	return accepted, 0, true
}

func (w *world) query(participant string, a asked) told {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.operations[participant+"/"+a.ID]
	switch {
	case o == nil:
		return told{State: adapters.Unknown, RetrySafe: true, Code: "NOTFOUND"}
	case o.state == adapters.Settled:
		return told{State: adapters.Settled, RailID: "rail" + a.ID, RailRef: "ref" + a.ID, Amount: o.Amount}
	case o.state == adapters.Failed:
		return told{State: adapters.Failed, RailID: "rail" + a.ID, Code: "2040", Reason: "AC04"}
	default:
		return told{State: adapters.Unknown, Code: "PENDING"}
	}
}

func (w *world) collection(participant string, a asked) told {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.sales[a.ID]; s != nil && s.debtor == participant {
		return told{Found: true, RailRef: "paid" + a.ID, Amount: s.source}
	}
	return told{}
}

// tell puts callbacks on their way. They get lost where the adapter is away.
func (w *world) tell(participant string, callbacks ...told) {
	for _, c := range callbacks {
		select {
		case w.postboxes[participant] <- c:
		default: // lost: the rails' queue is full
		}
	}
}

// deliver sends a participant's callbacks until ctx ends, some at a time.
func (w *world) deliver(ctx context.Context, participant string) {
	client := &http.Client{Timeout: 10 * time.Second}
	for {
		var some []told
		select {
		case first := <-w.postboxes[participant]:
			some = append(some, first)
		case <-ctx.Done():
			return
		}
		for more := true; more && len(some) < 200; {
			select {
			case next := <-w.postboxes[participant]:
				some = append(some, next)
			default:
				more = false
			}
		}
		if body, err := json.Marshal(some); err == nil {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.urls(participant)+"/rail/told", bytes.NewReader(body))
			if err != nil {
				continue
			}
			if response, err := client.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}
	}
}

// ServeHTTP answers the adapters: POST /<participant>/{submit,query,collection}.
func (w *world) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	var a asked
	if err := json.UnmarshalRead(request.Body, &a); err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	participant, answer := request.PathValue("participant"), told{}
	switch request.PathValue("what") {
	case "submit":
		said, delay, answered := w.submit(participant, a)
		if !answered {
			panic(http.ErrAbortHandler) // cuts the connection
		}
		if delay > 0 {
			timer := time.NewTimer(delay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-request.Context().Done():
			}
		}
		answer = said
	case "query":
		answer = w.query(participant, a)
	case "collection":
		answer = w.collection(participant, a)
	}
	_ = json.MarshalWrite(out, answer) // whoever asked may be dead
}

// verdict is what the world has seen go wrong, nil where it has seen nothing wrong.
func (w *world) verdict() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []error
	for _, wrong := range w.wrong[:min(len(w.wrong), 10)] {
		all = append(all, errors.New(wrong))
	}
	return errors.Join(all...)
}
