package pool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nkeys"
	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Config is one pool.
type Config struct {
	Name      string          // its participant name
	Dir       string          // of its book; one process at a time
	Currency  fx.Currency     // of the fund
	Account   messaging.Party // the pool as payer and as beneficiary: contributions are paid to its Account
	Members   []Member
	Threshold int              // signatures that a payout needs
	Timers    adapters.Timers  // zero for StandardTimers
	Now       func() time.Time // nil for time.Now
	Logger    *slog.Logger     // nil for none
}

// Member is one person who may approve payouts.
type Member struct {
	Name string // also the reference under which their contributions are booked
	Key  string // public key (nkeys, of a user)
}

// StandardTimers are the pool's own: its rail is a book in the same process and answers at once.
var StandardTimers = adapters.Timers{
	SubmitTimeout: 10 * time.Second, FirstQuery: time.Second, QueryEvery: time.Second,
	QueryEveryMax: time.Minute, CollectionEvery: 10 * time.Second,
}

// Orders is what the pool needs of its Runner.
type Orders interface {
	PlaceOrders(ctx context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error)
}

// Pool is a community's fund with its members and rules. Its methods may be called from many goroutines.
type Pool struct {
	cfg     Config
	members map[string]Member // by key
	db      *bolt.DB

	mu     sync.Mutex // one proposal is carried out at a time
	orders Orders
	sink   adapters.Sink
}

// ProposalState is where a proposal is in its life.
type ProposalState string

// The states of a proposal.
const (
	Proposed ProposalState = "proposed"
	Approved ProposalState = "approved" // enough signatures, not paid for yet
	Funded   ProposalState = "funded"   // the fund has paid for it: it is an intent, once
	Returned ProposalState = "returned" // the money came back to the fund
)

// Status is what became of a proposal.
type Status struct {
	ID        string        `json:"id"` // also the reference of its first order
	Proposal  Proposal      `json:"proposal"`
	Approvals []Approval    `json:"approvals"`
	State     ProposalState `json:"state"`
	CostMinor int64         `json:"cost_minor,string"` // what the fund paid, once Funded
	Lapsed    int           `json:"lapsed,omitzero"`   // how many orders lapsed before the fund paid
}

