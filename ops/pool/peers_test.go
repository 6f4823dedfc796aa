package pool_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// neighbour is a pool of two founders whose node runs and tells its peers; what two of them sign is decided.
func neighbour(t *testing.T, name, currency string, peers pool.Peers) *chama {
	t.Helper()
	c := &chama{t: t}
	var err error
	c.home, err = pool.Open(t.Context(), pool.Config{
		Name: name, Dir: filepath.Join(t.TempDir(), "keys"), DatabaseURL: pgtest.New(t), Currency: fx.MustCurrency(currency),
		Account: messaging.Party{Name: name, Account: name}, Peers: peers,
	})
	require.NoError(t, err)
	rules := decidetest.Rules()
	rules.Pool, rules.Units[0].Unit = name, fx.MustCurrency(currency)
	for i := range rules.Funds {
		rules.Funds[i].Unit = rules.Units[0].Unit
	}
	two := []charter.Tier{{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 2, Hours: 48}}
	for _, kind := range []charter.Kind{charter.Emergency, charter.Pledging} {
		rules.Decisions = append(rules.Decisions, charter.Decision{Kind: kind, Propose: []string{charter.Everybody}, Tiers: two})
	}
	text, err := rules.Canonical()
	require.NoError(t, err)
	founding := decide.Founding{Charter: text}
	for _, id := range []string{"m1", "m2"} {
		_, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		d := pool.Device{Key: key, Pool: name, Member: id}
		c.members = append(c.members, d)
		founding.Founders = append(founding.Founders, decide.Founder{Key: d.Public(), Person: act.Commit([]byte(id))})
	}
	answer, err := c.home.Found(t.Context(), founding)
	require.NoError(t, err)
	require.Empty(t, answer.Fault, answer.Detail)
	server := httptest.NewServer(pool.NewAPI(c.home, view.New(c.home.Node, c.home.Store), slog.New(slog.DiscardHandler), time.Now))
	c.url = server.URL
	hash := rules.Hash()
	for i := range c.members {
		c.done(i, "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])})
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- c.home.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
		server.Close()
		c.home.Close()
	})
	return c
}

func (c *chama) done(i int, kind string, body any, closed ...[]byte) decide.Answer {
	c.t.Helper()
	answer := c.say(i, kind, body, closed...)
	require.Empty(c.t, answer.Fault, answer.Detail)
	return answer
}

// decides has both founders sign a question.
func (c *chama) decides(kind charter.Kind, subject any, closed ...[]byte) {
	c.t.Helper()
	text, err := audit.Canonical(subject)
	require.NoError(c.t, err)
	asked := decide.Proposing{Decision: kind, Subject: text, Expires: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)}
	id := c.done(0, "propose", asked, closed...).Made
	var hash string
	c.home.View(func(s *decide.State) { h := s.Proposal(id).Hash; hash = hex.EncodeToString(h[:]) })
	for i := range c.members {
		c.done(i, "vote", decide.Ballot{Proposal: id, Hash: hash, Choice: decide.For})
	}
}

// A declaration at one node is a payout at the other, over HTTP, without another vote; who pledged nothing is told once,
// and not for ever.
func TestAnEmergencyIsHeardAcrossNodes(t *testing.T) {
	peers := pool.Peers{}
	manila := neighbour(t, "group-manila", "PHP", peers)
	nairobi := neighbour(t, "chama-nairobi", "KES", nil)
	stranger := neighbour(t, "stokvel-joburg", "ZAR", nil)

	rail, err := nairobi.home.Rail(nil)
	require.NoError(t, err)
	require.Equal(t, adapters.Settled, rail.Submit(t.Context(), adapters.Operation{
		ID: "op1", Kind: messaging.KindPayout, Amount: fx.Money{Minor: 9_000_00, Currency: fx.MustCurrency("KES")},
		Beneficiary: messaging.Party{Name: "chama-nairobi", Account: "chama-nairobi"}, Reference: "m1 main",
	}).State)
	nairobi.decides(charter.Pledging, decide.Pledge{
		Pool: "group-manila", Key: manila.home.Public, Kinds: []string{"flood"}, Fund: "main",
		EachMinor: 3_000_00, TotalMinor: 5_000_00, Until: time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second),
	})

	peers["chama-nairobi"], peers["stokvel-joburg"] = nairobi.url, stranger.url
	blob, whoever, err := pool.Close(messaging.Party{Name: "Barangay San Roque", Account: "+639170000001"})
	require.NoError(t, err)
	manila.decides(charter.Emergency, decide.Declaration{
		Emergency: "flood", Needed: "Water and rice.", Until: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second),
		To: "gcash-ph", Beneficiary: whoever,
	}, blob)

	require.Eventually(t, func() (due bool) {
		nairobi.home.View(func(s *decide.State) {
			due = len(s.Due()) == 1 && s.Due()[0].Paying().MaxCost.Minor == 3_000_00
		})
		return due
	}, time.Minute, 10*time.Millisecond)
	var party messaging.Party
	require.True(t, nairobi.home.Closed(whoever, &party), "the account came with the declaration")
	assert.Equal(t, "+639170000001", party.Account)
	var entries int64
	stranger.home.View(func(s *decide.State) { entries = s.Inputs() })
	assert.EqualValues(t, 3, entries, "who pledged nothing logs nothing")
}
