package pool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	poolName = "pool-nairobi"
	them     = "gcash-ph"
	patience = 30 * time.Second
)

var kes, php = fx.MustCurrency("KES"), fx.MustCurrency("PHP")

var account = messaging.Party{Name: "Chama Nairobi", Account: "chama"}

// seeds makes n members' keys.
func seeds(t require.TestingT, n int) (members []Member, seeds [][]byte) {
	for i := range n {
		key, err := nkeys.CreateUser()
		require.NoError(t, err)
		public, err := key.PublicKey()
		require.NoError(t, err)
		seed, err := key.Seed()
		require.NoError(t, err)
		members, seeds = append(members, Member{Name: fmt.Sprintf("member%d", i), Key: public}), append(seeds, seed)
	}
	return members, seeds
}

// till prices by one rate and notes what was paid for: a Runner's face for tests of the rules.
type till struct {
	mu     sync.Mutex
	orders map[string]adapters.OrderAnswer
	paid   map[string][]adapters.Collection
	fault  messaging.Fault
	payBy  time.Time // of new orders
	placed func()    // called before an order is answered
}

func newTill() *till {
	return &till{orders: map[string]adapters.OrderAnswer{}, paid: map[string][]adapters.Collection{}}
}

func (x *till) PlaceOrders(_ context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	req := requests[0]
	if x.fault != "" {
		return []adapters.OrderAnswer{{Ref: req.Ref, Fault: x.fault}}, nil
	}
	if x.placed != nil {
		x.placed()
	}
	if _, known := x.orders[req.Ref]; !known { // it keeps its price
		x.orders[req.Ref] = adapters.OrderAnswer{
			Ref: req.Ref, Source: req.Amount, Destination: req.Amount, Expires: x.payBy, State: adapters.OrderOpen,
		}
	}
	return []adapters.OrderAnswer{x.orders[req.Ref]}, nil
}

func (x *till) Collected(_ context.Context, c adapters.Collection) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.paid[c.OrderRef] = append(x.paid[c.OrderRef], c)
	return nil
}

func (x *till) Evidence(context.Context, string, string, adapters.Evidence) error {
	return errors.New("the pool has no callbacks")
}

type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func newPool(t require.TestingT, dir string, members []Member, threshold int, now func() time.Time) (*Pool, *till, adapters.Rail) {
	p, err := New(Config{
		Name: poolName, Dir: dir, Currency: kes, Account: account, Members: members, Threshold: threshold, Now: now,
	})
	require.NoError(t, err)
	x := newTill()
	rail, err := p.Rail(x)
	require.NoError(t, err)
	p.Join(x)
	return p, x, rail
}

func proposal(minor int64, reference string, expires time.Time) Proposal {
	return Proposal{
		Pool: poolName, Beneficiary: messaging.Party{Name: "Maria", Account: "639170000001"}, To: them,
		Amount: messaging.NewAmount(fx.Money{Minor: minor, Currency: kes}), Fixed: fx.FixedSource,
		Expires: expires, Reference: reference,
	}
}

func refusedWith(t *testing.T, want Fault, err error) {
	t.Helper()
	var refusal *RefusalError
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, want, refusal.Fault, refusal.Detail)
}

