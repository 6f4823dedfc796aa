package rail

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

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

// Watch sees how rails stand, from all sides: what participants said as the books have it now, what is waited for as of two
// seconds ago at most, because that takes a look at every transfer that is open and a question to every adapter. It must
// not be copied.
type Watch struct {
	Books  Books
	Broker Broker // nil where nobody asks it
	Rails  Directory

	loads recent[[]ledger.RailLoad]
	sides recent[sides]
}

// sides are what streams and adapters say, by participant.
type sides struct {
	behind map[string]Behind
	words  map[string]Word
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
	everybody = slices.DeleteFunc(everybody, func(p settlement.Participant) bool { return p.Role == settlement.RoleProvider })
	asked, err := w.sides.get(func() (sides, error) { return w.ask(ctx, everybody) })
	if err != nil {
		return nil, err
	}
	at, all := map[string]*Standing{}, []*Standing{}
	for _, p := range everybody {
		if only != "" && only != p.Name {
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
	standings := make([]Standing, len(all))
	for i, s := range all {
		if word, told := asked.words[s.Participant]; told {
			s.Word = &word
		}
		if behind, told := asked.behind[s.Participant]; told {
			s.Lag = &behind
		}
		standings[i] = *s
	}
	return standings, nil
}

// Loads sums what rails were told to do and have not ended, by name, as of two seconds ago at most; whose rail has nothing
// to do is not listed. It is not to be changed.
func (w *Watch) Loads(ctx context.Context) ([]ledger.RailLoad, error) {
	return w.loads.get(func() ([]ledger.RailLoad, error) { return w.Books.RailLoads(ctx) })
}

// ask has adapters and broker say what they know, at the same time.
func (w *Watch) ask(ctx context.Context, everybody []settlement.Participant) (s sides, err error) {
	read, err := w.Books.Positions(ctx)
	if err != nil {
		return s, err
	}
	names := make([]string, len(everybody))
	for i, p := range everybody {
		names[i] = p.Name
	}
	var adapters sync.WaitGroup
	adapters.Go(func() { s.words = w.Rails.Words(ctx, names) })
	lags := w.lags(ctx, names)
	adapters.Wait()
	if err := ctx.Err(); err != nil {
		return s, err // who asked went away: nobody may take what was left out for an answer
	}
	s.behind = map[string]Behind{}
	for name, lag := range lags {
		// The broker was asked after the books: what was taken up meanwhile is no lag.
		taken := read[name].Sequence
		s.behind[name] = Behind{Unread: messages(lag.Unread), Untaken: messages(max(lag.Last, taken) - taken)}
	}
	return s, nil
}

// lags asks the broker about participants, and leaves out those of whom it does not tell in time.
func (w *Watch) lags(ctx context.Context, names []string) map[string]messaging.Lag {
	lags := map[string]messaging.Lag{}
	if w.Broker == nil {
		return lags
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var mu sync.Mutex
	var asking errgroup.Group
	asking.SetLimit(askedAtOnce)
	for _, name := range names {
		asking.Go(func() error {
			if lag, err := w.Broker.Lag(ctx, name); err == nil {
				mu.Lock()
				defer mu.Unlock()
				lags[name] = lag
			}
			return nil
		})
	}
	_ = asking.Wait() // none fails: who does not tell is left out
	return lags
}

// messages is a count that a broker gives.
func messages(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