// order is the reference of the order that the fund pays, or has paid. An order keeps the price that it
// got, so that after one has lapsed the next one needs a reference of its own.
func (s Status) order() string {
	if s.Lapsed == 0 {
		return s.ID
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", s.ID, s.Lapsed))
	return "r" + hex.EncodeToString(sum[:])[:19]
}

// New opens the pool's book. Rail and Join connect it to its Runner; Close closes it after the Runner ended.
func New(cfg Config) (*Pool, error) {
	if !messaging.ValidParticipant(cfg.Name) || cfg.Currency.IsZero() || cfg.Account.Name == "" || cfg.Account.Account == "" {
		return nil, errors.New("pool: needs name, currency and account")
	}
	members := map[string]Member{}
	for _, m := range cfg.Members {
		if !nkeys.IsValidPublicUserKey(m.Key) {
			return nil, fmt.Errorf("pool %s: member %s has no valid key", cfg.Name, m.Name)
		}
		if other, ok := members[m.Key]; ok {
			return nil, fmt.Errorf("pool %s: members %s and %s have the same key", cfg.Name, other.Name, m.Name)
		}
		members[m.Key] = m
	}
	if cfg.Threshold < 1 || cfg.Threshold > len(members) {
		return nil, fmt.Errorf("pool %s: %d of %d signatures", cfg.Name, cfg.Threshold, len(members))
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
	db, err := openBook(cfg.Dir)
	if err != nil {
		return nil, err
	}
	return &Pool{cfg: cfg, members: members, db: db}, nil
}

// Close closes the book.
func (p *Pool) Close() error { return p.db.Close() }

// Join gives the pool the Runner that carries its payouts.
func (p *Pool) Join(orders Orders) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orders = orders
}

// Balance is what the fund holds.
func (p *Pool) Balance() (fx.Money, error) {
	m := fx.Money{Currency: p.cfg.Currency}
	err := p.db.View(func(tx *bolt.Tx) (err error) {
		m.Minor, err = balance(tx, Fund)
		return err
	})
	return m, err
}

// Book copies the book and checks it.
func (p *Pool) Book() (book Book, err error) {
	err = p.db.View(func(tx *bolt.Tx) error {
		book, err = readBook(tx, p.cfg.Currency)
		return err
	})
	return book, err
}

// Contribute books what a member paid in at the pool's own till, once per id.
func (p *Pool) Contribute(id, member string, amount fx.Money) error {
	if amount.Currency != p.cfg.Currency || amount.Minor <= 0 {
		return fmt.Errorf("pool %s: contribution %s of %s", p.cfg.Name, id, amount)
	}
	e := Entry{ID: "till/" + id, From: contributions(member), To: Fund, Minor: amount.Minor, At: p.now()}
	return p.db.Batch(func(tx *bolt.Tx) error {
		known, err := post(tx, e, true)
		if err == nil && (known.From != e.From || known.Minor != e.Minor) {
			return fmt.Errorf("pool %s: contribution %s was %d of %s", p.cfg.Name, id, known.Minor, known.From)
		}
		return err
	})
}

func (p *Pool) now() time.Time { return p.cfg.Now().UTC() }

// Propose registers a payout for approval; the same one again is the same proposal.
// Errors that are not the book's are *RefusalError.
func (p *Pool) Propose(proposal Proposal) (Status, error) {
	hash, err := proposal.Hash()
	if err != nil {
		return Status{}, &RefusalError{Fault: FaultProposal, Detail: err.Error()}
	}
	status := Status{ID: proposalID(hash), Proposal: proposal, State: Proposed, Approvals: []Approval{}}
	if fault := proposal.check(p.cfg.Name); fault != "" {
		return Status{}, &RefusalError{Fault: FaultProposal, Proposal: status.ID, Detail: fault}
	}
	err = p.db.Update(func(tx *bolt.Tx) error {
		known, err := readProposal(tx, status.ID)
		if err == nil {
			status = known
			return nil
		}
		if !p.now().Before(proposal.Expires) {
			return &RefusalError{Fault: FaultExpired, Proposal: status.ID, Detail: "at " + proposal.Expires.String()}
		}
		return writeProposal(tx, status)
	})
	return status, err
}

// Proposal tells what became of a proposal. Errors that are not the book's are *RefusalError.
func (p *Pool) Proposal(id string) (status Status, err error) {
	err = p.db.View(func(tx *bolt.Tx) error {
		status, err = readProposal(tx, id)
		return err
	})
	return status, err
}

// Approve adds a member's signature. The one that makes the threshold carries the payout out, as
// Execute does. Errors that are not the book's or the Runner's are *RefusalError; after a refusal
// with Retry the signature is kept, and Execute goes on.
func (p *Pool) Approve(ctx context.Context, id string, a Approval) (Status, error) {
	var status Status
	err := p.db.Update(func(tx *bolt.Tx) (err error) {
		if status, err = readProposal(tx, id); err != nil {
			return err
		}
		if fault, detail := p.weigh(status, a); fault != "" {
			return &RefusalError{Fault: fault, Proposal: id, Detail: detail}
		}
		status.Approvals = append(status.Approvals, a)
		if status.State == Proposed && len(status.Approvals) >= p.cfg.Threshold {
			status.State = Approved
		}
		return writeProposal(tx, status)
	})
	if err != nil || status.State != Approved {
		return status, err
	}
	return p.Execute(ctx, id)
}

// weigh tells why an approval does not count, "" where it does.
func (p *Pool) weigh(s Status, a Approval) (Fault, string) {
	hash, err := s.Proposal.Hash()
	if err != nil {
		return FaultProposal, err.Error()
	}
	member, ok := p.members[a.Member]
	switch {
	case !ok:
		return FaultNotMember, "key " + a.Member
	case a.Hash != hex.EncodeToString(hash[:]):
		return FaultChanged, member.Name + " signed another payout"
	case !a.verify(hash):
		return FaultSignature, "not " + member.Name + "'s signature"
	case slices.ContainsFunc(s.Approvals, func(b Approval) bool { return b.Member == a.Member }):
		return FaultSignedAlready, member.Name
	case !p.now().Before(s.Proposal.Expires):
		return FaultExpired, "at " + s.Proposal.Expires.String()
	}
	return "", ""
}

// signatures counts the valid approvals by distinct members: what the book says is checked again here,
// because money moves on it.
func (p *Pool) signatures(s Status) int {
	hash, err := s.Proposal.Hash()
	if err != nil || proposalID(hash) != s.ID {
		return 0
	}
	valid := map[string]bool{}
	for _, a := range s.Approvals {
		if _, member := p.members[a.Member]; member && a.verify(hash) {
			valid[a.Member] = true
		}
	}
	return len(valid)
}

// Execute carries out an approved proposal: it has it priced, takes the cost from the fund and hands
// the payment to the Runner. Each step happens once however often and wherever it is interrupted: the
// entry has the proposal's id, and the order one that follows from it. Errors that are not the book's or the Runner's are *RefusalError.
func (p *Pool) Execute(ctx context.Context, id string) (Status, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	status, err := p.Proposal(id)
	if err != nil || status.State == Returned {
		return status, err
	}
	if n := p.signatures(status); n < p.cfg.Threshold {
		return status, &RefusalError{Fault: FaultTooFew, Proposal: id, Retry: true,
			Detail: fmt.Sprintf("%d of %d", n, p.cfg.Threshold)}
	}
	if status.State != Funded {
		if status, err = p.fund(ctx, status); err != nil {
			return status, err
		}
	}
	return status, p.sink.Collected(ctx, p.payment(status))
}

// fund has the proposal priced and takes its cost from the fund.
func (p *Pool) fund(ctx context.Context, status Status) (Status, error) {
	if !p.now().Before(status.Proposal.Expires) {
		return status, &RefusalError{Fault: FaultExpired, Proposal: status.ID, Detail: "at " + status.Proposal.Expires.String()}
	}
	if p.orders == nil || p.sink == nil {
		return status, fmt.Errorf("pool %s: proposal %s: %w", p.cfg.Name, status.ID, adapters.ErrNotRunning)
	}
	answer, err := p.price(ctx, status)
	if err == nil && p.lapsed(answer) {
		// The price that it got earlier holds no more: one more order gets the price of now.
		if status, err = p.renew(status.ID); err == nil {
			answer, err = p.price(ctx, status)
		}
		if err == nil && p.lapsed(answer) {
			err = &RefusalError{Fault: FaultPrice, Proposal: status.ID, Retry: true,
				Detail: "the price lapsed at " + answer.Expires.String()}
		}
	}
	if err != nil {
		return status, err
	}
	cost, err := answer.Source.Money()
	if err != nil {
		return status, fmt.Errorf("pool %s: proposal %s: %w", p.cfg.Name, status.ID, err)
	}
	err = p.db.Update(func(tx *bolt.Tx) (err error) {
		// Members may have signed meanwhile.
		if status, err = readProposal(tx, status.ID); err != nil {
			return err
		}
		_, err = post(tx, Entry{
			ID: payouts(status.ID), From: Fund, To: payouts(status.ID), Minor: cost.Minor, At: p.now(),
			Note: status.Proposal.Reference,
		}, false)
		if errors.Is(err, errNotEnough) {
			return &RefusalError{Fault: FaultFund, Proposal: status.ID, Detail: "it costs " + cost.String(), Retry: true}
		}
		if err != nil {
			return err
		}
		status.State, status.CostMinor = Funded, cost.Minor
		return writeProposal(tx, status)
	})
	return status, err
}

// price has the Runner price the proposal's order. The same order again keeps its price.
func (p *Pool) price(ctx context.Context, status Status) (adapters.OrderAnswer, error) {
	answers, err := p.orders.PlaceOrders(ctx, []adapters.OrderRequest{{
		Ref: status.order(), Payer: p.cfg.Account, To: status.Proposal.To, Creditor: status.Proposal.Beneficiary,
		Fixed: status.Proposal.Fixed, Amount: status.Proposal.Amount, Reference: status.Proposal.Reference,
	}})
	if err != nil {
		return adapters.OrderAnswer{}, fmt.Errorf("pool %s: proposal %s: %w", p.cfg.Name, status.ID, err)
	}
	if answers[0].Fault != "" {
		return adapters.OrderAnswer{}, &RefusalError{Fault: FaultPrice, Proposal: status.ID, Retry: true,
			Detail: string(answers[0].Fault) + ": " + answers[0].Detail}
	}
	return answers[0], nil
}

// lapsed tells whether an order's price holds no more. Paying it would take the money out of the fund
// for an intent that the switch rejects.
func (p *Pool) lapsed(a adapters.OrderAnswer) bool {
	return a.State == adapters.OrderLapsed || !a.Expires.IsZero() && !p.now().Before(a.Expires)
}

// renew gives the proposal its next order. The order before it is never paid: only the last one's
// reference leads to the proposal. It is called with mu held.
func (p *Pool) renew(id string) (status Status, err error) {
	err = p.db.Update(func(tx *bolt.Tx) (err error) {
		if status, err = readProposal(tx, id); err != nil {
			return err
		}
		status.Lapsed++
		return errors.Join(writeProposal(tx, status), tx.Bucket(bucketOrders).Put([]byte(status.order()), []byte(id)))
	})
	return status, err
}

// payment is what the Runner sees as the customer's payment for the order.
func (p *Pool) payment(s Status) adapters.Collection {
	return adapters.Collection{
		OrderRef: s.order(), RailRef: payouts(s.ID), Payer: p.cfg.Account.Account, Origin: adapters.FromQuery,
		Amount: fx.Money{Minor: s.CostMinor, Currency: p.cfg.Currency},
	}
}

// Resume carries on with every approved proposal, for instance after a restart. Refusals are logged:
// they are the proposal's, not the pool's.
func (p *Pool) Resume(ctx context.Context) error {
	var open []string
	err := p.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketProposals).ForEach(func(id, encoded []byte) error {
			var s Status
			if err := json.Unmarshal(encoded, &s); err != nil {
				return fmt.Errorf("pool: proposal %s: %w", id, err)
			}
			if s.State == Approved || s.State == Funded {
				open = append(open, s.ID)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, id := range open {
		var refusal *RefusalError
		if _, err := p.Execute(ctx, id); errors.As(err, &refusal) {
			p.cfg.Logger.Warn("proposal waits", "pool", p.cfg.Name, "error", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

func readProposal(tx *bolt.Tx, id string) (s Status, err error) {
	encoded := tx.Bucket(bucketProposals).Get([]byte(id))
	if encoded == nil {
		return Status{}, &RefusalError{Fault: FaultUnknown, Proposal: id, Detail: "never proposed here"}
	}
	if err := json.Unmarshal(encoded, &s); err != nil {
		return Status{}, fmt.Errorf("pool: proposal %s: %w", id, err)
	}
	return s, nil
}

// ordered finds the proposal whose order has the reference.
func ordered(tx *bolt.Tx, order string) (Status, error) {
	id := order
	if known := tx.Bucket(bucketOrders).Get([]byte(order)); known != nil {
		id = string(known)
	}
	s, err := readProposal(tx, id)
	if err == nil && s.order() != order {
		return Status{}, &RefusalError{Fault: FaultUnknown, Proposal: id, Detail: "its order " + order + " lapsed"}
	}
	return s, err
}

func writeProposal(tx *bolt.Tx, s Status) error {
	encoded, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("pool: proposal %s: %w", s.ID, err)
	}
	return tx.Bucket(bucketProposals).Put([]byte(s.ID), encoded)
}