func TestPoolRefuses(t *testing.T) {
	members, keys := seeds(t, 4)
	_, stranger := seeds(t, 1)
	at := &clock{time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)}
	p, x, _ := newPool(t, t.TempDir(), members, 2, at.time)
	defer func() { assert.NoError(t, p.Close()) }()
	ctx := context.Background()
	require.NoError(t, p.Contribute("c1", "member0", fx.Money{Minor: 1_000_00, Currency: kes}))
	expires := at.now.Add(time.Hour)
	sign := func(seed []byte, q Proposal) Approval {
		a, err := Sign(seed, q)
		require.NoError(t, err)
		return a
	}

	q := proposal(600_00, "medicine", expires)
	s, err := p.Propose(q)
	require.NoError(t, err)
	assert.Len(t, s.ID, 20)
	_, err = p.Approve(ctx, "pnothing", sign(keys[0], q))
	refusedWith(t, FaultUnknown, err)
	_, err = p.Approve(ctx, s.ID, sign(stranger[0], q))
	refusedWith(t, FaultNotMember, err)
	changed := q
	changed.Beneficiary.Account = "639170000002"
	_, err = p.Approve(ctx, s.ID, sign(keys[0], changed))
	refusedWith(t, FaultChanged, err)
	forged := sign(keys[0], changed)
	forged.Hash = sign(keys[0], q).Hash
	_, err = p.Approve(ctx, s.ID, forged)
	refusedWith(t, FaultSignature, err)
	lent := sign(keys[0], q)
	lent.Member = members[1].Key
	_, err = p.Approve(ctx, s.ID, lent)
	refusedWith(t, FaultSignature, err)
	_, err = p.Approve(ctx, s.ID, sign(keys[0], q))
	require.NoError(t, err)
	_, err = p.Approve(ctx, s.ID, sign(keys[0], q))
	refusedWith(t, FaultSignedAlready, err)
	_, err = p.Execute(ctx, s.ID)
	refusedWith(t, FaultTooFew, err)
	assert.Empty(t, x.paid)
	x.fault = messaging.FaultQuoteExpired
	_, err = p.Approve(ctx, s.ID, sign(keys[1], q))
	refusedWith(t, FaultPrice, err)
	x.fault = ""
	require.NoError(t, p.Resume(ctx))
	require.NoError(t, p.Resume(ctx))
	s, err = p.Proposal(s.ID)
	require.NoError(t, err)
	assert.Equal(t, Funded, s.State)
	for _, c := range x.paid[s.ID] {
		assert.Equal(t, x.paid[s.ID][0], c, "the same payment, however often it is told")
	}

	more := proposal(600_00, "roof", expires)
	s, err = p.Propose(more)
	require.NoError(t, err)
	_, err = p.Approve(ctx, s.ID, sign(keys[0], more))
	require.NoError(t, err)
	_, err = p.Approve(ctx, s.ID, sign(keys[1], more))
	refusedWith(t, FaultFund, err)
	at.now = expires
	_, err = p.Approve(ctx, s.ID, sign(keys[2], more))
	refusedWith(t, FaultExpired, err)
	_, err = p.Execute(ctx, s.ID)
	refusedWith(t, FaultExpired, err)
	_, err = p.Propose(proposal(1, "late", expires))
	refusedWith(t, FaultExpired, err)
	bad := q
	bad.Pool = "another"
	_, err = p.Propose(bad)
	refusedWith(t, FaultProposal, err)
	fund, err := p.Balance()
	require.NoError(t, err)
	assert.Equal(t, int64(400_00), fund.Minor)
	assert.Error(t, p.Contribute("c1", "member0", fx.Money{Minor: 1, Currency: kes}), "the same id, other money")
}

