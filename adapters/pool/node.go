package pool

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// Config is one pool's node.
type Config struct {
	Name     string          // its participant name
	Currency fx.Currency     // in which it settles with the switch
	Account  messaging.Party // the pool as payer and as beneficiary: contributions are paid to its Account
	Store    *store.Store    // the pool's, opened to write
	Key      string          // secret of its log (diary.GenerateKey)
	Public   string          // the key that others verify the log by
	Salts    diary.SaltKey
	Persons  *persons.Store // keys under which what is personal is sealed
	Peers    Peers          // other pools; nil for none
	Timers   adapters.Timers
	Now      func() time.Time // nil for time.Now
	Logger   *slog.Logger     // nil for none

	Collectors Collectors // ask members for money; nil for none
}

// StandardTimers are the pool's own: its rail is a book in the same process and answers at once.
var StandardTimers = adapters.Timers{
	SubmitTimeout: 10 * time.Second, FirstQuery: time.Second, QueryEvery: time.Second,
	QueryEveryMax: time.Minute, CollectionEvery: 10 * time.Second,
}

// Orders is what the pool needs of its Runner.
type Orders interface {
	PlaceOrders(ctx context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error)
	Order(ref string) (status adapters.OrderStatus, found bool, err error)
}

// Node runs a pool. Its methods may be called from many goroutines.
type Node struct {
	cfg  Config
	wake chan struct{} // something may be due
	news chan struct{} // something is to be told

	mu     sync.Mutex // one input at a time
	state  *decide.State
	log    *diary.Log
	closed map[act.Commitment][]byte // what is personal, of those who were not erased
	orders Orders
	sink   adapters.Sink
	waits  map[string]wait               // payouts that could not be priced, by proposal
	halted error                         // of the first input that was decided and not kept
	untold []telling                     // lines that other pools are to hear, in order
	heard  map[[sha256.Size]byte]hearing // by line of another pool's log
}

// Open takes up a pool where its store ends: everything is decided again and held against the log. The error is a
// *ReplayError where they differ.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	if !messaging.ValidParticipant(cfg.Name) || cfg.Currency.IsZero() || cfg.Account.Name == "" || cfg.Account.Account == "" {
		return nil, errors.New("pool: needs name, currency and account")
	}
	if cfg.Timers == (adapters.Timers{}) {
		cfg.Timers = StandardTimers
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	signer, err := note.NewSigner(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("pool %s: key of the log: %w", cfg.Name, err)
	}
	verifier, err := audit.ParseKey(cfg.Public)
	if err != nil {
		return nil, fmt.Errorf("pool %s: public key of the log: %w", cfg.Name, err)
	}
	log, err := diary.NewLog(signer, verifier, cfg.Salts)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, wake: make(chan struct{}, 1), news: make(chan struct{}, 1), state: decide.New(cfg.Name), log: log,
		closed: map[act.Commitment][]byte{}, waits: map[string]wait{}, heard: map[[sha256.Size]byte]hearing{},
	}
	if err := n.replay(ctx); err != nil {
		return nil, err
	}
	return n, nil
}

// Join gives the pool the Runner that carries its payouts.
func (n *Node) Join(orders Orders) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.orders = orders
	n.stir()
}

// stir wakes Run, and whoever tells others.
func (n *Node) stir() {
	for _, c := range []chan struct{}{n.wake, n.news} {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// View shows the state as of the last input. What it shows is not changed, and not kept.
func (n *Node) View(show func(*decide.State)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	show(n.state)
}

// Look is View with what is personal at hand: closed returns the blob that a commitment names, nil where nobody gave
// it, or its person was erased.
func (n *Node) Look(show func(s *decide.State, closed func(act.Commitment) []byte)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	show(n.state, func(c act.Commitment) []byte { return n.closed[c] })
}

// Now is the node's time.
func (n *Node) Now() time.Time { return n.cfg.Now().UTC() }

// Name is the pool's participant name.
func (n *Node) Name() string { return n.cfg.Name }

// Checkpoint is the newest signed checkpoint of the pool's log, "" before its first entry.
func (n *Node) Checkpoint() string { return n.log.Checkpoint() }

// Closed opens what a commitment names; false where nobody gave it, or its person was erased.
func (n *Node) Closed(c act.Commitment, into any) bool {
	n.mu.Lock()
	blob, known := n.closed[c]
	n.mu.Unlock()
	return known && act.Open(blob, into) == nil
}

// now is the time of the next input: the clock's, and never before the input before.
func (n *Node) now() time.Time {
	now := n.cfg.Now().UTC().Truncate(time.Millisecond)
	if last := n.state.Now(); now.Before(last) {
		return last
	}
	return now
}
