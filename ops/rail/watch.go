package rail

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// askedAtOnce is of how many participants broker and adapters are asked at a time.
const askedAtOnce = 64

// Books is what a Watch reads; *store.Ledger is one.
type Books interface {
	Participants(ctx context.Context) ([]settlement.Participant, error)
	Rails(ctx context.Context) ([]ledger.RailStanding, error)
	RailLoads(ctx context.Context) ([]ledger.RailLoad, error)
	Positions(ctx context.Context) (map[string]messaging.Position, error)
}

// Broker tells how far streams are read; *messaging.Hub is one.
type Broker interface {
	Lag(ctx context.Context, participant string) (messaging.Lag, error)
}

// Watch sees how rails stand, from all sides: what participants said as the books have it now; what is waited for, and what
// broker and adapters say, as it was a moment ago, because that takes a look at every transfer that is open and a question
// to each. It must not be copied.
type Watch struct {
	Books  Books
	Broker Broker // nil where nobody asks it
	Rails  Directory

	loads recent[[]ledger.RailLoad]
	mu    sync.Mutex
	sides map[string]*recent[side] // by participant
}

// side is what broker and adapter say of one participant.
type side struct {
	lag  *messaging.Lag // nil where the broker does not tell
	word *Word          // nil where no address of the adapter is known
}

// Standing is how a participant's rail stands.
type Standing struct {
	Participant string
	Role        settlement.Role
	Suspended   bool

	State   messaging.RailState // as the participant said last, or ledger.RailSilent; up where it never said a word
	Since   time.Time           // zero where it never said a word
	HeardAt time.Time
	Load    ledger.RailLoad
	Lag     *Behind // nil where the broker does not tell
	Word    *Word   // nil where no address of the adapter is known
}

// Behind is how many messages wait, each way.
type Behind struct {
	Unread  int64 // to the adapter, which it has not acknowledged
	Untaken int64 // from the adapter, which no batch has taken up
}

// Standings tells how everybody's rail stands, by name, or how only one's does (""). Errors are the books': a broker or
// an adapter that does not answer in time is left out.
func (w *Watch) Standings(ctx context.Context, only string) ([]Standing, error) {
	everybody, err := w.Books.Participants(ctx)
	if err != nil {
		return nil, err
	}
	said, err := w.Books.Rails(ctx)
	if err != nil {
		return nil, err
	}
	loads, err := w.Loads(ctx)
	if err != nil {
		return nil, err
	}
	read, err := w.Books.Positions(ctx)
	if err != nil {
		return nil, err
	}
	at, all := map[string]*Standing{}, []*Standing{}
	for _, p := range everybody {
		if p.Role == settlement.RoleProvider || only != "" && only != p.Name {
			continue
		}
		s := &Standing{Participant: p.Name, Role: p.Role, Suspended: p.Suspended, State: messaging.RailUp, Load: ledger.RailLoad{Participant: p.Name}}
		at[p.Name], all = s, append(all, s)
	}
	for _, h := range said {
		if s := at[h.Participant]; s != nil {
			s.State, s.Since, s.HeardAt = h.State, h.Since, h.HeardAt
		}
	}
	for _, load := range loads {
		if s := at[load.Participant]; s != nil {
			s.Load = load
		}
	}
	asked := w.ask(ctx, all)
	standings := make([]Standing, len(all))
	for i, s := range all {
		from := asked[s.Participant]
		s.Word = from.word
		if from.lag != nil {
			// What was taken up since the broker was asked is no lag.
			taken := read[s.Participant].Sequence
			s.Lag = &Behind{Unread: messages(from.lag.Unread), Untaken: messages(max(from.lag.Last, taken) - taken)}
		}
		standings[i] = *s
	}
	return standings, nil
}

// Loads sums what rails were told to do and have not ended, by name, as it was a moment ago; whose rail has nothing to do is
// not listed. It is not to be changed.
func (w *Watch) Loads(ctx context.Context) ([]ledger.RailLoad, error) {
	return w.loads.get(ctx, w.Books.RailLoads)
}

// ask has adapters and broker say what they know, at the same time, and leaves out those of whom nothing is told in time:
// one that is silent holds up who looks at it, and nobody for long.
func (w *Watch) ask(ctx context.Context, all []*Standing) map[string]side {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	told := map[string]side{}
	var mu sync.Mutex
	var asking errgroup.Group
	asking.SetLimit(askedAtOnce)
	for _, s := range all {
		asking.Go(func() error {
			of, err := w.side(s.Participant).get(ctx, func(ctx context.Context) (side, error) { return w.find(ctx, s.Participant), nil })
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				told[s.Participant] = of
			}
			return nil
		})
	}
	_ = asking.Wait() // none fails: who does not tell is left out
	return told
}

func (w *Watch) side(participant string) *recent[side] {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sides == nil {
		w.sides = map[string]*recent[side]{}
	}
	if w.sides[participant] == nil {
		w.sides[participant] = &recent[side]{}
	}
	return w.sides[participant]
}

// find asks broker and adapter of one participant, at the same time.
func (w *Watch) find(ctx context.Context, participant string) (s side) {
	var adapter sync.WaitGroup
	adapter.Go(func() {
		if client, err := w.Rails.Of(participant); err == nil {
			word := client.Word(ctx)
			s.word = &word
		}
	})
	if w.Broker != nil {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if lag, err := w.Broker.Lag(ctx, participant); err == nil {
			s.lag = &lag
		}
	}
	adapter.Wait()
	return s
}

// messages is a count that a broker gives.
func messages(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