// TestLapsedPrice has a proposal wait for money until its order has lapsed: the old price is never paid,
// and a new order is, which the refund finds its way back from.
func TestLapsedPrice(t *testing.T) {
	members, keys := seeds(t, 3)
	at := &clock{time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)}
	p, x, rail := newPool(t, t.TempDir(), members, 2, at.time)
	defer func() { assert.NoError(t, p.Close()) }()
	ctx := context.Background()
	q := proposal(600_00, "medicine", at.now.Add(time.Hour))
	sign := func(who int) Approval {
		a, err := Sign(keys[who], q)
		require.NoError(t, err)
		return a
	}
	s, err := p.Propose(q)
	require.NoError(t, err)
	x.payBy = at.now.Add(time.Minute)
	_, err = p.Approve(ctx, s.ID, sign(0))
	require.NoError(t, err)
	_, err = p.Approve(ctx, s.ID, sign(1))
	refusedWith(t, FaultFund, err)
	require.NoError(t, p.Contribute("c1", "member0", fx.Money{Minor: 1_000_00, Currency: kes}))

	at.now = x.payBy
	_, err = p.Execute(ctx, s.ID) // the new order has lapsed as soon as it is priced
	refusedWith(t, FaultPrice, err)
	var refusal *RefusalError
	require.ErrorAs(t, err, &refusal)
	assert.True(t, refusal.Retry)
	assert.Len(t, x.orders, 2)
	assert.Empty(t, x.paid)

	x.payBy = at.now.Add(time.Minute)
	approved := false
	x.placed = func() {
		if !approved {
			approved = true
			require.NoError(t, p.db.Update(func(tx *bolt.Tx) error { // as Approve does
				s, err := readProposal(tx, s.ID)
				s.Approvals = append(s.Approvals, sign(2))
				return errors.Join(err, writeProposal(tx, s))
			}))
		}
	}
	s, err = p.Execute(ctx, s.ID)
	require.NoError(t, err)
	assert.Equal(t, Funded, s.State)
	assert.Equal(t, 2, s.Lapsed)
	assert.Len(t, s.Approvals, 3, "a signature that came meanwhile stays")
	again, err := p.Execute(ctx, s.ID)
	require.NoError(t, err)
	assert.Equal(t, s, again)
	require.Len(t, x.paid, 1)
	assert.Len(t, x.orders, 3)
	order := s.order()
	assert.Regexp(t, `^[a-z0-9]{20}$`, order)
	require.Len(t, x.paid[order], 2)
	assert.Equal(t, x.paid[order][0], x.paid[order][1])

	for ref := range x.orders {
		c, found, err := rail.Collection(ctx, adapters.Order{Ref: ref})
		require.NoError(t, err)
		assert.Equal(t, ref == order, found, "only the last order is paid")
		if found {
			assert.Equal(t, x.paid[order][0], c)
		}
		if ref != order {
			e := rail.Submit(ctx, adapters.Operation{
				ID: "x" + ref + "R", Kind: messaging.KindRefund, Amount: fx.Money{Minor: 600_00, Currency: kes}, CollectionOrder: ref,
			})
			assert.Equal(t, adapters.Failed, e.State)
		}
	}
	refund := adapters.Operation{
		ID: "t1R", Kind: messaging.KindRefund, Amount: fx.Money{Minor: 600_00, Currency: kes},
		CollectionOrder: order, CollectionRef: payouts(s.ID),
	}
	for range 2 {
		assert.Equal(t, adapters.Settled, rail.Submit(ctx, refund).State)
	}
	s, err = p.Proposal(s.ID)
	require.NoError(t, err)
	assert.Equal(t, Returned, s.State)
	book, err := p.Book()
	require.NoError(t, err)
	assert.Equal(t, int64(1_000_00), book.Balances[Fund])
}

// TestTamperedBookPaysNothing puts approvals into the book that nobody signed.
func TestTamperedBookPaysNothing(t *testing.T) {
	members, keys := seeds(t, 3)
	p, x, _ := newPool(t, t.TempDir(), members, 2, time.Now)
	defer func() { assert.NoError(t, p.Close()) }()
	require.NoError(t, p.Contribute("c1", "member0", fx.Money{Minor: 1_000_00, Currency: kes}))
	q := proposal(100_00, "medicine", time.Now().Add(time.Hour))
	s, err := p.Propose(q)
	require.NoError(t, err)
	a, err := Sign(keys[0], q)
	require.NoError(t, err)
	b := a
	b.Member = members[1].Key
	s.Approvals, s.State = []Approval{a, a, b}, Approved
	require.NoError(t, p.db.Update(func(tx *bolt.Tx) error { return writeProposal(tx, s) }))
	_, err = p.Execute(context.Background(), s.ID)
	refusedWith(t, FaultTooFew, err)
	assert.Empty(t, x.paid)
}

