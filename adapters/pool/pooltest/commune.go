// Package pooltest runs a pool's node over a real PostgreSQL, with its members' devices at hand, for tests.
package pooltest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/persons"
)

const patience = 30 * time.Second

// Commune is a pool in a real PostgreSQL, with its members' devices.
type Commune struct {
	*pool.Node

	T      *testing.T
	Config pool.Config
	Till   *Till
	url    string
	stop   func()
	acts   int

	mu    sync.Mutex
	ahead time.Duration // of its clock
}

// Found makes a pool of n founders under the rules, who have agreed, in an empty database of a server for tests. The
// roles are those of the members in their order.
func Found(t *testing.T, url string, rules *charter.Charter, n int, roles ...[]string) *Commune {
	t.Helper()
	c := &Commune{T: t, url: url, Till: newTill()}
	require.NoError(t, store.Migrate(t.Context(), c.url, rules.Pool))
	secret, public, err := diary.GenerateKey(rules.Pool)
	require.NoError(t, err)
	keys, err := persons.Create(filepath.Join(t.TempDir(), "persons.keys"))
	require.NoError(t, err)
	c.Config = pool.Config{
		Name: rules.Pool, Currency: rules.Money(), Account: messaging.Party{Name: "Chama", Account: "chama"},
		Key: secret, Public: public, Salts: diary.GenerateSaltKey(), Persons: keys, Now: c.Clock,
	}
	c.Start()
	t.Cleanup(func() { c.Stop() })
	text, err := rules.Canonical()
	require.NoError(t, err)
	founding := decide.Founding{Charter: text}
	hash := rules.Hash()
	for i := range n {
		founder := decide.Founder{Key: Public(ID(i)), Person: act.Commit([]byte{byte(i)})}
		if i < len(roles) {
			founder.Roles = roles[i]
		}
		founding.Founders = append(founding.Founders, founder)
	}
	answer, err := c.Found(t.Context(), founding)
	require.NoError(t, err)
	require.Empty(t, answer.Fault, answer.Detail)
	for i := range n {
		c.Done(ID(i), "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])})
	}
	return c
}

// ID is the member id of the founder of a number from 0.
func ID(i int) string { return fmt.Sprintf("m%d", i+1) }

// Start opens the node, as after a crash: nothing of before is in memory.
func (c *Commune) Start() {
	c.T.Helper()
	var err error
	c.Config.Store, err = store.Open(c.T.Context(), c.url, c.Config.Name)
	require.NoError(c.T, err)
	c.Node, err = pool.Open(c.T.Context(), c.Config)
	require.NoError(c.T, err)
	_, err = c.Rail(c.Till)
	require.NoError(c.T, err)
	c.Join(c.Till)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	c.stop = func() {
		cancel()
		assert.NoError(c.T, <-ended)
		c.Config.Store.Close()
	}
}

// Stop ends the node.
func (c *Commune) Stop() { c.stop() }

// Clock is the commune's.
func (c *Commune) Clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Pass lets time pass.
func (c *Commune) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// Key is the private key of whoever has the name, the same in every commune.
func Key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("device of " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Public is the public part of Key.
func Public(name string) act.Key {
	return act.Key(Key(name).Public().(ed25519.PublicKey)) //nolint:forcetypeassert,errcheck // it is one
}

// Say has a member say something, whatever becomes of it, with what is personal in it.
func (c *Commune) Say(member, kind string, body any, closed ...[]byte) (decide.Answer, error) {
	c.T.Helper()
	by := member
	if kind == "join" {
		by = ""
	}
	var version int64
	c.View(func(s *decide.State) {
		version = max(s.Version(), 1)
		if b, ok := body.(decide.Ballot); ok {
			version = s.Proposal(b.Proposal).Version
		}
	})
	c.acts++
	open, err := act.New(act.Act{
		By: by, Expires: c.Clock().Add(time.Hour), ID: fmt.Sprintf("node-%04d", c.acts), Kind: kind, Pool: c.Config.Name, Version: version,
	}, body)
	require.NoError(c.T, err)
	return c.Act(c.T.Context(), act.Sign(Key(member), open), closed)
}

// Done is Say of what is not refused. It returns the id of what was made.
func (c *Commune) Done(member, kind string, body any, closed ...[]byte) string {
	c.T.Helper()
	answer, err := c.Say(member, kind, body, closed...)
	require.NoError(c.T, err)
	require.Empty(c.T, answer.Fault, "%s by %s: %s", kind, member, answer.Detail)
	return answer.Made
}

// Contribute has money come in over the rail.
func (c *Commune) Contribute(id, reference string, minor int64) adapters.Evidence {
	c.T.Helper()
	rail, err := c.Rail(c.Till)
	require.NoError(c.T, err)
	return rail.Submit(c.T.Context(), adapters.Operation{
		ID: id, Kind: messaging.KindPayout, Amount: fx.Money{Minor: minor, Currency: c.Config.Currency},
		Beneficiary: messaging.Party{Name: "Chama", Account: "chama"}, Reference: reference,
	})
}

// Balance is what an account holds of the pool's own money.
func (c *Commune) Balance(account string) (minor int64) {
	c.View(func(s *decide.State) { minor = s.Balance(account, c.Config.Currency) })
	return minor
}

// Proposing is the body of a proposal that holds for a month.
func (c *Commune) Proposing(kind charter.Kind, subject any) decide.Proposing {
	c.T.Helper()
	text, err := audit.Canonical(subject)
	require.NoError(c.T, err)
	return decide.Proposing{Decision: kind, Subject: text, Expires: c.Clock().Add(30 * 24 * time.Hour).UTC().Truncate(time.Second)}
}

// Approve has members vote for a proposal.
func (c *Commune) Approve(proposal string, members ...string) {
	c.T.Helper()
	for _, member := range members {
		c.Done(member, "vote", c.Ballot(proposal))
	}
}

// Ballot is a vote for exactly that proposal.
func (c *Commune) Ballot(id string) decide.Ballot {
	var b decide.Ballot
	c.View(func(s *decide.State) {
		p := s.Proposal(id)
		b = decide.Ballot{Proposal: id, Hash: hex.EncodeToString(p.Hash[:]), Choice: decide.For}
	})
	return b
}

// AwaitPayout waits until a payout is in a state.
func (c *Commune) AwaitPayout(id string, want decide.PayoutState) {
	c.T.Helper()
	require.Eventually(c.T, func() bool {
		var state decide.PayoutState
		c.View(func(s *decide.State) { state = s.Proposal(id).Payout })
		return state == want
	}, patience, 10*time.Millisecond)
}

// Close closes a value about somebody; the same one has the same name.
func (c *Commune) Close(value any) ([]byte, act.Commitment) {
	c.T.Helper()
	text, err := audit.Canonical(value)
	require.NoError(c.T, err)
	sum := sha256.Sum256(text)
	blob, err := act.Close([16]byte(sum[:16]), value)
	require.NoError(c.T, err)
	return blob, act.Commit(blob)
}