// TestBookStaysInBalance plays any life of a pool: the book sums to zero and holds what a simple model
// holds, the fund is never below zero, and nothing is paid without the threshold.
func TestBookStaysInBalance(t *testing.T) {
	members, keys := seeds(t, 4)
	const threshold = 3
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		p, x, rail := newPool(rt, filepath.Join(dir, fmt.Sprint(runs)), members, threshold, time.Now)
		p.db.NoSync = true // the disk is not what is tested here
		p.db.MaxBatchDelay = 0
		defer func() { assert.NoError(rt, p.Close()) }()
		ctx := context.Background()
		expires := time.Now().Add(time.Hour)
		var fund int64
		signed := map[string]map[int]bool{}
		costs, returned := map[string]int64{}, map[string]bool{}
		var proposals []Status
		contributed := map[string]bool{}
		rt.Repeat(map[string]func(*rapid.T){
			"contribute": func(t *rapid.T) {
				id := rapid.StringMatching(`t[0-9]`).Draw(t, "id")
				minor := rapid.Int64Range(1, 10_000).Draw(t, "minor")
				e := rail.Submit(ctx, adapters.Operation{
					ID: id + "P", Kind: messaging.KindPayout, Amount: fx.Money{Minor: minor, Currency: kes},
					Beneficiary: account, Reference: rapid.SampledFrom([]string{"member1", "who?"}).Draw(t, "reference"),
				})
				assert.Equal(t, adapters.Settled, e.State)
				if !contributed[id] {
					contributed[id] = true
					fund += minor
				}
			},
			"contribute astray": func(t *rapid.T) {
				e := rail.Submit(ctx, adapters.Operation{
					ID: "astray", Kind: messaging.KindPayout, Amount: fx.Money{Minor: 1, Currency: kes}, Beneficiary: messaging.Party{Account: "other"},
				})
				assert.Equal(t, adapters.Failed, e.State)
			},
			"propose": func(t *rapid.T) {
				s, err := p.Propose(proposal(rapid.Int64Range(1, 8_000).Draw(t, "minor"), fmt.Sprint(len(proposals)), expires))
				require.NoError(t, err)
				proposals = append(proposals, s)
				signed[s.ID] = map[int]bool{}
			},
			"approve": func(t *rapid.T) {
				if len(proposals) == 0 {
					t.Skip("nothing proposed")
				}
				s := rapid.SampledFrom(proposals).Draw(t, "proposal")
				who := rapid.IntRange(0, len(keys)-1).Draw(t, "who")
				a, err := Sign(keys[who], s.Proposal)
				require.NoError(t, err)
				_, err = p.Approve(ctx, s.ID, a)
				var refusal *RefusalError
				if err != nil {
					require.ErrorAs(t, err, &refusal)
				}
				assert.Equal(t, signed[s.ID][who], refusal != nil && refusal.Fault == FaultSignedAlready)
				signed[s.ID][who] = true
			},
			"execute": func(t *rapid.T) {
				if len(proposals) > 0 {
					_, _ = p.Execute(ctx, rapid.SampledFrom(proposals).Draw(t, "proposal").ID)
				}
			},
			"return": func(t *rapid.T) {
				if len(proposals) == 0 {
					t.Skip("nothing proposed")
				}
				s := rapid.SampledFrom(proposals).Draw(t, "proposal")
				amount, err := s.Proposal.Amount.Money()
				require.NoError(t, err)
				op := adapters.Operation{
					ID: "x" + s.ID + "R", Kind: messaging.KindRefund, Amount: amount, CollectionOrder: s.ID, CollectionRef: payouts(s.ID),
				}
				e := rail.Submit(ctx, op)
				if costs[s.ID] == 0 {
					assert.Equal(t, adapters.Failed, e.State, "nothing was paid, nothing comes back")
					return
				}
				assert.Equal(t, adapters.Settled, e.State)
				if !returned[s.ID] {
					returned[s.ID] = true
					fund += costs[s.ID]
				}
				assert.Equal(t, adapters.Settled, rail.Query(ctx, op).State)
			},
			"": func(t *rapid.T) {
				for id, payments := range x.paid {
					if costs[id] == 0 {
						costs[id] = payments[0].Amount.Minor
						fund -= costs[id]
						assert.GreaterOrEqual(t, len(signed[id]), threshold, "paid without the threshold")
					}
				}
				book, err := p.Book() // checks the sum and every balance
				require.NoError(t, err)
				assert.Equal(t, fund, book.Balances[Fund])
				assert.GreaterOrEqual(t, book.Balances[Fund], int64(0))
			},
		})
	})
}

// TestPoolPaysAcrossTheSwitch runs the pool on a real Runner and a real broker: a contribution comes
// in, an approved payout becomes one intent, also after a restart, and a returned one is in the fund again.
func TestPoolPaysAcrossTheSwitch(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	server, err := messaging.StartServer(ctx, messaging.ServerConfig{Dir: t.TempDir(), Participants: []string{poolName}})
	require.NoError(t, err)
	defer server.Close()
	require.NoError(t, server.Provision(ctx))
	signers := map[string]*messaging.Signer{}
	for _, name := range []string{"switch", poolName} {
		seed, err := messaging.NewSeed()
		require.NoError(t, err)
		signers[name], err = messaging.NewSigner(seed)
		require.NoError(t, err)
	}
	hub, err := messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: server.HubEndpoint(), Signer: signers["switch"]})
	require.NoError(t, err)
	defer hub.Close()
	in := make(chan messaging.Received)
	reading := make(chan error, 1)
	readCtx, stopReading := context.WithCancel(ctx)
	go func() { reading <- hub.Read(readCtx, poolName, messaging.Position{}, in) }()
	defer func() {
		stopReading()
		assert.ErrorIs(t, <-reading, context.Canceled)
	}()
	sent := 0
	send := func(kind messaging.PayloadKind, payloads [][]byte, err error) {
		require.NoError(t, err)
		for _, payload := range payloads {
			sent++
			require.NoError(t, hub.Publish(ctx, []messaging.Outgoing{{
				Participant: poolName, Kind: kind, ID: fmt.Sprint("m", sent), Payload: payload,
			}}))
		}
	}
	next := func(kind messaging.PayloadKind) messaging.Received {
		for {
			select {
			case m := <-in:
				if m.Kind == kind {
					return m
				}
			case <-ctx.Done():
				require.FailNow(t, "timeout", "waiting for %s", kind)
			}
		}
	}

	dir := t.TempDir()
	members, keys := seeds(t, 3)
	start := func() (*Pool, func()) {
		salter, err := adapters.Salter(dir, poolName)
		require.NoError(t, err)
		client, err := messaging.ConnectClient(ctx, messaging.ClientConfig{
			Endpoint: server.ParticipantEndpoint(poolName), Participant: poolName,
			Signer: signers[poolName], Salter: salter, SwitchKey: signers["switch"].PublicKey(),
		})
		require.NoError(t, err)
		p, err := New(Config{
			Name: poolName, Dir: dir, Currency: kes, Account: account, Members: members, Threshold: 2,
			Timers: adapters.Timers{
				SubmitTimeout: time.Second, FirstQuery: time.Second, QueryEvery: time.Second,
				QueryEveryMax: time.Second, CollectionEvery: time.Second,
			},
		})
		require.NoError(t, err)
		runner, err := adapters.NewRunner(adapters.RunnerConfig{
			Participant: poolName, Dir: dir, Switch: client, Rail: p.Rail,
		})
		require.NoError(t, err)
		p.Join(runner)
		runCtx, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- runner.Run(runCtx) }()
		return p, func() {
			stop()
			require.NoError(t, <-done)
			require.NoError(t, p.Close())
			client.Close()
		}
	}
	p, stop := start()
	payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{
		Participant: poolName, Batch: 1, LogIndex: 1,
		Quotes: []fx.Quote{{ID: "q1", Provider: "provider", From: kes, To: php, Rate: fx.MustRate("0.45"), Expires: time.Now().Add(time.Hour).UTC()}},
		Peers:  []messaging.Peer{{Participant: them, Country: "PH", Currency: "PHP", PayoutIncrementMinor: 1, PayoutMaxMinor: math.MaxInt32}},
	})
	send(messaging.PayloadStatus, payloads, err)
	payloads, err = messaging.EncodePayouts(messaging.PayoutMessage{
		Participant: poolName, Batch: 1, LogIndex: 2, Instructions: []messaging.Instruction{{
			Transfer: "c1", Kind: messaging.KindPayout, Intent: "o1", Amount: messaging.Amount{Amount: "5000.00", Currency: "KES"},
			Debtor: messaging.Party{Name: "Asha", Account: "971500000001"}, Creditor: account, Counterparty: "uae", Reference: "member1",
		}},
	})
	send(messaging.PayloadPayout, payloads, err)
	outcomes, err := messaging.DecodeOutcomes(poolName, next(messaging.PayloadOutcome).Payload)
	require.NoError(t, err)
	require.Equal(t, messaging.OutcomePaid, outcomes[0].State)
	fund, err := p.Balance()
	require.NoError(t, err)
	require.Equal(t, int64(5_000_00), fund.Minor)

	q := proposal(1_000_00, "flood relief", time.Now().Add(time.Hour))
	q.Fixed, q.Amount = fx.FixedDestination, messaging.Amount{Amount: "450.00", Currency: "PHP"}
	s, err := p.Propose(q)
	require.NoError(t, err)
	for _, key := range keys[:2] {
		a, err := Sign(key, q)
		require.NoError(t, err)
		s, err = p.Approve(ctx, s.ID, a)
		require.NoError(t, err)
	}
	require.Equal(t, Funded, s.State)
	require.Equal(t, int64(1_000_00), s.CostMinor)
	intents, err := messaging.DecodeIntents(poolName, next(messaging.PayloadIntent).Payload)
	require.NoError(t, err)
	require.Equal(t, messaging.Amount{Amount: "1000.00", Currency: "KES"}, intents[0].Intent.Source)
	require.Equal(t, q.Amount, intents[0].Intent.Destination)
	stop()

	p, stop = start()
	payloads, err = messaging.EncodePayouts(messaging.PayoutMessage{
		Participant: poolName, Batch: 2, LogIndex: 3, Instructions: []messaging.Instruction{{
			Transfer: "f1", Kind: messaging.KindRefund, Intent: intents[0].Intent.ID, Amount: intents[0].Intent.Source,
			Debtor: intents[0].Intent.Debtor, Creditor: intents[0].Intent.Creditor, Counterparty: them,
		}},
	})
	send(messaging.PayloadPayout, payloads, err)
	for {
		m := next(messaging.PayloadOutcome)
		outcomes, err = messaging.DecodeOutcomes(poolName, m.Payload)
		require.NoError(t, err)
		if outcomes[0].Transfer == "f1" {
			break
		}
	}
	require.Equal(t, messaging.OutcomePaid, outcomes[0].State)
	s, err = p.Proposal(s.ID)
	require.NoError(t, err)
	require.Equal(t, Returned, s.State)
	book, err := p.Book()
	require.NoError(t, err)
	require.Equal(t, int64(5_000_00), book.Balances[Fund])
	require.Equal(t, int64(-5_000_00), book.Balances["contributions/member1"])
	require.Len(t, book.Entries, 3)
	stop()
}
